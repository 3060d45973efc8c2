"""How a query is written for Postgres itself."""

from shared.db.lines import numbered


def test_names_become_numbers_in_the_order_of_their_first_use() -> None:
    query = b"SELECT %(b)s, %(a)s::int %% 2, '%% %(b)s' WHERE x LIKE '100%%'"
    assert numbered(query) == (b"SELECT $1, $2::int % 2, '% $1' WHERE x LIKE '100%'", ("b", "a"))


def test_a_query_without_parameters_is_itself() -> None:
    assert numbered(b"SELECT 1") == (b"SELECT 1", ())
