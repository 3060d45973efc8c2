import pytest

from shared.reading.notices import copyright_year


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("© 2021 Stone and Steel", 2021),
        ("Copyright © Stone and Steel Ltd 2012-2019", 2019),
        ("Copyright (c) 2012, 2015, 2020 Stone", 2020),
        ("© 2012–26 Stone", 2026),
        ("2023 © Stone", 2023),
        ("© Stone and Steel, Inc. All rights reserved", None),
        ("© 2012–present Stone", None),
        ("© 2012 - heute Stone", None),
        ("The Copyright Act of 1976", None),
        ("Photo © 2012 Ben Steel", None),
        ("Photo © 2012 Ben Steel. © 2024 Stone", 2024),
        ("Founded in 1987", None),
        ("", None),
    ],
)
def test_the_newest_year_of_the_site_s_own_notice(text: str, year: int | None) -> None:
    assert copyright_year(text) == year


def test_only_the_end_of_the_page_is_read() -> None:
    assert copyright_year("© 1998 an old book. " + "More text follows here. " * 100) is None
