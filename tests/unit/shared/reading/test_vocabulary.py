import pytest

from shared.reading.vocabulary import features_of, google, retired_of, schemaorg


def test_types_inherit() -> None:
    vocabulary = schemaorg()
    assert {"NewsArticle", "Article", "CreativeWork", "Thing"} == vocabulary.ancestors("NewsArticle")
    assert vocabulary.ancestors("KnifeGuide") == frozenset()
    assert vocabulary.knows("InStock")
    assert not vocabulary.knows("article")


@pytest.mark.parametrize(
    ("type_name", "property_name", "defined"),
    [
        ("NewsArticle", "headline", True),
        ("LocalBusiness", "geo", True),
        ("LocalBusiness", "logo", True),
        ("WebPage", "recipeYield", False),
        ("Thing", "no such property", False),
    ],
)
def test_properties_inherit(type_name: str, property_name: str, defined: bool) -> None:
    assert schemaorg().defines(type_name, property_name) is defined


def test_only_data_types_can_be_wrong() -> None:
    assert schemaorg().literals("datePublished") == {"Date", "DateTime"}
    assert schemaorg().literals("author") is None
    assert schemaorg().literals("price") is None
    assert "InStock" in schemaorg().enumerations["availability"]


def test_every_name_in_googles_table_is_one_of_schemaorg() -> None:
    vocabulary = schemaorg()
    for feature in google().feature:
        paths = (*feature.required, *feature.recommended, *feature.via, *feature.unless)
        names = {name for path in paths for one in path.split("|") for name in one.split(".")}
        assert {name for name in names if name not in vocabulary.properties} == set()
        assert all(map(vocabulary.knows, (*feature.types, *feature.inside, *feature.except_types)))
        assert feature.source.startswith("https://developers.google.com/search/")
    assert all(vocabulary.knows(name) for one in google().retired for name in one.types)


def test_features_hold_for_subtypes_and_retired_ones_do_not() -> None:
    assert {one.name for one in features_of("Restaurant")} == {"Local business", "Event location", "Profile page"}
    assert [one.name for one in retired_of("HowTo")] == ["How-to"]
    assert retired_of("Recipe") == ()
