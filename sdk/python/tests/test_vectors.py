"""The vectors that all three clients share."""

import base64
from typing import Any

import pytest
from multidict import CIMultiDict

from scanfleet_client import addresses, errors, paging, retry, retry_after, sse, webhooks
from tests.fault_server import vectors


def named(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@named(vectors("webhooks")["cases"])
def test_webhooks(case: dict[str, Any]) -> None:
    body, result = base64.b64decode(case["body_base64"]), "ok"
    try:
        webhooks.verify_signature(body, case["header"], case["secret"], now=case["now"])
    except errors.SignatureError as error:
        result = error.reason
    assert result == case["result"]


def failure(told: dict[str, Any]) -> errors.ScanfleetError:
    if "status" in told:
        return errors.ApiError(status=told["status"], code="X", message="", retry_after=told["retry_after"])
    kinds = {"connection": errors.ConnectionFailedError, "timeout": errors.RequestTimeoutError}
    return kinds[told["transport"]]("lost")


@named(vectors("retries")["cases"])
def test_retries(case: dict[str, Any]) -> None:
    wait = retry.pause(
        retry.RetryPolicy(**vectors("retries")["policy"]),
        method=case["method"],
        keyed=case["idempotency_key"],
        attempt=case["attempt"],
        elapsed=case["elapsed"],
        drawn=case["random"],
        error=failure(case["failure"]),
    )
    assert wait == (None if case["wait"] is None else pytest.approx(case["wait"]))


def test_backoff() -> None:
    told = vectors("backoff")
    policy = retry.RetryPolicy(base=told["base"], cap=told["cap"])
    for case in told["cases"]:
        wait = retry.backoff(policy, case["attempt"], case["random"], case["retry_after"])
        assert wait == pytest.approx(case["seconds"]), case


def test_the_policy_of_the_vectors_is_the_default_one() -> None:
    assert retry.RetryPolicy() == retry.RetryPolicy(**vectors("retries")["policy"])


def test_retry_after() -> None:
    for case in vectors("backoff")["retry_after"]:
        assert retry_after.read_retry_after(case["header"], case["now"]) == case["seconds"], case


@named(vectors("errors")["cases"])
def test_errors(case: dict[str, Any]) -> None:
    headers = CIMultiDict(case["headers"])
    body = case["body"].encode()
    error = errors.api_error(case["status"], headers, body, now=case["now"], credential=case["credential"])
    wanted = dict(case["expect"])
    assert {name: getattr(error, name) for name in wanted} == wanted
    if case["credential"]:
        assert case["credential"] not in f"{error} {error!r}"


@named(vectors("sse")["cases"])
def test_sse(case: dict[str, Any]) -> None:
    parser = sse.SseParser(case["limit"]) if "limit" in case else sse.SseParser()
    found: list[dict[str, str]] = []
    failed = None
    try:
        for piece in case["chunks_base64"]:
            found += [
                {"type": one.type, "id": one.id, "data": one.data} for one in parser.feed(base64.b64decode(piece))
            ]
    except errors.UnexpectedAnswerError:
        failed = "too_long"
    assert (found, parser.retry, failed) == (case["events"], case["retry"], case.get("error"))


@named(vectors("urls")["cases"])
def test_urls(case: dict[str, Any]) -> None:
    def made() -> str:
        query = [(name, value) for name, value in case["query"]]
        return addresses.address(addresses.api_base(case["base"]), case["path"], case["ids"], query)

    if "error" in case:
        with pytest.raises(ValueError, match={"id": "^id: ", "base": "^base_url: "}[case["error"]]) as caught:
            made()
        assert "secret" not in str(caught.value)
    else:
        assert made() == case["url"]


class Page:
    """A page of a vector."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.items: list[str] = [item["url"] for item in told["items"]]
        self.next_cursor: str | None = told.get("next_cursor")
        self.per_page: int = told.get("per_page", 0)
        self.total: int = told.get("total", 0)


@pytest.mark.parametrize("kind", ["cursor", "number"])
async def test_paging(kind: str) -> None:
    for case in vectors("paging")[kind]:
        requests: list[dict[str, str]] = []
        replies = iter(case["replies"])

        async def fetch(
            at: str | int | None, requests: list[dict[str, str]] = requests, replies: Any = replies
        ) -> Page:
            requests.append({} if at is None else {"cursor" if kind == "cursor" else "page": str(at)})
            return Page(next(replies))

        found: list[str] = []
        failed = None
        try:
            async for item in paging.by_cursor(fetch) if kind == "cursor" else paging.by_number(fetch):
                found.append(item)  # noqa: PERF401 - what came before an error counts
        except errors.UnexpectedAnswerError:
            failed = "loop"
        assert (found, requests, failed) == (case["items"], case["requests"], case.get("error")), case["name"]
