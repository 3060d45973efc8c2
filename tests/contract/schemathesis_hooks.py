"""What a schema can't say of a request, put right in requests that are meant to be valid. All else stays as generated.

The exceptions: a URL must be one that may be fetched, an `exclude` pattern between slashes a regular expression, a
profile, a threshold or a check one that exists, a cursor one that the endpoint gave, a schedule a cron expression and a
time zone one that exists, a rule on certificates one that TLS is asked for, and a service without a mail server sends none.
"""

from collections.abc import Sequence
from typing import Any, cast

import schemathesis

URL = "https://example.com/"


def _options(options: dict[str, Any]) -> None:
    for name in ("profile", "thresholds", "disable_checks"):
        options.pop(name, None)
    exclude = options.get("exclude")
    if isinstance(exclude, list):
        options["exclude"] = [one for one in cast("Sequence[Any]", exclude) if not str(one).startswith("/")]


def valid(body: dict[str, Any]) -> None:
    """Replace the semantic fields of a body."""
    for name in ("url", "webhook_url"):
        if isinstance(body.get(name), str):
            body[name] = URL
    for name, value in (("schedule", "daily"), ("timezone", "Europe/Berlin")):
        if isinstance(body.get(name), str):
            body[name] = value
    if isinstance(body.get("alerts"), list):
        rules = cast("Sequence[dict[str, Any]]", body["alerts"])
        body["alerts"] = [rule for rule in rules if rule.get("kind") != "certificate_expires"]
    if isinstance(body.get("mails"), list):
        body["mails"] = []
    if isinstance(body.get("options"), dict):
        _options(body["options"])


@schemathesis.hook  # pyright: ignore[reportUnknownMemberType]
def before_call(context: Any, case: Any, **_kwargs: Any) -> None:
    """Requests that are meant to be refused are left alone."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if isinstance(case.body, dict):
        valid(cast("dict[str, Any]", case.body))
    case.query.pop("cursor", None)
    if case.path == "/monitors/{id}/history" and "url" in case.query:
        case.query["url"] = URL
