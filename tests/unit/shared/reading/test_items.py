from shared.checks.sample import sample
from shared.page import Item, Page
from shared.reading.items import ancestors_of, graph_of, is_a, is_reference, unmet


def _item(*types: str, id_: str | None = None, **properties: object) -> Item:
    return Item("json-ld", types, {name: (one,) for name, one in properties.items()}, id_, schema_org=True, at="x")


def _page(*items: Item) -> Page:
    example = sample()
    return Page(
        fetched=example.fetched, context=example.context, url="u", final_url="u", status=200, headers={}, items=items
    )


def test_nodes_know_where_they_stand() -> None:
    offer = _item("Offer", price="1")
    graph = graph_of(_page(_item("WebPage", mainEntity=_item("Product", offers=offer))))
    assert [(node.item.types, node.via, node.main) for node in graph.nodes] == [
        (("WebPage",), "", True),
        (("Product",), "mainEntity", True),
        (("Offer",), "offers", False),
    ]
    assert graph.nodes[2].above == ("Product", "WebPage")


def test_references_join_items_of_one_page() -> None:
    product = _item("Product", offers=Item("json-ld", (), {}, "#o", schema_org=True, at="x"))
    offer = _item("Offer", id_="#o", price="1")
    graph = graph_of(_page(product, offer))
    assert [node.via for node in graph.nodes] == ["", "offers"]
    assert not graph.has(product, "offers.priceCurrency")
    more = _item(id_="#o", priceCurrency="EUR")
    assert graph_of(_page(product, offer, more)).has(product, "offers.price")


def test_paths() -> None:
    review = _item(
        "Review", author="Ida", itemReviewed=_item("Book", name=" "), reviewRating=_item("Rating", ratingValue=5)
    )
    graph = graph_of(_page(review))
    assert graph.has(review, "reviewRating.ratingValue")
    assert graph.has(review, "nothing|author.name")
    assert not graph.has(review, "itemReviewed.name")
    elsewhere = _item("Article", author=Item("json-ld", (), {}, "https://example.com/#ida", schema_org=True, at="x"))
    assert graph_of(_page(elsewhere)).has(elsewhere, "author.name")


def test_a_circle_of_items_ends() -> None:
    one, two = dict[str, tuple[object, ...]](), dict[str, tuple[object, ...]]()
    a = Item("json-ld", ("Thing",), one, None, schema_org=True, at="")
    one["about"] = (Item("json-ld", ("Thing",), two, None, schema_org=True, at=""),)
    two["about"] = (a,)
    assert len(graph_of(_page(a)).nodes) <= 21


def test_types() -> None:
    assert is_a(_item("Restaurant"), "LocalBusiness")
    assert not is_a(_item("NoSuchType"), "Thing")
    assert "Place" in ancestors_of(("Restaurant", "Product"))
    assert is_reference(Item("json-ld", (), {}, "#a", schema_org=True, at=""))


def _steps(*steps: Item) -> Item:
    return Item("json-ld", ("BreadcrumbList",), {"itemListElement": steps}, None, schema_org=True, at="x")


def test_only_the_last_step_may_lack_its_item() -> None:
    first, last = _item("ListItem", position=1, item="/a"), _item("ListItem", position="2")
    elsewhere = Item("json-ld", (), {}, "#there", schema_org=True, at="x")
    for steps, missing in (((first, last), 0), ((last, first), 0), ((last, last, first), 1), ((elsewhere, last), 0)):
        trail = _steps(*steps)
        assert len(list(unmet(graph_of(_page(trail)), trail))) == missing


def test_a_question_needs_an_answer_unless_it_counts_none() -> None:
    for count, missing in ((1, 1), ("0", 0), (0, 0), ("some", 1)):
        asked = _item("QAPage", mainEntity=_item("Question", answerCount=count))
        assert len(list(unmet(graph_of(_page(asked)), asked))) == missing
    answered = _item("QAPage", mainEntity=_item("Question", answerCount=1, suggestedAnswer=_item("Answer", text="1")))
    assert not list(unmet(graph_of(_page(answered)), answered))
