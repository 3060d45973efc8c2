"""Titles."""

from collections import Counter
from collections.abc import Iterator

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import Page, Previous, Text
from shared.reading import pixels
from shared.reading.graphemes import graphemes
from shared.reading.terms import shared_terms, terms

GOOGLE_TITLES = "https://developers.google.com/search/docs/appearance/title-link"
HTML_TITLE = "https://html.spec.whatwg.org/multipage/semantics.html#the-title-element"

_LONG_TITLE = "How to sharpen kitchen knives at home with a whetstone, a towel, some water and a little patience"
_WIDE_TITLE = "HOW TO SHARPEN KITCHEN KNIVES AT HOME WITH A WHETSTONE"
_LOGO_TITLE = '<svg role="img"><title>Knife</title><path d="M0 0h9"/></svg>'
_LEAST_BODY = 200
"""Characters of body text below which nothing is said about whether a title fits it."""
_LEAST_TERMS = 3


def _in_head(page: Page) -> list[Text]:
    return [title for title in page.titles if title.in_head]


@check(
    "title.missing",
    Category.ON_PAGE,
    Severity.HIGH,
    bad=(sample(title=""), sample(title="<title> \n </title>"), sample(title="", body=_LOGO_TITLE)),
    good=(sample(), sample(title="<title>Größen und Maße der Messer im Überblick</title>")),
    source=GOOGLE_TITLES,
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no title.

    Search engines show the title as the heading of a result; without one they make it up from the page or its links.

    Fix: write a short, specific `<title>` that says what this page offers.
    """
    if not any(title.text for title in page.titles):
        yield Finding("an empty <title>" if page.titles else "no <title> element", "(//head)[1]")


@check(
    "title.multiple",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(head="<title>Sharpening kitchen knives with a whetstone</title>"),
        sample(head="<TITLE>How to sharpen kitchen knives at home with a whetstone</TITLE>"),
    ),
    good=(
        sample(),
        sample(body=_LOGO_TITLE + _LOGO_TITLE),
        sample(head='<script type="text/template"><title>Another</title></script><!-- <title>Old</title> -->'),
    ),
    source=HTML_TITLE,
)
def multiple(page: Page, limits: Limits) -> Iterator[Finding]:
    """The head holds more than one title.

    HTML allows one title; with several, search engines and browsers may show the one you did not mean.

    Fix: keep one `<title>` in the head and remove the others, which plugins and templates often add.
    """
    titles = _in_head(page)
    if len(titles) > 1:
        yield Finding(" | ".join(title.text for title in titles[:4]), titles[1].at)


@check(
    "title.too_short",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(sample(title="<title>Knives</title>"), sample(title="<title>Über Messer</title>")),
    good=(
        sample(),
        sample(title="<title>包丁の研ぎ方と砥石の選び方</title>"),
        sample(title="<title>Sharpen knives &amp; tools</title>"),
    ),
    source="heuristic",
    on=On.INDEXABLE,
    implies=("title.pixel_width",),
)
def too_short(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title is very short.

    A word or two rarely tell a searcher what the page offers, and leave room that a result could use.

    Fix: add what sets this page apart: the subject, the place, the kind of content, the name of the site.
    """
    if page.title and pixels.columns(page.title) < limits["title.too_short"]:
        yield Finding(f"{graphemes(page.title)} characters: {page.title}", page.titles[0].at)


@check(
    "title.too_long",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(title=f"<title>{_LONG_TITLE}</title>"),
    good=(
        sample(),
        sample(title="<title>Größere Küchenmesser schärfen: für Anfänger &amp; Geübte erklärt</title>"),
        sample(title="<title>Как заточить кухонные ножи на камне</title>"),
        sample(
            title="<title>\n   How to sharpen kitchen knives\n                                     at home\n</title>"
        ),
    ),
    source="heuristic",
    on=On.INDEXABLE,
    implies=("title.pixel_width",),
)
def too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title is too long to be shown whole.

    Google states no limit, but a result shows about sixty characters of a title and cuts the rest.

    Fix: put the essential words first and shorten the title.
    """
    most = limits["title.too_long"]
    if len(page.title) > most and (length := graphemes(page.title)) > most:
        yield Finding(f"{length} characters: {page.title}", page.titles[0].at)


@check(
    "title.pixel_width",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(title=f"<title>{_WIDE_TITLE}</title>"),
        sample(title="<title>家庭で包丁をきれいに研ぐための砥石の選び方と正しい研ぎ角度の保ち方</title>"),
        sample(title="<title>Ill-lit till, i.e. 1.1</title>"),
    ),
    good=(sample(), sample(title="<title>家庭で包丁を研ぐための砥石の選び方</title>")),
    source="heuristic",
    on=On.INDEXABLE,
)
def pixel_width(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title is too wide or too narrow for a search result.

    Results cut titles by their width in pixels, not by characters: capitals and East Asian characters take more room.

    Fix: shorten a wide title, or avoid capitals; add specific words to a narrow one.
    """
    if not page.title:
        return
    width = pixels.pixel_width(page.title)
    if not limits["title.pixel_width.min"] <= width <= limits["title.pixel_width.max"]:
        yield Finding(f"{width} pixels: {page.title}", page.titles[0].at)


@check(
    "title.same_as_h1",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(
        sample(title="<title>Sharpening kitchen knives step by step</title>"),
        sample(title="<title>sharpening  kitchen knives STEP by step</title>"),
    ),
    good=(sample(), sample(title="<title>Sharpening kitchen knives step by step | Stone</title>"), sample(h1="")),
    source="heuristic",
    on=On.INDEXABLE,
)
def same_as_h1(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title repeats the main heading word for word.

    That is allowed; but two different wordings cover more of what people search for.

    Fix: nothing must change; a title may add the site's name, the place or the benefit.
    """
    title = page.title.casefold()
    if title and any(h.level == 1 and " ".join(h.text.split()).casefold() == title for h in page.headings):
        yield Finding(page.title, page.titles[0].at)


@check(
    "title.outside_head",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(title="", body="<title>How to sharpen kitchen knives at home with a whetstone</title>"),
        sample(body="<title>How to sharpen kitchen knives at home with a whetstone</title>"),
    ),
    good=(sample(), sample(body=_LOGO_TITLE)),
    source=HTML_TITLE,
)
def outside_head(page: Page, limits: Limits) -> Iterator[Finding]:
    """A title element stands outside the head.

    HTML allows it in the head only; search engines may overlook it there.

    Fix: move the `<title>` into `<head>`, and look for an element that closes the head too early.
    """
    for title in page.titles:
        if not title.in_head:
            yield Finding(title.text or "an empty <title>", title.at)


_DEFAULT_TITLES = frozenset(
    (
        "home|homepage|home page|start|startpage|start page|index|index page|main|main page|welcome|untitled|"
        "untitled page|untitled document|new page|new document|document|page|page title|title|your title here|"
        "title goes here|site title|website title|my site|my website|my blog|website|site|web page|webpage|default|"
        "default page|default title|blank|blank page|test|test page|example|sample page|no title|react app|"
        "vite app|app|vite + react|vite react|next app|create next app|nuxt app|vue app|angular app|hello world|"
        "just another wordpress site|startseite|willkommen|herzlich willkommen|unbenanntes dokument|unbenannt|"
        "accueil|page d'accueil|bienvenue|document sans titre|sans titre|inicio|página de inicio|página principal|"
        "bienvenido|bienvenidos|documento sin título|sin título|início|página inicial|bem-vindo|"
        "documento sem título|sem título|pagina iniziale|benvenuti|benvenuto|documento senza titolo|senza titolo|"
        "welkom|hoofdpagina|strona główna|witamy|bez tytułu|hem|startsida|välkommen|hjem|forside|velkommen|etusivu|"
        "tervetuloa|domů|úvod|úvodní stránka|főoldal|kezdőlap|acasă|ana sayfa|anasayfa|hoş geldiniz|αρχική|"
        "αρχική σελίδα|главная|главная страница|добро пожаловать|без названия|головна|головна сторінка|首页|主页|"
        "欢迎|无标题文档|無標題文件|首頁|ホーム|トップページ|ようこそ|無題ドキュメント|홈|환영합니다|제목 없음|"
        "الرئيسية|الصفحة الرئيسية|דף הבית|trang chủ|beranda"
    ).split("|")
)


def _is_default(title: str) -> bool:
    return title.casefold().strip(" .!?…-–—|:·»«[]()<>") in _DEFAULT_TITLES


@check(
    "title.irrelevant",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(title="<title>Cheap motor insurance quotes for young drivers</title>"),
        sample(title="<title>Billige Autoversicherung vergleichen und wechseln</title>"),
    ),
    good=(
        sample(),
        sample(title="<title>Knife sharpener's handbook: whetstones and edges</title>"),
        sample(title="<title>Как заточить кухонные ножи на камне дома</title>"),
        sample(title="<title>Ida Stone</title>"),
    ),
    source="heuristic",
    on=On.INDEXABLE,
)
def irrelevant(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title's words hardly occur on the page.

    When a title doesn't describe its page, Google may replace it, and readers who came for it leave.

    Fix: write a title that says what this very page offers.
    """
    if len(page.body_text) < _LEAST_BODY or _is_default(page.title):
        return
    share = shared_terms(page.title, page.body_text, least=_LEAST_TERMS)
    if share and share.ratio < limits["title.irrelevant"]:
        yield Finding(f"{share.found} of {share.total} words occur in the text: {page.title}", page.titles[0].at)


@check(
    "title.boilerplate",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(title="<title>Untitled document</title>"),
        sample(title="<title>Just another WordPress site</title>"),
        sample(title="<title>Home</title>"),
        sample(title="<title>Welcome!</title>"),
        sample(title="<title>Главная</title>"),
    ),
    good=(sample(), sample(title="<title>Home | Stone and Steel</title>"), sample(title="<title>Home brewing</title>")),
    source=GOOGLE_TITLES,
    on=On.INDEXABLE,
    implies=("title.too_short", "title.pixel_width"),
)
def boilerplate(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title is a template's default.

    "Home" or "Untitled" tells nobody what the page offers, and Google asks for titles that do.

    Fix: replace the default with a title of this page's own.
    """
    if page.title and _is_default(page.title):
        yield Finding(page.title, page.titles[0].at)


@check(
    "title.keyword_stuffed",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(title="<title>Knives, kitchen knives, cheap knives, chef knives</title>"),
        sample(title="<title>包丁 激安 | 包丁 通販 | 包丁 人気 | 研ぎ方</title>"),
    ),
    good=(
        sample(),
        sample(title="<title>Knives and the care of knives</title>"),
        sample(title="<title>The knife, the stone and the strop</title>"),
        sample(title="<title>Über die Klinge, die Schneide und die Fase</title>"),
    ),
    source="https://developers.google.com/search/docs/essentials/spam-policies#keyword-stuffing",
    on=On.INDEXABLE,
)
def keyword_stuffed(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title repeats the same term.

    Repetition looks like spam to readers and search engines, and Google may replace such a title.

    Fix: name the subject once and use the room for what distinguishes the page.
    """
    words, most = terms(page.title), limits["title.keyword_stuffed"]
    if not words or len(words) - len(set(words)) + 1 < most:  # as many as there would be if one took all repetitions
        return
    term, count = Counter(words).most_common(1)[0]
    if count >= most:
        yield Finding(f'"{term}" {count} times: {page.title}', page.titles[0].at)


@check(
    "title.changed",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(sample(previous=Previous(title="Whetstones for beginners")), sample(previous=Previous(title=""))),
    good=(
        sample(previous=Previous(title="How to sharpen kitchen knives at home with a whetstone")),
        sample(previous=Previous(title="How to sharpen  kitchen knives at home with a whetstone\n")),
        sample(previous=Previous(title=None)),
    ),
    source="heuristic",
    needs=(Fact.PREVIOUS,),
)
def changed(page: Page, limits: Limits) -> Iterator[Finding]:
    """The title differs from the last scan.

    A changed title changes how the page looks and ranks in results; nothing is wrong if the change was meant.

    Fix: nothing if you changed it; otherwise find what did.
    """
    before = page.context.previous.title if page.context.previous else None
    if before is not None and " ".join(before.split()) != page.title:
        yield Finding(f"was: {before or 'empty'} · is: {page.title or 'empty'}", "(//title)[1]")
