"""The text of a page."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import Page, Previous
from shared.reading.dates import MODIFIED, PUBLISHED, article_of, day_at, declared_days, http_day, visible_days
from shared.reading.hiding import hidden_stretches
from shared.reading.language_tags import split
from shared.reading.mojibake import damage
from shared.reading.notices import copyright_year
from shared.reading.placeholders import placeholder
from shared.reading.terms import is_interface_word

GOOGLE_HELPFUL = "https://developers.google.com/search/docs/fundamentals/creating-helpful-content"
GOOGLE_SPAM = "https://developers.google.com/search/docs/essentials/spam-policies"

_STUDY = (
    "The metallurgical characterization of the hypereutectoid cutlery alloys presupposes a multidimensional "
    "investigation of the crystallographic reorganization and of the thermodynamic considerations that are "
    "indispensable for the comprehensive interpretation of experimental observations. It is the opinion of the "
    "contemporary manufacturers that the systematic underestimation of the intergranular deterioration and the "
    "inadequate austenitization of the surrounding microstructure is attributable to the insufficient "
    "instrumentation which the laboratories have historically considered satisfactory. In the retrospective "
    "evaluation of these investigations, the tribological deterioration was significantly underestimated because of "
    "the heterogeneity of the microstructural configurations and the irreproducibility of the environmental "
    "conditions. The electrochemical passivation of the chromium carbides is occasionally contradictory to the "
    "established methodologies, and the generalization of the computational optimization has therefore been "
    "unsatisfactory for the majority of the operational requirements. "
)

_DEUTSCH = (
    "<p>Ein scharfes Messer ist sicherer als ein stumpfes, weil es dorthin geht, wohin man es führt, und wenig Kraft "
    "braucht. Die meisten schieben die Arbeit jahrelang auf, obwohl sie nur eine Viertelstunde dauert und der "
    "Stein weniger kostet als eine neue Klinge. Diese Anleitung zeigt den ganzen Weg vom Kauf bis zur Probe der "
    "Schneide. Beginnen Sie mit einem Stein von mittlerer Körnung, der grob genug ist, um den Stahl zu formen, und "
    "fein genug, um eine brauchbare Schneide zu hinterlassen. Legen Sie ihn ins Wasser, bis keine Blasen mehr "
    "steigen, dann auf ein feuchtes Tuch, damit er nicht rutscht, und stellen Sie eine Schüssel mit Wasser "
    "daneben. Halten Sie die Klinge in einem Winkel von etwa fünfzehn Grad. Schieben Sie die Schneide von sich "
    "weg, als wollten Sie eine dünne Schicht vom Stein schneiden, und fahren Sie in einem Zug vom Griff bis zur "
    "Spitze. Zählen Sie zehn Züge auf jeder Seite, mit leichtem und gleichmäßigem Druck, und fühlen Sie mit den "
    "Fingern nach dem Grat. Der Grat ist ein Draht aus gebogenem Stahl, der verrät, dass beide Seiten sich "
    "getroffen haben. Wenn Sie ihn auf der ganzen Länge spüren, drehen Sie das Messer um und wiederholen das "
    "Ganze. Wechseln Sie danach zu einem feineren Stein, halbieren Sie den Druck und ziehen Sie die Klinge "
    "abwechselnd ab, bis der Draht verschwunden ist und die Schneide wie eine einzige dunkle Linie aussieht. "
    "Prüfen Sie das Ergebnis an einer reifen Tomate oder an einem Blatt Zeitung.</p>"
)


@check(
    "content.thin",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(content="<p>Soak the stone, hold the angle, feel for the burr.</p>"),
        sample(
            content="<p>Soak the stone.</p>",
            footer=f"<footer>{'<p>Terms of sale and delivery apply here.</p>' * 60}</footer>",
        ),
    ),
    good=(
        sample(),
        sample(
            html_attributes='lang="ja"', content=f"<p>{'包丁を研ぐときは砥石を水に浸してから刃を当てます。' * 30}</p>"
        ),
        sample(content="<p>Soak the stone.</p>", robots='<meta name="robots" content="noindex">'),
    ),
    source=GOOGLE_HELPFUL,
    on=On.INDEXABLE,
)
def thin(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has little text of its own.

    Google sets no minimum, but a page of a few words seldom answers what brought a visitor to it.

    Fix: add what visitors look for here, merge the page with a fuller one, or keep it out of the index.
    """
    if page.words < limits["content.thin"]:
        yield Finding(f"{page.words} words outside navigation and footer", "(//body)[1]")


@check(
    "content.too_long",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(body="".join(f"<p>Stone number {n} of the register lies in drawer {n % 97}.</p>" for n in range(6_000))),
    good=sample(),
    source="heuristic",
    implies=(
        "content.text_ratio_high",
        "perf.dom_size",
        "ai.token_weight",
        "http.html_over_2mb",
        "content.keyword_stuffing",
    ),
)
def too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page's text is extremely long.

    It takes long to load and to read, and programs that work on a budget cut it.

    Fix: divide it into pages that each answer one question.
    """
    if len(page.body_text) > limits["content.too_long"]:
        yield Finding(f"{len(page.body_text)} characters of text", "(//body)[1]")


_RATIO_FLOOR = 4_000
"""Characters of HTML below which a ratio says nothing: every page has a head."""


def _ratio(page: Page) -> float | None:
    return len(page.body_text) / len(page.source) if len(page.source) >= _RATIO_FLOOR else None


@check(
    "content.text_ratio_low",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(body=f"<div>{'<span></span>' * 3_000}</div>"),
    good=(sample(), sample(content="<p>Soak the stone.</p>")),
    source="heuristic",
    implies=("perf.dom_size",),
)
def text_ratio_low(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is nearly all code.

    Much markup, script or style around little text slows the page down, and hints at content that isn't in the HTML.

    Fix: move styles and scripts into files, and remove markup that nothing needs.
    """
    ratio = _ratio(page)
    if ratio is not None and page.body_text and ratio < limits["content.text_ratio_low"]:
        yield Finding(f"{ratio:.1%} of {len(page.source)} characters are text", "(//html)[1]")


@check(
    "content.text_ratio_high",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(
        content=f"<p>{sample().fetched.body.decode().partition('<p>A sharp')[2].partition('</p>')[0] * 120}</p>"
    ),
    good=sample(),
    source="heuristic",
)
def text_ratio_high(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is nearly all text, with hardly any markup.

    Text without headings, lists and links is hard to skim, for people and for programs.

    Fix: divide the text with headings, paragraphs and lists.
    """
    ratio = _ratio(page)
    if ratio is not None and ratio > limits["content.text_ratio_high"]:
        yield Finding(f"{ratio:.1%} of {len(page.source)} characters are text", "(//html)[1]")


@check(
    "content.lorem_ipsum",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(body="<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>"),
        sample(body="<p>Ut enim ad minim veniam, quis nostrud exercitation ullamco.</p>"),
        sample(body="<h2>Lorem ipsum</h2><p>More soon.</p>"),
    ),
    good=(
        sample(),
        sample(body="<p>Replace lorem ipsum with real words before you publish the shop.</p>"),
        sample(body="<p>Printers have set “Lorem ipsum dolor sit amet” since the sixties.</p>"),
        sample(
            body="<p>Neque porro quisquam est, qui dolorem ipsum quia dolor sit amet, consectetur, adipisci velit.</p>"
        ),
        sample(
            title="<title>What lorem ipsum means, and where it comes from</title>",
            body="<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>",
        ),
    ),
    source="heuristic",
)
def lorem_ipsum(page: Page, limits: Limits) -> Iterator[Finding]:
    """Placeholder text was left on the page.

    It tells visitors that the page isn't finished, and search engines that it has nothing to say.

    Fix: replace it with the real text, or take the page offline until there is one.
    """
    found = placeholder(page)
    if found:
        yield Finding(found, "(//body)[1]")


@check(
    "content.readability",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(content=f"<p>{_STUDY}</p>"),
    good=(sample(), sample(html_attributes='lang="de"', content=_DEUTSCH)),
    source="heuristic",
    on=On.INDEXABLE,
    implies=("content.thin",),
)
def readability(page: Page, limits: Limits) -> Iterator[Finding]:
    """The text is very hard to read.

    Long sentences of long words lose most readers; the measure counts just these and knows nothing of sense.

    Fix: shorten the sentences, and prefer the plain word.
    """
    if page.readability is not None and page.readability < limits["content.readability"] and page.words >= _LEAST_WORDS:
        yield Finding(f"Flesch reading ease {page.readability:.0f}", "(//body)[1]")


_LEAST_WORDS = 100
"""Words below which reading ease and density say nothing."""
_LEAST_REPEATS = 10


@check(
    "content.keyword_stuffing",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(
        body=f"<p>{'Buy cheap katana online: the cheap katana shop has cheap katana if you want katana. ' * 12}</p>"
    ),
    good=(
        sample(),
        sample(
            body="<ul>"
            + "".join(f'<li><a href="/stones/{n}">Whetstone number {n}</a></li>' for n in range(40))
            + "</ul>"
        ),
        sample(body="<p>Add to cart</p>" * 40),
    ),
    source=f"{GOOGLE_SPAM}#keyword-stuffing",
    on=On.INDEXABLE,
)
def keyword_stuffing(page: Page, limits: Limits) -> Iterator[Finding]:
    """One term fills a conspicuous share of the text.

    Repeating a word to rank for it makes a text worse to read and counts as spam.

    Fix: write for readers; use other words, pronouns, or leave the word out where it isn't needed.
    """
    if page.words < _LEAST_WORDS or not page.keywords:
        return
    least = max(_LEAST_REPEATS, limits["content.keyword_stuffing"] * page.words)
    frequent = [(term, count) for term, count in page.keywords if count > least and not is_interface_word(term)]
    if not frequent:
        return
    linked = " ".join(link.text for link in page.links).casefold()
    for term, count in frequent:
        own = count - linked.count(term.casefold())
        if own > least:
            yield Finding(f'"{term}" {own} times in {page.words} words ({own / page.words:.1%})', "(//body)[1]")


_HIDDEN_TEXT = "Cheap knives, best knives, discount knives, knife shop, knife sale, buy knives online today."


@check(
    "content.hidden_text",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(body=f'<div style="display:none">{_HIDDEN_TEXT}</div>'),
        sample(body=f'<div class="seo" style="display: none">{_HIDDEN_TEXT}</div>'),
        sample(body=f'<p STYLE="position: absolute; left: -9999px">{_HIDDEN_TEXT}</p>'),
        sample(body=f'<p style="font-size:0">{_HIDDEN_TEXT}</p>'),
        sample(body=f'<p style="color:#fff;background:white">{_HIDDEN_TEXT}</p>'),
    ),
    good=(
        sample(),
        sample(body=f"<div hidden>{_HIDDEN_TEXT}</div>"),
        sample(body=f'<div style="display:none" class="modal fade">{_HIDDEN_TEXT}</div>'),
        sample(body=f'<a href="#terms">Terms of our sale</a><div id="terms" style="display:none">{_HIDDEN_TEXT}</div>'),
        sample(
            head='<script src="/app.js" defer></script>',
            body=f'<div class="gift-note" style="display:none">{_HIDDEN_TEXT}</div>',
        ),
        sample(body=f"<details><summary>Terms of sale</summary>{_HIDDEN_TEXT}</details>"),
        sample(body='<div style="display:none">Soon.</div>'),
        sample(
            body='<span style="position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden">'
            f"{_HIDDEN_TEXT}</span>"
        ),
        sample(body=f'<form style="display:none"><label>{_HIDDEN_TEXT} <input name="trap"></label></form>'),
        sample(body=f"<script>var s = '<div style=\"color:red\">{_HIDDEN_TEXT}</div>'</script>"),
    ),
    source=f"{GOOGLE_SPAM}#hidden-text-and-links",
)
def hidden_text(page: Page, limits: Limits) -> Iterator[Finding]:
    """Text is hidden from visitors by its style.

    Text that only programs see counts as spam. Tabs, menus and dialogs that open on demand are fine and not meant here.

    Fix: show the text or remove it; let what opens on demand be opened by a button.
    """
    if not page.mentions(b"style="):
        return
    suspected = bool(page.hidden_texts) or any(link.hidden for link in page.links)
    for stretch in hidden_stretches(page.source, page.octets, any_case=suspected):
        if len(stretch.text) >= limits["content.hidden_text"] or stretch.links:
            yield Finding(f"{stretch.trick}: {stretch.text}", "(//body)[1]")


@check(
    "content.mojibake",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(body="<p>The cafÃ© next door doesnâ€™t sharpen.</p>"),
        sample(body="<p>ÐŸÑ€Ð¸Ð²ÐµÑ‚, Ð¼Ð¸Ñ€</p>"),
        sample(body="<p>Gr\ufffd\ufffde und Ma\ufffde</p>"),
        sample(body="<p>A stone costs Â£25.</p>"),
    ),
    good=(
        sample(),
        sample(body="<p>Größe, café, naïve, São Paulo, «CAFÉ» und «IRMÃ», À la carte, 25 °C, £25, “quoted”, it’s</p>"),
        sample(body="<p>Привет, мир. 包丁の研ぎ方。</p>"),
        sample(
            body="<p>Read as Latin-1, the letter é turns into <code>Ã©</code> and café into <code>cafÃ©</code>.</p>"
        ),
        sample(body="<p>The character � stands for one that could not be read.</p>"),
    ),
    source="https://www.w3.org/International/questions/qa-what-is-encoding",
)
def mojibake(page: Page, limits: Limits) -> Iterator[Finding]:
    """Letters are garbled by a wrong character encoding.

    Text was stored or sent in one encoding and read in another, so readers and search engines see nonsense.

    Fix: keep UTF-8 from the database to the page, and repair the text that is already damaged.
    """
    for text in (page.title, page.meta("description") or "", page.body_text):
        found = damage(text, page.source)
        if found:
            yield Finding(found, "(//body)[1]")
            return


@check(
    "content.stale_copyright",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(
        sample(footer="<footer>© 2021 Stone and Steel</footer>"),
        sample(footer="<footer>Copyright &copy; Stone and Steel Ltd 2012-2019</footer>"),
        sample(footer="<footer>2023 © Stone and Steel</footer>"),
    ),
    good=(
        sample(footer="<footer>© 2026 Stone and Steel</footer>"),
        sample(footer="<footer>© 2012–2026 Stone and Steel</footer>"),
        sample(footer="<footer>© 2012–26 Stone and Steel</footer>"),
        sample(footer="<footer>© 2012 – present Stone and Steel</footer>"),
        sample(footer="<footer>Photo © 2012 Ben Steel</footer>"),
        sample(footer="<footer>Protected by the Copyright Act of 1976.</footer>"),
        sample(footer="<footer>Founded in 1987. All rights reserved.</footer>"),
        sample(body="<p>Drawing © 1998 Ben Steel</p>", footer="<footer>© 2026 Stone and Steel</footer>"),
    ),
    source="heuristic",
)
def stale_copyright(page: Page, limits: Limits) -> Iterator[Finding]:
    """The copyright notice names a past year.

    Visitors take it as a sign that nobody looks after the site any more.

    Fix: let the template write the current year, or leave the year out: a notice doesn't need one.
    """
    year = copyright_year(page.body_text)
    today = day_at(page.context.now)
    current = today.year - (today.month == 1)  # a month to change the template
    if year is not None and year < current:
        yield Finding(f"copyright {year}", "(//body)[1]")


_ARTICLE = (
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "BlogPosting", "headline": '
    '"Sharpening kitchen knives step by step", "image": "https://example.com/media/whetstone.jpg", "datePublished": '
    '"2026-03-02", "dateModified": "2026-11-01", "author": {"@type": "Person", "name": "Ida Stone", "url": '
    '"https://example.com/authors/ida-stone"}}</script>'
)


@check(
    "content.date_disagreement",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(head=_ARTICLE + '<meta property="article:published_time" content="2025-03-02T08:00:00Z">'),
        sample(head=_ARTICLE, byline='<p>By Ida Stone, <time datetime="2024-01-15">15 January 2024</time></p>'),
    ),
    good=(
        sample(),
        sample(head=_ARTICLE + '<meta property="article:published_time" content="2026-03-01T23:00:00-05:00">'),
        sample(head=_ARTICLE, byline='<p>By Ida Stone, <time datetime="2026-11-01T09:30">1 November</time></p>'),
        sample(head=_ARTICLE, byline='<p>By Ida Stone, <time datetime="2026-03-02">2 March</time></p>'),
        sample(
            head=_ARTICLE,
            body="".join(f'<p>Comment of <time datetime="2026-0{n}-09">the ninth</time></p>' for n in range(4, 8)),
        ),
        sample(byline='<p>By Ida Stone, <time datetime="2024-01-15">15 January 2024</time></p>'),
        sample(
            head=_ARTICLE,
            body='<ol class="comment-list"><li><p>Mona <a href="#c1"><time datetime="2026-11-15">Sunday</time></a>: '
            "Worked for me.</p></ol>",
        ),
    ),
    source="https://developers.google.com/search/docs/appearance/publication-dates",
)
def date_disagreement(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page's dates contradict each other.

    Google compares the visible date with the marked-up one; when they differ it may show a wrong date, or none.

    Fix: write the same publication date, and the same date of change, into the text, the metas and the structured data.
    """
    if not page.dates and not page.items:
        return
    article = article_of(page)
    most = limits["content.date_disagreement"]
    published = declared_days(page, PUBLISHED, article, "datePublished")
    modified = declared_days(page, MODIFIED, article, "dateModified")
    for declared in (published, modified):
        if declared and (max(declared.values()) - min(declared.values())).days > most:
            yield Finding(" · ".join(f"{where}: {day}" for where, day in declared.items()), "(//head)[1]")
    known = {*published.values(), *modified.values()}
    visible = visible_days(page)
    if len(visible) in {1, 2} and known and all(abs((day - one).days) > most for day in visible for one in known):
        yield Finding(f"visible: {min(visible)} · declared: {min(known)}", "(//time)[1]")


@check(
    "content.outdated",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(headers={"Last-Modified": "Wed, 15 Jan 2025 08:00:00 GMT"}),
    good=(
        sample(),
        sample(headers={"Last-Modified": None}),
        sample(headers={"Last-Modified": "yesterday"}),
        sample(
            headers={"Last-Modified": "Wed, 15 Jan 2025 08:00:00 GMT"},
            head='<meta property="article:modified_time" content="2026-11-01T08:00:00Z">',
        ),
    ),
    source="heuristic",
    on=On.INDEXABLE,
    needs=(Fact.HEADERS,),
)
def outdated(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has not changed for months.

    Where subjects move fast, readers and answer engines prefer recent pages. Much that is old stays true.

    Fix: review the text; if it still holds, nothing must change.
    """
    header = http_day(page.header("last-modified") or "")
    if header is None:
        return
    article = article_of(page)
    days = [header, *declared_days(page, MODIFIED, article, "dateModified").values()]
    days += declared_days(page, PUBLISHED, article, "datePublished").values()
    age = (day_at(page.context.now) - max(days)).days
    if age > limits["content.outdated"]:
        yield Finding(f"last changed {max(days)}, {age} days ago", "header: Last-Modified")


_CLOSE = (
    frozenset({"no", "da"}),
    frozenset({"sr", "hr", "bs", "sh", "cnr"}),
    frozenset({"id", "ms"}),
    frozenset({"hi", "mr", "ne", "sa", "bho", "mai"}),
    frozenset({"fa", "ps", "ur", "ckb", "prs"}),
    frozenset({"cs", "sk"}),
    frozenset({"bg", "mk"}),
    frozenset({"zh", "yue", "wuu", "hak", "nan"}),
    frozenset({"fil", "ceb", "ilo", "war"}),
)
"""Languages that a detector takes for each other."""
_TELLABLE = frozenset(
    "ar bg cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv nl no pl pt ro ru sk sl sr sv th tr uk vi "
    "zh".split()
)
"""Languages common enough that text taken for another one is hardly written in them."""


_FEWEST_WORDS = 20
"""Words below which a language is a guess."""


def _may_be(declared: str, detected: str) -> bool:
    """Whether text detected as `detected` may well be in the language `declared`."""
    return declared == detected or any(declared in group and detected in group for group in _CLOSE)


@check(
    "content.language_mismatch",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(sample(html_attributes='lang="fr"'), sample(html_attributes='lang="de-AT"')),
    good=(
        sample(),
        sample(html_attributes='lang="en-GB"'),
        sample(html_attributes='lang="de"', content=_DEUTSCH),
        sample(html_attributes=""),
        sample(html_attributes='lang="english"'),
        sample(html_attributes='lang="sco"'),
        sample(html_attributes='lang="de"', h1="<h1>Menu</h1>", h2="", byline="", content="<p>OK, check out.</p>"),
    ),
    source="https://www.w3.org/WAI/WCAG22/Understanding/language-of-page",
)
def language_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """The text is in another language than the page declares.

    Screen readers then read it with the wrong voice, and browsers offer to translate what needs no translation.

    Fix: correct the `lang` attribute of `<html>`; translated templates often keep that of the original.
    """
    declared = split(page.html_attributes.get("lang") or "")[0]
    detected = split(page.language or "")[0]
    if detected and page.words >= _FEWEST_WORDS and declared in _TELLABLE and not _may_be(declared, detected):
        yield Finding(f'<html lang="{page.html_attributes["lang"]}">, text in "{page.language}"', "(//html)[1]")


@check(
    "content.changed",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(
        sample(previous=Previous(content_hash="0123456789abcdef", words=310)),
        sample(previous=Previous(content_hash=None, words=12)),
    ),
    good=sample(previous=Previous()),
    source="heuristic",
    needs=(Fact.PREVIOUS,),
)
def changed(page: Page, limits: Limits) -> Iterator[Finding]:
    """The text differs from the last scan.

    A changed text may rank differently; nothing is wrong if the change was meant.

    Fix: nothing if you changed it; otherwise find what did.
    """
    before = page.context.previous
    if before is None:
        return
    if before.content_hash is not None:
        differs = before.content_hash != page.content_hash
    else:
        differs = before.words is not None and before.words != page.words
    if differs:
        was = "unknown" if before.words is None else str(before.words)
        yield Finding(f"words: {was} before, {page.words} now", "(//body)[1]")
