"""Link texts that say nothing about the target, by language."""

from collections.abc import Iterable
from functools import lru_cache

_EDGE = " \t\n\r\f\u00a0.…!?:;,>»›→➔▶▸<«‹←-–—+|*()[]{}\"'“”„‘’"

_PHRASES = {
    "en": "click here|click|here|this|this page|this link|link|go|go here|more|read more|read on|learn more|see more|"
    "find out more|more info|more information|more details|details|info|information|continue|continue reading|"
    "right here|start|view|view more|show more|discover more|page|website|read this|click this|click for more",
    "de": "hier|hier klicken|klicken sie hier|klick hier|mehr|mehr lesen|weiterlesen|weiter|mehr erfahren|"
    "mehr informationen|mehr infos|weitere informationen|details|link|diese seite|zur seite|lesen sie mehr|jetzt lesen",
    "fr": "ici|cliquez ici|cliquer ici|clique ici|plus|lire plus|lire la suite|en savoir plus|voir plus|savoir plus|"
    "plus d'infos|plus d'informations|plus de détails|détails|lien|ce lien|cette page|suite|continuer|découvrir",
    "es": "aquí|aqui|haz clic aquí|haga clic aquí|clic aquí|pulsa aquí|más|leer más|ver más|saber más|más información|"
    "más info|seguir leyendo|continuar|detalles|enlace|este enlace|esta página|conoce más",
    "pt": "aqui|clique aqui|clica aqui|mais|leia mais|ler mais|saiba mais|saber mais|ver mais|veja mais|"
    "mais informações|mais detalhes|detalhes|continuar|continue lendo|continuar a ler|esta página|este link",
    "it": "qui|clicca qui|cliccare qui|fai clic qui|di più|leggi|leggi tutto|leggi di più|continua|continua a leggere|"
    "scopri di più|scopri|maggiori informazioni|più informazioni|per saperne di più|vai|dettagli|questo link",
    "nl": "hier|klik hier|klik|meer|lees meer|lees verder|verder lezen|meer lezen|meer info|meer informatie|details|"
    "bekijk|bekijk meer|ontdek meer|deze pagina|deze link",
    "pl": "tutaj|tu|kliknij tutaj|kliknij tu|kliknij|więcej|czytaj więcej|czytaj dalej|dowiedz się więcej|"
    "zobacz więcej|więcej informacji|szczegóły|link",
    "sv": "här|klicka här|klicka|mer|läs mer|läs vidare|mer information|mer info|se mer|visa mer|fortsätt läsa|länk",
    "da": "her|klik her|klik|mere|læs mere|læs videre|se mere|mere information|mere info|vis mere|link",
    "no": "her|klikk her|klikk|mer|les mer|les videre|se mer|mer informasjon|mer info|vis mer|lenke",
    "fi": "tästä|tässä|täältä|klikkaa tästä|klikkaa tätä|klikkaa|lisää|lue lisää|lisätietoja|lisätietoa|katso lisää|"
    "näytä lisää|linkki",
    "cs": "zde|klikněte zde|klikni zde|klikněte|více|číst více|čtěte více|číst dále|další informace|"
    "více informací|zobrazit více|podrobnosti|odkaz",
    "sk": "tu|kliknite sem|kliknite tu|viac|čítať viac|čítať ďalej|viac informácií|zobraziť viac|odkaz",
    "hu": "itt|ide|kattintson ide|kattints ide|tovább|bővebben|több|olvass tovább|további információ|részletek|link",
    "ro": "aici|click aici|apasă aici|mai mult|citește mai mult|citeste mai mult|află mai multe|vezi mai mult|"
    "mai multe informații|detalii",
    "tr": "buraya|burada|buraya tıklayın|buraya tıkla|tıklayın|tıkla|tıklayınız|daha fazla|devamı|devamını oku|"
    "daha fazla bilgi|detaylar|ayrıntılar",
    "ru": "здесь|тут|нажмите здесь|нажмите сюда|кликните здесь|жмите сюда|сюда|подробнее|подробно|далее|читать далее|"
    "читать дальше|читать полностью|узнать больше|узнать подробнее|больше|ещё|еще|ссылка",
    "uk": "тут|натисніть тут|клікніть тут|сюди|детальніше|докладніше|далі|читати далі|дізнатися більше|більше|ще",
    "el": "εδώ|κάντε κλικ εδώ|πατήστε εδώ|περισσότερα|διαβάστε περισσότερα|μάθετε περισσότερα|δείτε περισσότερα",
    "ar": "هنا|اضغط هنا|انقر هنا|المزيد|اقرأ المزيد|اعرف المزيد|للمزيد|التفاصيل",
    "he": "כאן|לחץ כאן|לחצו כאן|עוד|קרא עוד|קראו עוד|למידע נוסף|פרטים נוספים",
    "ja": "こちら|ここ|こちらをクリック|ここをクリック|クリック|続きを読む|もっと見る|もっと読む|詳細|詳しくはこちら|"
    "詳しく見る|詳細はこちら|詳細を見る|続き",
    "zh": "这里|點這裡|点这里|点击这里|點擊這裡|点击此处|點擊此處|点击|此处|更多|查看更多|了解更多|閱讀更多|阅读更多|"
    "查看详情|详情|繼續閱讀|继续阅读",
    "ko": "여기|여기를 클릭|여기를 클릭하세요|여기 클릭|클릭|더보기|더 보기|자세히|자세히 보기|더 읽기|계속 읽기|"
    "더 알아보기",
    "vi": "tại đây|ở đây|nhấn vào đây|bấm vào đây|xem thêm|đọc thêm|tìm hiểu thêm|chi tiết",
    "id": "di sini|klik di sini|klik disini|selengkapnya|baca selengkapnya|baca lebih lanjut|lebih lanjut|"
    "lihat lainnya",
    "hi": "यहाँ|यहां|यहाँ क्लिक करें|यहां क्लिक करें|और पढ़ें|अधिक जानें|और देखें|अधिक",
    "th": "ที่นี่|คลิกที่นี่|อ่านเพิ่มเติม|อ่านต่อ|ดูเพิ่มเติม|เพิ่มเติม",
}
_SAME = {"nb": "no", "nn": "no"}
# Never an ordinary word of another language, so they tell on pages in any language.
_ANYWHERE = frozenset({"click here", "read more", "learn more"})


_EMPTY = _ANYWHERE.union(*(phrases.split("|") for phrases in _PHRASES.values()))
_SPEAKING: set[str] = set()
"""Texts that say something in every language: a site's menus are asked once."""
_MAX_KNOWN = 20_000


def normalised(text: str) -> str:
    """A case-folded text without arrows, dots and quotes at its ends."""
    return text.casefold().replace("\u2019", "'").strip(_EDGE)


def empty_somewhere(texts: Iterable[str]) -> set[str]:
    """Those of the texts that say nothing in some language; `empty_phrases` tells in which."""
    new = set(texts) - _SPEAKING
    empty = {text for text in new if normalised(text) in _EMPTY}
    if len(_SPEAKING) + len(new) > _MAX_KNOWN:
        _SPEAKING.clear()
    if len(new) <= _MAX_KNOWN:
        _SPEAKING.update(new - empty)
    return empty


@lru_cache(maxsize=256)
def empty_phrases(language: str) -> frozenset[str]:
    """Texts that say nothing, for a BCP 47 tag; English ones when the language is unknown or "".

    A word that is empty in one language may mean something in the next ("more" is the sea in Croatian), hence by
    language.
    """
    primary = language.lower().replace("_", "-").partition("-")[0]
    phrases = _PHRASES.get(_SAME.get(primary, primary))
    if phrases is None:
        return frozenset(_PHRASES["en"].split("|")) if not primary else _ANYWHERE
    return frozenset(phrases.split("|")) | _ANYWHERE
