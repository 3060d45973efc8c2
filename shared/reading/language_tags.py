"""Language tags: BCP 47 for `<html lang>`, and the narrower form that hreflang takes."""

import re
from functools import lru_cache

from shared.reading import iso

_LENGTH_SCRIPT = 4
_LENGTH_SHORT = 2
_LENGTH_LONG = 3

_LANGTAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?P<extlang>(?:-[a-z]{3}){0,3})"
    r"(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_PRIVATE = re.compile(r"x(?:-[a-z0-9]{1,8})+")
_HREFLANG = re.compile(r"(?P<language>[a-z]{2})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}))?")

_MODERN = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "tl": "fil", "nb": "no", "nn": "no", "cmn": "zh"}
_MODERN_WHOLE = {"no-bok": "no", "no-nyn": "no", "i-navajo": "nv", "i-lux": "lb", "zh-min": "zh", "art-lojban": "jbo"}


def _language_fault(language: str) -> str | None:
    """Why a primary language isn't one, None when it is registered."""
    if len(language) == _LENGTH_SHORT:
        known = language in iso.LANGUAGES or language in iso.RETIRED_LANGUAGES
    else:
        known = iso.is_three_letter_language(language)
    return None if known else f'"{language}" is not a registered language'


def _repeated(subtags: str) -> str | None:
    seen: set[str] = set()
    for subtag in subtags.split("-")[1:]:
        if subtag in seen:
            return subtag
        seen.add(subtag)
    return None


def _repeated_singleton(extensions: str) -> str | None:
    singletons = "".join(f"-{subtag}" for subtag in extensions.split("-") if len(subtag) == 1)
    return _repeated(singletons)


def _subtag_fault(match: re.Match[str]) -> str | None:
    """Why what follows the language isn't valid, None when it is."""
    if match["script"] and not iso.is_script(match["script"].title()):
        return f'"{match["script"].title()}" is not a registered script'
    if match["region"] and not iso.is_region(match["region"].upper()):
        return f'"{match["region"].upper()}" is not a registered region'
    again = _repeated(match["variants"]) or _repeated_singleton(match["extensions"])
    return f'"{again}" is repeated' if again else None


@lru_cache(maxsize=2_048)
def bcp47_fault(tag: str) -> str | None:
    """Why `tag` is not a valid language tag, None when it is one.

    Well-formedness of RFC 5646 section 2.1 (grandfathered and private tags included), and of section 2.2.9 that
    language, script and region are registered and no variant or singleton is repeated. Variants aren't looked up.
    https://www.rfc-editor.org/rfc/rfc5646
    """
    lower = tag.lower()
    if lower in iso.GRANDFATHERED or _PRIVATE.fullmatch(lower):
        return None
    if "_" in lower and bcp47_fault(lower.replace("_", "-")) is None:
        return 'subtags are separated by "-", not "_"'
    match = _LANGTAG.fullmatch(lower)
    if match is None:
        return "not of the form language-Script-REGION"
    return _language_fault(match["language"]) or _subtag_fault(match)


def _form_fault(lower: str) -> str:
    if not lower:
        return "the code is empty"
    hyphened = lower.replace("_", "-")
    language = hyphened.partition("-")[0]
    if len(language) == _LENGTH_LONG and language.isalpha() and language.isascii():
        return f'"{language}" is not an ISO 639-1 language'
    return 'parts are separated by "-", not "_"' if _HREFLANG.fullmatch(hyphened) else "not language-Script-REGION"


@lru_cache(maxsize=2_048)
def hreflang_fault(code: str) -> str | None:
    """Why `code` is no hreflang value that Google reads, None when it is one.

    `x-default`, or an ISO 639-1 language with an optional ISO 15924 script and an optional ISO 3166-1 alpha-2 country.
    https://developers.google.com/search/docs/specialty/international/localized-versions#language-codes
    """
    lower = code.lower()
    if lower == "x-default":
        return None
    match = _HREFLANG.fullmatch(lower)
    if match is None:
        return _form_fault(lower)
    if match["language"] not in iso.LANGUAGES:
        return f'"{match["language"]}" is not an ISO 639-1 language'
    if match["script"] and not iso.is_script(match["script"].title()):
        return f'"{match["script"].title()}" is not an ISO 15924 script'
    if match["region"] and match["region"].upper() not in iso.COUNTRIES:
        return f'"{match["region"].upper()}" is not an ISO 3166-1 country'
    return None


@lru_cache(maxsize=2_048)
def split(tag: str) -> tuple[str, str, str]:
    """(language, script, region) of a tag, lower-cased, "" where absent; retired languages under their present code.

    Bokmål and Nynorsk read as Norwegian. All three are "" when the tag is not well formed.
    """
    lower = tag.strip().lower().replace("_", "-")
    if lower in _MODERN_WHOLE:
        return _MODERN_WHOLE[lower], "", ""
    match = _LANGTAG.fullmatch(lower)
    if match is None:
        return "", "", ""
    language = match["language"]
    return _MODERN.get(language, language), match["script"] or "", match["region"] or ""
