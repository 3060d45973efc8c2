"""Telephone numbers and e-mail addresses in links, and whether they agree with what the reader sees."""

import re
from urllib.parse import unquote

_NUMBER = re.compile(r"\+?\(?\d[\d\s().\-\u00a0\u2009\u2010-\u2013/]{4,24}\d")
_NOT_DIGIT = re.compile(r"\D")
_MAIL = re.compile(r"[^\s@<>()\[\],;:\"]+@(?:[^\s@<>()\[\],;:\".]+\.)+[^\s@<>()\[\],;:\".]{2,}")
_LONGEST = 2_000
"""Characters that are looked at."""
_MIN_DIGITS = 5
_SAME_TAIL = 6
"""Digits at the end that must agree: country codes and trunk prefixes differ before them."""


def _digits(text: str) -> str:
    return _NOT_DIGIT.sub("", text)


def phone_fault(href: str, text: str) -> str:
    """What is wrong with a `tel:` link (RFC 3966) shown as `text`, "" when nothing is.

    National and international spellings of one number agree; letters for digits and extensions are not compared.
    """
    href, text = href[:_LONGEST], text[:_LONGEST]
    number = re.split(r"[;,pPwWxX#]", unquote(href.strip()[4:]).removeprefix("//"), maxsplit=1)[0]
    dialled = _digits(number)
    if not dialled:
        return "no number in the link" if not any(letter.isalpha() for letter in number) else ""
    shown = [_digits(one) for one in _NUMBER.findall(text)]
    shown = [one for one in shown if len(one) >= _MIN_DIGITS]
    if not shown or len(dialled) < _MIN_DIGITS or any(_agree(dialled, one) for one in shown):
        return ""
    return f"dials {number.strip()}"


def _agree(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if short in long:
        return True
    tail = max(_SAME_TAIL, len(short) - 4)
    return short[-tail:] == long[-tail:]


def mail_fault(href: str, text: str) -> str:
    """What is wrong with a `mailto:` link (RFC 6068) shown as `text`, "" when nothing is.

    A link without a recipient but with a subject or body is how pages are shared, and fine.
    """
    href, text = href[:_LONGEST], text[:_LONGEST]
    recipients, question, _ = href.strip()[7:].partition("?")
    addresses = [unquote(one).strip() for one in recipients.split(",")]
    if not recipients.strip():
        return "" if question else "no address in the link"
    if "," not in recipients and ";" in recipients:
        addresses = [unquote(one).strip() for one in recipients.split(";")]
    for address in addresses:
        bare = address.rpartition("<")[2].rstrip(">").strip()
        if address and not _MAIL.fullmatch(bare):
            return f"{address!r} is not an e-mail address"
    shown = _MAIL.fullmatch(text.strip())
    if shown and all(shown.group().casefold() != one.rpartition("<")[2].rstrip(">").casefold() for one in addresses):
        return f"writes to {', '.join(addresses)}"
    return ""
