"""What may be asked of us: the shapes of requests to scan, and the rules that a shape can't say.

The gateway and the ingress queue hold requests to the same types and the same `validate`, and the OpenAPI document is
generated from them.
"""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import regex
from msgspec import Meta, Struct

from shared.checks import catalogue
from shared.checks.limits import DEFAULT_PROFILE, load_profile, profiles
from shared.errors import ForbiddenError, InvalidRequestError, InvalidUrlError
from shared.manners import is_local
from shared.network import BadUrl, check_url
from shared.settings import Floor, Network
from shared.tiers import Tier

MAX_URL = 2_000
Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL, description="An http or https URL.")]
Line = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
NetworkCheck = Literal["external", "tls", "host_variants", "random_404", "ai_agents", "assets"]

PERMISSION_ROBOTS = "ignore_robots"
PERMISSION_USER_AGENT = "user_agent"
PERMISSION_FLOOR = "below_floor"
PERMISSIONS = (PERMISSION_ROBOTS, PERMISSION_USER_AGENT, PERMISSION_FLOOR)
"""What a user needs an operator's leave for."""


class BasicAuth(Struct, frozen=True, forbid_unknown_fields=True):
    """Credentials for the scanned site; stored encrypted, never returned, sent only to the scan's origin."""

    username: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f:]*$")]
    password: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ScanOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Options of a scan; every one may be left out."""

    max_pages: Annotated[int, Meta(ge=1, le=1_000_000, description="At most this many pages.")] | None = None
    max_depth: Annotated[int, Meta(ge=0, le=100, description="Clicks from the start, crawl only.")] | None = None
    concurrency: Annotated[int, Meta(ge=1, le=10, description="Requests at once per host.")] | None = None
    delay_ms: Annotated[int, Meta(ge=0, le=10_000, description="Pause of each slot between requests.")] | None = None
    exclude: Annotated[list[Annotated[Line, Meta(min_length=1)]], Meta(max_length=100)] | None = None
    respect_robots: bool | None = None
    user_agent: Annotated[Line, Meta(min_length=1)] | None = None
    basic_auth: BasicAuth | None = None
    cookie: Annotated[Line, Meta(min_length=1)] | None = None
    checks_network: Annotated[list[NetworkCheck], Meta(max_length=6)] | None = None
    include_subdomains: bool | None = None
    profile: Annotated[str, Meta(max_length=100)] | None = None
    thresholds: Annotated[dict[str, float], Meta(max_length=200)] | None = None
    disable_checks: Annotated[list[str], Meta(max_length=400)] | None = None


class ScanRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of POST /scans."""

    url: Url
    mode: Literal["single", "sitemap", "crawl"] = "single"
    options: ScanOptions = msgspec.field(default_factory=ScanOptions)
    webhook_url: Url | None = None


def _url(text: str, allow: tuple[Network, ...], param: str) -> str:
    try:
        return check_url(text, allow_networks=allow)
    except BadUrl as error:
        raise InvalidUrlError(str(error), param=param) from error


def _exclusions(patterns: Collection[str]) -> None:
    for pattern in patterns:
        if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
            try:
                regex.compile(pattern[1:-1])
            except regex.error as error:
                message = f"options.exclude: {pattern!r} is not a regular expression: {error}."
                raise InvalidRequestError(message, param="options.exclude") from error


def _judging(options: ScanOptions) -> None:
    if options.profile is not None and options.profile not in profiles():
        message = f"There is no profile {options.profile!r}; there are: {', '.join(profiles())}."
        raise InvalidRequestError(message, param="options.profile")
    known = load_profile(options.profile or DEFAULT_PROFILE).thresholds
    for name in options.thresholds or {}:
        if name not in known:
            message = f"There is no threshold {name!r}; GET /api/v1/checks lists the checks that have one."
            raise InvalidRequestError(message, param="options.thresholds")
    for check_id in options.disable_checks or ():
        if check_id not in catalogue():
            message = f"There is no check {check_id!r}; GET /api/v1/checks lists them."
            raise InvalidRequestError(message, param="options.disable_checks")


def _permissions(options: ScanOptions, permissions: Collection[str]) -> None:
    wanted = {
        PERMISSION_ROBOTS: options.respect_robots is False,
        PERMISSION_USER_AGENT: options.user_agent is not None,
    }
    for permission, needed in wanted.items():
        if needed and permission not in permissions:
            field = "respect_robots" if permission == PERMISSION_ROBOTS else "user_agent"
            message = f"options.{field} needs the permission {permission!r}, which this account doesn't have."
            raise ForbiddenError(message, param=f"options.{field}")


def _politeness(options: ScanOptions, floor: Floor, permissions: Collection[str]) -> None:
    if PERMISSION_FLOOR in permissions:
        return
    if options.delay_ms is not None and options.delay_ms < floor.delay_ms:
        message = f"options.delay_ms: at least {floor.delay_ms} here, without the permission {PERMISSION_FLOOR!r}."
        raise ForbiddenError(message, param="options.delay_ms")
    if options.concurrency is not None and options.concurrency > floor.concurrency:
        message = f"options.concurrency: at most {floor.concurrency} here, without the permission {PERMISSION_FLOOR!r}."
        raise ForbiddenError(message, param="options.concurrency")


def validate(
    request: ScanRequest,
    *,
    tier: Tier,
    tier_name: str,
    permissions: Collection[str],
    allow: tuple[Network, ...],
    floor: Floor,
    test: bool = False,
) -> ScanRequest:
    """What a shape can't say. Returns the request with its URLs normalised.

    Raises `InvalidUrlError`, `InvalidRequestError` or `ForbiddenError` with `param` naming the field. A test scan never
    leaves the machine, so any http(s) URL will do for it.
    """
    if test:
        if urlsplit(request.url).scheme.lower() not in {"http", "https"} or not urlsplit(request.url).hostname:
            message = "url: must be an absolute http or https URL."
            raise InvalidUrlError(message, param="url")
        url = request.url
    else:
        url = _url(request.url, allow, "url")
    webhook = _url(request.webhook_url, allow, "webhook_url") if request.webhook_url else None
    _exclusions(request.options.exclude or ())
    _judging(request.options)
    _permissions(request.options, permissions)
    if not is_local(url, allow):
        _politeness(request.options, floor, permissions)
    if tier.scans(request.mode) == 0:
        message = f"The {tier_name} tier does not include {request.mode} scans."
        raise ForbiddenError(message, param="mode")
    return msgspec.structs.replace(request, url=url, webhook_url=webhook)


SECRET_OPTIONS = ("basic_auth", "cookie")


def split_secrets(options: ScanOptions) -> tuple[dict[str, Any], dict[str, Any]]:
    """(options that may be stored and shown, credentials that must be sealed)."""
    plain: dict[str, Any] = msgspec.to_builtins(options)
    secrets = {name: plain.pop(name) for name in SECRET_OPTIONS if name in plain}
    return plain, secrets


def param_of(error: msgspec.ValidationError) -> str | None:
    """The field that a validation error speaks of, dotted: `options.delay_ms`."""
    message = str(error)
    path = re.search(r" - at `\$\.?([^`]*)`", message)
    prefix = path.group(1) if path else ""
    name = re.search(r"(?:unknown|required) field `([^`]+)`", message)
    return ".".join(part for part in (prefix, name.group(1) if name else "") if part) or None


_KINDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_EXPECTED = re.compile(
    r"Expected `(?P<kind>[^`]+)`(?:, got `(?P<got>[^`]+)`)?"
    r"(?:(?P<long> of length)? (?P<sign>>=|<=|>|<) (?P<bound>\S+))?(?: matching regex '(?P<pattern>.*)')?"
)
_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]+)`")
_SIGNS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def _kinds(text: str) -> str:
    return " or ".join(_KINDS.get(one, one) for one in text.split(" | "))


def _bounded(found: re.Match[str]) -> str:
    told = _kinds(found["kind"])
    if found["sign"]:
        unit = "" if not found["long"] else " item" if found["kind"] == "array" else " character"
        told += f" of {_SIGNS[found['sign']]} {found['bound']}{unit}" + ("s" if unit and found["bound"] != "1" else "")
    if found["pattern"]:
        told += f" that matches {found['pattern']}"
    return told + (f", not {_kinds(found['got'])}" if found["got"] else "")


def wording(error: msgspec.ValidationError, name: str | None = None) -> str:
    """What is wrong with a value, in the words of JSON; `name` is where, when the error doesn't say."""
    text = str(error).partition(" - at `")[0]
    where = name or param_of(error) or "The body"
    if field := _FIELD.fullmatch(text):
        return f"{where}: this field is missing." if field["what"].startswith("missing") else f"{where}: unknown field."
    if found := _EXPECTED.fullmatch(text):
        return f"{where}: must be {_bounded(found)}."
    return f"{where}: {text[:1].lower()}{text[1:]}."


def decode_json(body: bytes, type_: type[Any]) -> Any:  # noqa: ANN401
    """Decode and validate a JSON body. Raises `InvalidRequestError` that says what is wrong and where."""
    try:
        text = body.decode()
        if "\x00" in text or "\\u0000" in text:
            message = "The body holds a NUL character, which no field may hold."
            raise InvalidRequestError(message)
        value = msgspec.json.decode(text, type=type_)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(wording(error), param=param_of(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The body is not valid JSON: {error}."
        raise InvalidRequestError(message) from error
    if _has_surrogates(value):
        message = "The body holds a lone surrogate, which is not a character."
        raise InvalidRequestError(message)
    return value


def _has_surrogates(value: object) -> bool:
    try:
        msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return True
    return False


def query_param(values: Mapping[str, str], allowed: Collection[str]) -> None:
    """Refuse query parameters that aren't in `allowed`. Raises `InvalidRequestError` naming the first."""
    for name in values:
        if name not in allowed:
            message = f"Unknown parameter {name!r}" + (f"; known: {', '.join(sorted(allowed))}." if allowed else ".")
            raise InvalidRequestError(message, param=name)
