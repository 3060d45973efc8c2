"""Clean pages of differing styles, to which the unseen cases add one defect each."""

from collections.abc import Mapping

from msgspec import Struct

from shared.checks.sample import CLEAN_HEADERS, NOW
from shared.page import Context, Fetched, Timings


class Style(Struct, frozen=True):
    """A clean page and its address."""

    name: str
    url: str
    html: str


_SHOP_TEXT = """
<p>Dieses Kochmesser begleitet seit drei Generationen Menschen, die täglich in der Küche stehen. Die Klinge wird in
Solingen aus einem einzigen Stück Stahl geschmiedet, von Hand geschliffen und danach zwei Tage lang ruhen gelassen,
damit sich keine Spannungen im Gefüge halten. Der Griff besteht aus geölter Walnuss und liegt auch mit nassen Händen
sicher.</p>
<p>Im Gegensatz zu gestanzten Klingen bleibt die Schneide viele Monate scharf. Wer sie alle paar Wochen über einen
Wetzstahl zieht, muss nur einmal im Jahr zum Stein greifen. Gemüse, Kräuter, Fisch und Fleisch gelingen gleich gut; nur
Knochen und gefrorene Ware sollten Sie anderen Werkzeugen überlassen.</p>
<p>Wir liefern jedes Stück in einer Schachtel aus Karton, die sich zum Aufbewahren eignet. Eine kleine Anleitung erklärt
die Pflege des Holzes und zeigt, in welchem Winkel man am besten nachschärft. Sollte Ihnen etwas nicht gefallen, nehmen
wir die Ware innerhalb von dreißig Tagen zurück und erstatten den vollen Preis.</p>
<p>Unsere Werkstatt schärft außerdem Klingen aller Marken nach. Schicken Sie uns dazu einfach ein Paket mit Ihrer
Anschrift, und nach spätestens einer Woche liegt es wieder vor Ihrer Tür. Für Gaststätten bieten wir einen festen
Rhythmus an, der sich nach dem Betrieb richtet und jederzeit geändert werden kann. Fragen beantworten wir gern am
Telefon oder in unserem Laden am alten Markt, wo Sie auch jedes Modell in die Hand nehmen und an einer reifen Tomate
ausprobieren dürfen.</p>
"""

SHOP = Style(
    "shop",
    "https://messer.example.com/kochmesser/walnuss-20cm",
    f"""<!DOCTYPE HTML>
<html lang=de-DE>
<head>
<meta charset=utf-8>
<title>Kochmesser mit Walnussgriff, 20 cm, aus Solingen</title>
<meta name=viewport content="width=device-width,initial-scale=1">
<meta name="Description" content="Geschmiedetes Kochmesser aus Solingen mit Griff aus geölter Walnuss. Dreißig Tage
 Rückgabe, Nachschärfen in unserer Werkstatt.">
<link rel=canonical href=https://messer.example.com/kochmesser/walnuss-20cm>
<link rel="shortcut icon" href=/favicon.ico>
<meta property=og:title content="Kochmesser mit Walnussgriff"><meta property=og:type content=product>
<meta property=og:description content="Geschmiedet in Solingen, Griff aus Walnuss.">
<meta property=og:url content=https://messer.example.com/kochmesser/walnuss-20cm>
<meta property=og:image content=https://messer.example.com/bilder/walnuss.webp>
<script type=application/ld+json>
[{{"@context":"https://schema.org/","@type":"BreadcrumbList","itemListElement":[
 {{"@type":"ListItem","position":1,"name":"Kochmesser","item":"https://messer.example.com/kochmesser/"}},
 {{"@type":"ListItem","position":2,"name":"Walnuss 20 cm"}}]}}]
</script>
<script src=/kasse.js defer></script>
</head>
<body class=produkt>
<header><a href=/ class=logo><img src=/logo.svg alt="Messerhaus Klinge" width=120 height=40></a>
<nav><ul><li><a href=/kochmesser/>Kochmesser</a><li><a href=/schleifsteine/>Schleifsteine</a></ul></nav></header>
<main>
<section>
<h1>Kochmesser mit Griff aus Walnuss</h1>
<img src=/bilder/walnuss.webp alt="Messer auf einem Brett" width=600 height=400 fetchpriority=high
 srcset="/bilder/walnuss.webp 600w, /bilder/walnuss-gross.webp 1200w" sizes=100vw>
{_SHOP_TEXT}
<h2>Pflege und Nachschärfen</h2>
<form action=/warenkorb method=post><input type=hidden name=artikel value=17><button>In den Warenkorb</button></form>
</section>
</main>
<footer><a href=/impressum>Impressum</a> <a href=/datenschutz>Datenschutz</a></footer>
</body>
</html>""",
)

_NEWS_TEXT = """
<p>The harbour council voted on Tuesday evening to reopen the old fish market after eleven years of scaffolding and
argument. Traders who had moved to a car park behind the station will return to the brick hall in spring, and the first
boats are expected to land their catch at the eastern quay as soon as dredging is finished.</p>
<p>Members had been divided over the cost for most of the year. A survey in June found that the roof was sound but that
the drains beneath the floor had collapsed in two places, which added several months to the schedule. In the end the
proposal passed by a single vote, after an engineer told the chamber that waiting another winter would be dearer.</p>
<p>Residents gathered outside the building greeted the news with relief. Many remembered buying herring there with their
grandparents, and one brought a photograph from the sixties that showed the same iron gates. Others worried about lorries
in the narrow streets, and asked for deliveries to end before the school day begins.</p>
<p>The mayor promised a traffic plan by the end of January and said that stalls would be offered first to families who
had traded in the hall before it closed. Rents are to stay at their former level for three years. A small museum about
the fleet will occupy the upper gallery, where volunteers have begun to catalogue nets, lamps and ledgers that were
found in a locked cellar during the works.</p>
"""

NEWS = Style(
    "news",
    "https://courier.example.org/news/harbour-council-reopens-fish-market",
    f"""<!doctype html>
<html lang="en-GB" prefix="og: http://ogp.me/ns#">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="X-UA-Compatible" content="IE=edge" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>Harbour council votes to reopen the old fish market</title>
    <meta name="description" content="After eleven years of scaffolding the brick hall on the eastern quay will open
      again in spring, by a single vote." />
    <meta name="robots" content="max-image-preview:large, max-snippet:-1" />
    <link rel="canonical" href="https://courier.example.org/news/harbour-council-reopens-fish-market" />
    <link rel="icon" type="image/png" sizes="32x32" href="/static/icon-32.png" />
    <link rel="stylesheet" href="/static/main.css" />
    <meta property="og:title" content="Harbour council votes to reopen the old fish market" />
    <meta property="og:description" content="The brick hall will open again in spring." />
    <meta property="og:url" content="https://courier.example.org/news/harbour-council-reopens-fish-market" />
    <meta property="og:image" content="https://courier.example.org/media/market.jpg" />
    <meta name="twitter:card" content="summary_large_image" />
    <script type="application/ld+json">
      {{"@context": "https://schema.org", "@graph": [
        {{"@type": "NewsArticle", "headline": "Harbour council votes to reopen the old fish market",
          "datePublished": "2026-11-10T19:30:00+00:00", "dateModified": "2026-11-10T21:00:00+00:00",
          "image": ["https://courier.example.org/media/market.jpg"],
          "author": [{{"@type": "Person", "name": "Ada Quay", "url": "https://courier.example.org/staff/ada-quay"}}],
          "publisher": {{"@type": "Organization", "name": "The Harbour Courier"}}}},
        {{"@type": "BreadcrumbList", "itemListElement": [
          {{"@type": "ListItem", "position": 1, "item": {{"@id": "https://courier.example.org/news/", "name": "News"}}}},
          {{"@type": "ListItem", "position": 2, "name": "Harbour council votes to reopen the old fish market"}}]}}]}}
    </script>
  </head>
  <body>
    <a class="skip" href="#content">Skip to content</a>
    <header><nav aria-label="Sections"><a href="/news/">News</a> <a href="/sport/">Sport</a></nav></header>
    <main id="content">
      <article>
        <h1>Old fish market to open again in spring</h1>
        <p class="byline">By <a rel="author" href="/staff/ada-quay">Ada Quay</a>,
          <time datetime="2026-11-10T19:30:00+00:00">10 November 2026</time></p>
        {_NEWS_TEXT}
        <h2>What happens next on the quay</h2>
      </article>
    </main>
    <footer><a href="/about/">About the Courier</a> <a href="/privacy/">Privacy</a></footer>
  </body>
</html>""",
)

_DOCS_TEXT = """
<p>この文書では、包丁の研ぎ方を順番に説明します。はじめに砥石を水に十分ほど浸し、泡が出なくなるまで待ってください。
濡れた布巾を敷いた台の上に置くと、作業中に動きません。研いでいる間に出る泥は研磨を助けるので、洗い流さないでください。</p>
<p>刃の角度はおよそ十五度が目安です。硬貨を二枚重ねた高さに峰を持ち上げると、ちょうどよい傾きになります。力を入れすぎず、
手前から奥へ一定の速さで滑らせます。片側を十回ほど動かしたら、指先でそっと縁に触れ、かえりが出ているか確かめましょう。</p>
<p>かえりが全体に出たら裏返し、同じ作業を繰り返します。次に目の細かい石に替え、圧力を半分にして仕上げます。最後は左右を交互に
軽くなで、細い線のような光が消えれば完成です。熟したトマトを切ってみると、切れ味の違いがすぐに分かります。</p>
<p>使い終わった道具は水で洗い、乾いた布でよく拭いてから保管します。引き出しにそのまま入れると、ほかの金物に当たって
欠けることがあります。木製のまな板を選び、硝子や石の上では切らないようにすると、良い状態が長く続きます。家庭での使用であれば、
年に四回ほどの手入れで十分でしょう。迷ったときは、近所の職人に相談するのもよい方法です。</p>
<p>砥石にも手入れが必要です。何度も使ううちに表面の中央がへこみ、角度が安定しなくなります。平らな板に紙やすりを貼り、
水をかけながら全体をこすって、もとの平面に戻してください。割れたり欠けたりした石は無理に使わず、新しいものに取り替えます。</p>
"""

DOCS = Style(
    "docs",
    "https://docs.example.jp/hocho/togikata.html",
    f"""<!DOCTYPE html>
<html lang="ja"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>家庭でできる包丁の研ぎ方と砥石の選び方</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="description" content="家庭の包丁を砥石で研ぐ方法を、準備から仕上げまで順番に説明します。角度の決め方、かえりの確かめ方、
道具の手入れも紹介します。">
<link rel="canonical" href="https://docs.example.jp/hocho/togikata.html">
<link rel="icon" href="/favicon.svg" sizes="any" type="image/svg+xml">
<meta property="og:title" content="包丁の研ぎ方"><meta property="og:description" content="準備から仕上げまで。">
<meta property="og:url" content="https://docs.example.jp/hocho/togikata.html">
<meta property="og:image" content="https://docs.example.jp/og.png">
</head>
<body>
<div id="page" itemscope itemtype="https://schema.org/BreadcrumbList">
<header role="banner"><nav role="navigation">
<span itemprop="itemListElement" itemscope itemtype="https://schema.org/ListItem"><a itemprop="item" href="/hocho/"
><span itemprop="name">包丁の手引き</span></a><meta itemprop="position" content="1"></span></nav></header>
<main role="main"><article>
<h1 id="top">包丁を家で研ぐための手順</h1>
{_DOCS_TEXT}
<h2 id="care">道具の手入れについて</h2>
<p><a href="#top">ページの先頭へ</a></p>
</article></main>
<footer><a href="/about.html">運営者について</a></footer>
</div>
</body></html>""",
)

STYLES = (SHOP, NEWS, DOCS)


def fetched(html: str, url: str, *, status: int = 200, headers: Mapping[str, str | None] | None = None) -> Fetched:
    """The answer that brings `html` from `url`. `headers` are merged into clean ones; None removes one."""
    merged: dict[str, str | None] = {**CLEAN_HEADERS, **(headers or {})}
    return Fetched(
        url=url,
        final_url=url,
        status=status,
        headers=tuple((name, value) for name, value in merged.items() if value is not None),
        body=html.encode(),
        redirects=(),
        timings=Timings(ttfb=90.0, total=150.0),
        http_version="2",
        fetched_at=NOW,
    )


def context(style: Style) -> Context:
    """What a scan knows of such a page."""
    return Context(now=NOW, site_host=style.url.split("/")[2], robots={"*": True, "Googlebot": True}, depth=2)
