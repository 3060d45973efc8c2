"""The sample site's handler: what is asked and answered goes through unchanged."""

from dataclasses import dataclass, field

from aiohttp.test_utils import make_mocked_request

from deploy.local.sample_server import READY_PATH, make_app

BASE = "http://127.0.0.1:1"


@dataclass
class Sample:
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    body: bytes = b"\x1f\x8bgzipped"


async def answer(path: str, method: str = "GET") -> tuple[list[tuple[str, str, str]], object]:
    asked: list[tuple[str, str, str]] = []

    def respond(target: str, method: str = "GET", base: str = "") -> Sample:
        asked.append((target, method, base))
        return Sample(404)

    app = make_app(BASE, respond)
    request = make_mocked_request(method, path, app=app)
    resolved = await app.router.resolve(request)
    return asked, await resolved.handler(request)


async def test_path_query_and_method_reach_the_site_as_they_came() -> None:
    asked, _ = await answer("/a%2Fb/?q=%C3%A4&q=2", "HEAD")
    assert asked == [("/a%2Fb/?q=%C3%A4&q=2", "HEAD", BASE)]


async def test_status_repeated_headers_and_body_come_back() -> None:
    _, response = await answer("/missing")
    assert getattr(response, "status", None) == 404
    assert getattr(response, "body", None) == b"\x1f\x8bgzipped"
    assert getattr(response, "headers").getall("Set-Cookie") == ["a=1", "b=2"]  # noqa: B009


async def test_the_probe_is_not_part_of_the_site() -> None:
    asked, response = await answer(READY_PATH)
    assert asked == []
    assert getattr(response, "status", None) == 200
