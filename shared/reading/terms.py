"""Words that carry meaning: how titles, descriptions and keywords are compared with what a page says.

Heuristic, and built to stay silent when unsure: function words don't count, inflected forms match by their stem,
scripts written without spaces are compared by pairs of characters, and texts in different scripts aren't compared at
all.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

_SHORTEST = 3
_STEM = 4
_ENDING = 3
_SCRIPT_SAMPLE = 400
_LONGEST = 2_000
"""Characters of a title or description that are compared."""

_FUNCTION_WORDS = (
    # English
    "about above after again all also and any are because been before being below between both but can could did does "
    "doing down during each few for from further had has have having her here hers him his how into its itself just "
    "more most not now off once only other our ours out over own same she should some such than that the their them "
    "then there these they this those through too under until upon very was were what when where which while who whom "
    "why will with would you your yours new best get one two "
    # German
    "aber alle allem allen aller alles als also auch auf aus bei bin bis bist das dass dein dem den denn der des dich "
    "die dies diese diesem diesen dieser dir doch dort durch ein eine einem einen einer eines für hat hatte hier ich "
    "ihm ihn ihnen ihr ihre ihrer immer ist jede jeder kann kein keine man mehr mein mit nach nicht noch nur oder ohne "
    "schon sehr sein seine sich sie sind über und uns unser unsere unter vom von vor war was wenn wer werden wie wir "
    "wird zum zur zwischen "
    # French
    "ainsi alors après aussi autre aux avec avoir car ces cette comme dans depuis des donc elle elles encore entre est "
    "été être font ils les leur leurs lui mais même mes moi mon nos notre nous ont par pas plus pour quand que quel "
    "quelle qui sans ses son sont sous sur tes ton tous tout toute très une vos votre vous "
    # Spanish, Portuguese, Italian
    "como con cual cuando del desde donde dos ella ellos entre era esa ese eso esta estas este esto estos están fue "
    "hasta hay las los más muy nos otra otro para pero por porque que qué quien ser sin sobre son sus también tiene "
    "todo todos una uno unos aos com das dos ela eles foi isso mais mas meu minha não nas nem nosso num numa pela pelo "
    "quando quem são sem seu seus sua suas são também tem uma você vocês alla alle anche che chi come cui dal dalla "
    "degli dei del della delle di dove gli hanno il loro nei nel nella noi non per perché più quale quando quella "
    "questa questo sia sono su sua suo sul sulla tra tutti tutto una uno "
    # Dutch, Danish, Norwegian, Swedish
    "aan als bij dan dat deze die dit door een haar heeft het hier hij hoe hun iets ik in is maar meer met mijn naar "
    "niet nog om onder ons ook op over te toch tot uit van veel voor waar was wat weer wie wij wordt zal zijn zo alt "
    "att av blev blir den denne der deras det detta dette din efter eller ett for från før för ham han har hennes "
    "hvad hvor ikke ikke inte jag jeg kan man med men mere mig min mot mycket någon når och også om på sig sin ska "
    "skal som til till under upp var vara ved vid vil vill være åt "
    # Polish, Czech
    "albo ale bardzo bez być czy dla gdy gdzie ich jak jako jest jego jej już który która które lub może nie niż oraz "
    "pod przez przy się są tak tego ten też tylko tym wszystko aby ako ani ještě jeho jen jsem jsou když kde která "
    "které který mezi nebo než pro před při tak také tento toto však "
    # Russian, Ukrainian
    "без был была были было быть вам вас ваш весь все всё всех где для его если есть ещё или как когда кто лет между "
    "мне может можно моя мой надо нас нам наш них она они оно под после при про сво себя так также там тем того тоже "
    "только тут уже чего чем что чтобы эта эти это этот або але від він вона вони вже для його коли мене цей які який "
    # Turkish
    "ama bir bu çok daha değil gibi için ile kadar mi ne olan olarak sonra şey ve veya ya "
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Frequent words without content in fifteen languages, case-folded."""


class Share(NamedTuple):
    """How many of `total` terms were found in a text."""

    found: int
    total: int

    @property
    def ratio(self) -> float:
        """Found terms per term."""
        return self.found / self.total


@lru_cache(maxsize=8)
def terms(text: str) -> tuple[str, ...]:
    """Case-folded words of `text` in order, repeated as they are, without function words, numbers and short words.

    Several checks ask for the same title's or description's, so the last few are kept.
    """
    return tuple(
        word
        for word in _WORD.findall(text.casefold())
        if word not in FUNCTION_WORDS and (len(word) >= _SHORTEST or _UNSPACED.match(word)) and not word.isdecimal()
    )


def is_unspaced(text: str) -> bool:
    """Whether `text` holds Han, kana, Thai, Lao, Khmer or Burmese characters, which are written without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def _pieces(word: str) -> list[str]:
    """What must occur in a text for `word` to be found there: its stem, or its pairs of characters."""
    if _UNSPACED.match(word):
        return [word[i : i + 2] for i in range(max(len(word) - 1, 1))]
    return [word[: max(_STEM, len(word) - _ENDING)]]


def _script(text: str) -> str:
    """The script of most letters at the start of `text`, coarsely."""
    counts: dict[str, int] = {}
    for character in text[:_SCRIPT_SAMPLE]:
        if character.isalpha():
            block = _block(ord(character))
            counts[block] = counts.get(block, 0) + 1
    return max(counts, key=lambda block: counts[block]) if counts else ""


_BLOCKS = ((0x250, "latin"), (0x400, "greek"), (0x530, "cyrillic"), (0x1E00, "other"), (0x1F00, "latin"))


def _block(code: int) -> str:
    for end, name in _BLOCKS:
        if code < end:
            return name
    return "east asian" if code >= 0x2E80 else "other"  # noqa: PLR2004 - where the CJK radicals begin


_ASCII = bytes(range(128))


@lru_cache(maxsize=8)
def fold(text: str) -> str:
    """`text` case-folded; several checks ask for the same page's, so the last few are kept.

    Python folds 10 ns a character once a text holds one beyond ASCII. Where those are few and have no case themselves,
    as quotation marks and signs, folding the octets of the rest takes a third of that.
    """
    if text.isascii():
        return text.casefold()
    octets = text.encode("utf-8", "surrogatepass")
    others = octets.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if len(others) > len(text) >> 3 or others != others.casefold():
        return text.casefold()
    return octets.lower().decode("utf-8", "surrogatepass")


def shared_terms(text: str, body: str, *, least: int) -> Share | None:
    """How many distinct terms of `text` occur in `body`.

    None when that can't be told: fewer than `least` terms, or a body in another script or language.
    """
    pieces = [piece for word in dict.fromkeys(terms(text[:_LONGEST])) for piece in _pieces(word)]
    if len(pieces) < least:
        return None
    folded = fold(body)
    share = Share(sum(1 for piece in pieces if piece in folded), len(pieces))
    if share.found * 2 < share.total and (_script(text) != _script(folded) or _has_foreign_letter(text, folded)):
        return None
    return share


def _has_foreign_letter(text: str, folded: str) -> bool:
    """Whether a letter of `text` beyond ASCII occurs nowhere in a body of text: another language, most likely."""
    return any(not c.isascii() and c.isalpha() and not _UNSPACED.match(c) and c not in folded for c in text.casefold())


_INTERFACE_WORDS = frozenset(
    "return returns type types section sections value values class function method string name version chapter note "
    "number table figure example default true false null none int data file code "
    "add cart buy view read more show details price sale shop sold stock review reviews rating stars reply share "
    "like likes comment comments login sign subscribe download save edit delete next previous page home menu search "
    "close open quick compare wishlist item items product products option options select quantity shipping delivery "
    "free ago posted min minutes hours days views january february march april may june july august september "
    "october november december warenkorb kaufen preis mehr lesen anzeigen weiter artikel ansehen produkt produkte "
    "panier acheter prix voir lire suite ajouter carrito comprar precio ver leer añadir carrinho preço adicionar "
    "carrello prezzo aggiungi leggi winkelwagen bekijk prijs koszyk dodaj cena zobacz корзину купить цена "
    "подробнее".split()
)


def is_interface_word(word: str) -> bool:
    """Whether `word` belongs to buttons and labels, which repeat on every list without anybody stuffing keywords."""
    return word.casefold() in _INTERFACE_WORDS
