"""Whether a value of structured data is of the kind that schema.org expects of its property."""

import re
from datetime import date
from functools import lru_cache

from shared.page import Item
from shared.reading import hrefs
from shared.reading.vocabulary import schemaorg

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+(?:\.0+)?")
_DATE = re.compile(r"[+-]?(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?|-W\d{2}(?:-[1-7])?|-\d{3})?")
_CLOCK = r"(?:[01]\d|2[0-4])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:[.,]\d+)?)?)?"
_ZONE = r"\s?(?:Z|z|UTC|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?"
_TIME = re.compile(f"T?{_CLOCK}{_ZONE}")
_DATE_TIME = re.compile(rf"([^T\s]+)[T\s]({_CLOCK}{_ZONE})")
_DURATION = re.compile(
    r"[+-]?P(?=.)(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?W)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=.)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?",
    re.IGNORECASE,
)
_TRUTH = frozenset({"true", "false", "yes", "no", "1", "0"})
_PREFIX = re.compile(r"^(?:https?://(?:www\.)?schema\.org/#?|schema:)", re.IGNORECASE)
_CURRENCY = re.compile(r"[A-Z]{3}")
_TICKERS = frozenset("AVAX DASH DOGE LINK LUNA MANA MATIC SHIB USDC USDD USDP USDT XAUT".split())
"""Cryptocurrencies of more than three letters: https://schema.org/priceCurrency takes their tickers."""
_NOT_IN_URL = re.compile(r"[\s<>\"]")
_SHARE = re.compile(rf"({_NUMBER.pattern})\s*(%|/\s*({_NUMBER.pattern}))?")

_HUGE = 1e15
_LONG = 40
_LONGEST = 4_096
_ADDRESSES = frozenset({"image", "logo", "photo"})
"""Expect an address or an item; text that is neither is of no use."""
_PRICES = frozenset({"price", "lowPrice", "highPrice", "minPrice", "maxPrice"})
_CURRENCIES = frozenset({"priceCurrency", "currency"})
_OPEN = frozenset({"DeliveryMethod", "BusinessFunction", "BusinessEntityType", "WarrantyScope", "PaymentMethodType"})
"""Enumerations that other vocabularies extend."""


def number(value: object) -> float | None:
    """A JSON number, or text that is one with a decimal point; None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < _HUGE else None
    if isinstance(value, str) and len(value) > _LONG:
        return None
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else None


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(one) if one else None for one in found.groups())
    if month is None or year is None:
        return True
    try:
        date(max(year, 1), month, day or 1)
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    found = _DATE_TIME.fullmatch(text)
    return found is not None and _is_date(found.group(1))


def _is_address(text: str) -> bool:
    return _NOT_IN_URL.search(text) is None and not hrefs.fault(text, text, "")


def _is_one_of(text: str, kinds: frozenset[str]) -> bool:
    return (
        (not kinds.isdisjoint({"Number", "Float"}) and _NUMBER.fullmatch(text) is not None)
        or ("Integer" in kinds and _INTEGER.fullmatch(text) is not None)
        or (not kinds.isdisjoint({"Date", "DateTime"}) and (_is_date(text) or _is_date_time(text)))
        or ("Time" in kinds and (_TIME.fullmatch(text) is not None))
        or ("Duration" in kinds and _DURATION.fullmatch(text) is not None)
        or ("Boolean" in kinds and _PREFIX.sub("", text).lower() in _TRUTH)
        or ("URL" in kinds and _is_address(text))
    )


_NAMES = {
    "Date": "a date such as 2026-11-18",
    "DateTime": "a date such as 2026-11-18",
    "Time": "a time such as 09:30",
    "Duration": "a duration such as PT30M",
    "Number": "a number",
    "Float": "a number",
    "Integer": "a whole number",
    "Boolean": "true or false",
    "URL": "an address",
}


@lru_cache(maxsize=4_096)
def checkable(name: str) -> bool:
    """Whether anything can be wrong with a value of this property: most take any text."""
    return (
        name in _PRICES | _CURRENCIES | _ADDRESSES
        or name in schemaorg().enumerations
        or schemaorg().literals(name) is not None
    )


def fault(name: str, value: object) -> str:
    """What a property's value should have been, "" when it is fine or nothing can be said."""
    if isinstance(value, str):
        return _text_fault(name, " ".join(value[:_LONGEST].split()))
    amount = number(value)
    if amount is None:
        return ""
    if name in _PRICES and amount < 0:
        return "a price of at least 0"
    kinds = schemaorg().literals(name)
    if kinds == frozenset({"Integer"}) and amount != int(amount):
        return _NAMES["Integer"]
    return ""


def _text_fault(name: str, text: str) -> str:
    if not text:
        return ""
    if name in _PRICES:
        amount = number(text)
        return "" if amount is not None and amount >= 0 else "a number with a decimal point and no currency sign"
    if name in _CURRENCIES:
        return "" if _CURRENCY.fullmatch(text) or text in _TICKERS else "a currency code such as EUR (ISO 4217)"
    vocabulary = schemaorg()
    members = vocabulary.enumerations.get(name)
    if members is not None:
        bare = _PREFIX.sub("", text)
        if bare in members or ":" in bare or not _OPEN.isdisjoint(vocabulary.ranges(name)):
            return ""
        return f"one of {', '.join(sorted(members)[:4])}, …"
    kinds = vocabulary.literals(name)
    if kinds is None:
        return "" if name not in _ADDRESSES or _is_address(text) else _NAMES["URL"]
    if _is_one_of(text, kinds):
        return ""
    return next(_NAMES[one] for one in sorted(kinds))


def rating_fault(item: Item, *, measured: bool) -> str:
    """Why a Rating's value is out of its range, which is 1 to 5 unless the item says otherwise; "" when it isn't.

    `measured`: the rating must be a number; an age rating may be a letter.
    """
    for value in item.properties.get("ratingValue", ()):
        given = _SHARE.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= _LONG else None
        amount = number(value)
        if given is not None and given.group(2):
            amount, best, worst = float(given.group(1)), 100.0 if given.group(2) == "%" else float(given.group(3)), 0.0
        else:
            best, worst = _bound(item, "bestRating", 5.0), _bound(item, "worstRating", 1.0)
            if measured and amount is None and isinstance(value, str) and value.strip():
                return f"{value[:40]!r} is not a number"
        if amount is not None and not worst <= amount <= best:
            return f"{amount:g} is outside of {worst:g} to {best:g}"
    return ""


def _bound(item: Item, name: str, default: float) -> float:
    return next((found for one in item.properties.get(name, ()) if (found := number(one)) is not None), default)
