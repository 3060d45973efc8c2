"""A monitor on the command line, as the API wants it: site, schedule, the scan's options, alert rules, mails."""

import argparse
from typing import Any, Final, get_args

import msgspec

from deploy.local import options
from deploy.local.asking import add_scan_options, scan_options
from shared.alerts import Rule
from shared.mail import Kind

FIGURES: Final[dict[str, str | None]] = {
    str(kind.__struct_config__.tag): next(iter(kind.__struct_fields__), None) for kind in get_args(Rule)
}
"""The name of each kind's figure; None for a kind without one."""


def add_monitor_options(parser: argparse.ArgumentParser, *, change: bool = False) -> None:
    """Everything that a monitor may be told; with `change` whatever isn't given stays as it is."""
    schedule, timezone, mode = (None, None, None) if change else ("daily", "UTC", "single")
    stays = "" if change else " (default: %(default)s)"
    parser.add_argument(
        "--schedule", default=schedule, help=f"hourly, daily, weekly, or a cron expression of five fields{stays}"
    )
    parser.add_argument("--timezone", default=timezone, metavar="ZONE", help=f"e.g. Europe/Berlin{stays}")
    parser.add_argument("--name", help="what it is called" + ("" if change else " (default: the site's host)"))
    parser.add_argument("--alert", dest="alerts", action="append", type=rule, metavar="RULE", help=_rules())
    kinds = get_args(Kind)
    parser.add_argument("--mail", dest="mails", action="append", choices=kinds, help="what is mailed to the account")
    if change:
        parser.add_argument("--url", type=options.web_address, help="another address")
        for name in ("alerts", "mails"):
            parser.add_argument(f"--no-{name}", dest=name, action="store_const", const=[], help=f"no {name} any more")
        parser.add_argument("--no-options", action="store_true", help="no options of the scan any more, no credentials")
    add_scan_options(parser, mode=mode)


def monitor_body(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given, as the body of POST or PATCH."""
    names = ("url", "schedule", "timezone", "mode", "name", "alerts", "mails")
    body = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    given = scan_options(arguments)
    return body | ({"options": given} if given or getattr(arguments, "no_options", False) else {})


def rule(raw: str) -> dict[str, Any]:
    """KIND or KIND=FIGURE as a rule of the API. Raises `ArgumentTypeError` that names the kinds, or what is wrong."""
    kind, given, figure = raw.partition("=")
    if kind not in FIGURES:
        message = f"{kind!r} is no kind of alert; use one of {', '.join(FIGURES)}"
        raise argparse.ArgumentTypeError(message)
    name = FIGURES[kind]
    if given and name is None:
        message = f"{kind} has no figure; leave out ={figure}"
        raise argparse.ArgumentTypeError(message)
    try:
        made = msgspec.convert({"kind": kind, **({name: figure} if given else {})}, Rule, strict=False)
    except msgspec.ValidationError as error:
        message = f"{raw!r} is not {_form(kind)}: {error}"
        raise argparse.ArgumentTypeError(message) from error
    return dict(msgspec.to_builtins(made))


def _form(kind: str) -> str:
    name = FIGURES[kind]
    return f"{kind}={name.upper()}" if name else kind


def _rules() -> str:
    forms = ", ".join(_form(kind) for kind in FIGURES)
    return f"what to tell of: {forms}; e.g. score_below=70. certificate_expires needs --check-network tls"
