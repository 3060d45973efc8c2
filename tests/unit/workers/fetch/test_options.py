"""What is sent."""

import pytest

from workers.fetch.options import FetchOptions


def test_credentials_and_validators_go_where_they_belong() -> None:
    options = FetchOptions(
        user_agent="a",
        basic_auth=("üser", "p:w"),
        cookie="s=1",
        etag='"x"',
        last_modified="Sat, 21 Nov 2026 00:00:00 GMT",
    )
    assert set(options.headers(first=False, own=False)) == {"User-Agent", "Accept", "Accept-Encoding"}
    sent = options.headers(first=True, own=True)
    assert sent["Authorization"] == "Basic w7xzZXI6cDp3"
    assert (sent["Cookie"], sent["If-None-Match"]) == ("s=1", '"x"')
    assert sent["If-Modified-Since"].startswith("Sat")


@pytest.mark.parametrize("name", ["user_agent", "accept", "cookie", "etag", "last_modified"])
@pytest.mark.parametrize("bad", ["a\r\nHost: b", "a\n", "\x00", "\x7f"])
def test_no_value_can_forge_a_header(name: str, bad: str) -> None:
    with pytest.raises(ValueError, match=name):
        FetchOptions(**{"user_agent": "a", name: bad})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
