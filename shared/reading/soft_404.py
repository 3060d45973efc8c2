"""Words with which sites say that a page is missing, in the languages in which we know them (heuristic)."""

import re

_DASH = r"\u2013\u2014\-"
_SEPARATORS = re.compile(
    rf"\s+[|{_DASH}\u00b7\u2022:\u00bb\u203a/~]+\s+|\s*[|\u00bb\u203a\u00b7\u2022]\s*|:\s+|\s+[{_DASH}]|[{_DASH}]\s+"
)
_EDGES = " \t.!¡?…,:;\u2013\u2014-\"'“”()[]"
_APOSTROPHES = str.maketrans("\u2019\u02bc", "''")

_PHRASES = frozenset(
    """404|404 error|error 404|404 not found|404 page|404 page not found|page not found|not found|error 404 not found
    page not found 404|404 error page|page not found error|404 file not found|file not found|the page cannot be found
    the requested url was not found on this server|page does not exist|page doesn't exist|page could not be found
    the page could not be found|this page could not be found|this page can't be found|this page isn't available
    this page does not exist|this page doesn't exist|page can't be found|page cannot be found|page no longer exists
    sorry, page not found|oops! page not found|oops! that page can't be found|that page can't be found
    we can't find that page|we couldn't find that page|we can't find the page you're looking for
    we couldn't find the page you're looking for|nothing found|http 404|http error 404|410 gone|error 410|page removed
    500 internal server error|internal server error|error 500|500 error|502 bad gateway|bad gateway
    503 service unavailable|service unavailable|service temporarily unavailable|504 gateway timeout|gateway timeout
    seite nicht gefunden|404 seite nicht gefunden|fehler 404|404 fehler|nicht gefunden|die seite wurde nicht gefunden
    die seite konnte nicht gefunden werden|diese seite existiert nicht|die seite existiert nicht
    page non trouvée|page introuvable|erreur 404|cette page n'existe pas|page inexistante|cette page est introuvable
    página no encontrada|pagina no encontrada|error 404 página no encontrada|la página no existe
    esta página no existe|pagina non trovata|errore 404|la pagina non esiste|questa pagina non esiste
    página não encontrada|pagina nao encontrada|erro 404|página não existe|pagina niet gevonden|fout 404
    deze pagina bestaat niet|nie znaleziono strony|strona nie została znaleziona|strona nie istnieje|błąd 404
    страница не найдена|ошибка 404|404 страница не найдена|такой страницы не существует|сторінку не знайдено
    помилка 404|stránka nenalezena|stránka nebyla nalezena|chyba 404|stránka sa nenašla|sidan hittades inte
    sidan kunde inte hittas|sidan finns inte|siden blev ikke fundet|siden findes ikke|siden ble ikke funnet
    siden finnes ikke|sivua ei löytynyt|sivua ei löydy|sayfa bulunamadı|az oldal nem található|pagina nu a fost găsită
    η σελίδα δεν βρέθηκε|không tìm thấy trang|halaman tidak ditemukan|страницата не е намерена|stranica nije pronađena
    ページが見つかりません|ページが見つかりませんでした|お探しのページは見つかりませんでした|页面未找到|找不到页面|页面不存在|您访问的页面不存在
    找不到頁面|頁面不存在|找不到網頁|페이지를 찾을 수 없습니다|الصفحة غير موجودة|لم يتم العثور على الصفحة|הדף לא נמצא
    العثور على الصفحة""".replace("\n    ", "|").split("|")
)
_BODY = re.compile(
    r"\bpage (?:that )?(?:you(?:'re| are| were)? (?:look(?:ing)? for|request(?:ed|ing)"
    r"|try(?:ing)? to (?:reach|access|view))|requested) (?:\w+ ){0,4}?"
    r"(?:could ?n['o]t|can ?not|can't|does ?n['o]t|was ?n['o]t|is ?n['o]t|no longer"
    r"|has been (?:removed|moved|deleted)|might have been|may have been)",
    re.IGNORECASE,
)


def says_missing(text: str) -> bool:
    """Whether a title or heading, or the part of it beside the site's name, says nothing but that a page is missing."""
    text = " ".join(text.casefold().translate(_APOSTROPHES).split())
    if text.strip(_EDGES) in _PHRASES:
        return True
    return any(part.strip(_EDGES) in _PHRASES for part in _SEPARATORS.split(text))


def shell_says_missing(text: str) -> str | None:
    """The sentence in a short text that says that the page looked for isn't there."""
    match = _BODY.search(text.translate(_APOSTROPHES))
    return match[0] if match else None
