import pytest

from shared.page import Item
from shared.reading.item_values import fault, number, rating_fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datePublished", "2026-11-02"),
        ("datePublished", "2026-11-02T08:00:00.5+01:00"),
        ("datePublished", "2026"),
        ("datePublished", "20261102"),
        ("datePublished", "2026-11-02 08:00"),
        ("datePublished", ""),
        ("totalTime", "PT1H30M"),
        ("cookTime", "P0DT0H45M"),
        ("opens", "09:30"),
        ("price", "29.90"),
        ("price", 0),
        ("priceCurrency", "EUR"),
        ("priceCurrency", "USDT"),
        ("availability", "https://schema.org/InStock"),
        ("availability", "InStock"),
        ("dayOfWeek", "http://schema.org/Monday"),
        ("dayOfWeek", "http://purl.org/goodrelations/v1#Monday"),
        ("isAccessibleForFree", "False"),
        ("url", "/guides/"),
        ("sameAs", "https://de.wikipedia.org/wiki/Wetzstein_(Werkzeug)?x=%20"),
        ("image", "media/stone.jpg"),
        ("author", "Ida Stone"),
        ("reviewCount", "12"),
        ("unheardOf", "anything"),
    ],
)
def test_valid(name: str, value: object) -> None:
    assert fault(name, value) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datePublished", "2nd of November"),
        ("datePublished", "11/02/2026"),
        ("datePublished", "2026-02-30"),
        ("datePublished", "2026-11-02T25:00"),
        ("totalTime", "30 minutes"),
        ("totalTime", "PT"),
        ("opens", "9:00 AM"),
        ("price", "$29.90"),
        ("price", "29,90"),
        ("price", -1),
        ("priceCurrency", "€"),
        ("priceCurrency", "EURO"),
        ("availability", "In stock"),
        ("dayOfWeek", "monday"),
        ("isAccessibleForFree", "perhaps"),
        ("url", "not an address"),
        ("sameAs", "www.example.com/ida"),
        ("image", "a picture of a stone"),
        ("reviewCount", "many"),
        ("reviewCount", 1.5),
    ],
)
def test_invalid(name: str, value: object) -> None:
    assert fault(name, value)


def _rating(**properties: object) -> Item:
    return Item(
        "json-ld",
        ("AggregateRating",),
        {name: (one,) for name, one in properties.items()},
        None,
        schema_org=True,
        at="",
    )


@pytest.mark.parametrize(
    ("rating", "wrong"),
    [
        (_rating(ratingValue=4.5), False),
        (_rating(ratingValue="4.5", bestRating="5"), False),
        (_rating(ratingValue=9, bestRating=10), False),
        (_rating(ratingValue="87%"), False),
        (_rating(ratingValue="7/10"), False),
        (_rating(ratingValue=0, worstRating=0), False),
        (_rating(ratingValue=9), True),
        (_rating(ratingValue=0), True),
        (_rating(ratingValue="11/10"), True),
        (_rating(ratingValue="good"), True),
    ],
)
def test_ratings(rating: Item, wrong: bool) -> None:
    assert bool(rating_fault(rating, measured=True)) is wrong


def test_an_age_rating_may_be_a_letter() -> None:
    assert rating_fault(_rating(ratingValue="E"), measured=False) == ""


def test_numbers() -> None:
    assert number(True) is None
    assert number("1e3") == 1_000
    assert number("1,000") is None
    assert number(float("inf")) is None
    assert number("9" * 400) is None
