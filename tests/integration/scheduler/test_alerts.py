"""Runs of a monitor go by: alerts are told of once, recover once, whoever looks and however often."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg.types.json import Jsonb

from deploy.local.ports import free_ports
from scheduler.chores import alerts, mail, webhooks
from scheduler.office import Office
from shared import users
from shared.clock import uuid7
from shared.db.pool import connection, make_pool
from shared.report_links import read_token
from tests.integration.scheduler.conftest import Rows

RULES = [
    {"kind": "score_drops", "by": 5},
    {"kind": "score_below", "score": 50},
    {"kind": "new_issue", "severity": "critical"},
    {"kind": "pages_fall", "percent": 20},
    {"kind": "scan_failed"},
    {"kind": "noindex_appeared"},
    {"kind": "certificate_expires", "days": 14},
]
GOOD = {"/": False, "/a": False, "/b": False, "/c": False, "/d": False}
START = datetime(2026, 11, 1, tzinfo=UTC)


class Watch:
    """A monitor whose runs are written straight into Postgres."""

    def __init__(self, rows: Rows, office: Office, monitor_id: uuid.UUID, user_id: uuid.UUID) -> None:
        self.rows, self.office, self.id, self.user_id = rows, office, monitor_id, user_id
        self.runs = 0

    async def run(  # noqa: PLR0917 - each is one column of a run
        self,
        score: float | None = 80.0,
        pages: Mapping[str, bool | int | str] | None = None,
        issues: dict[str, str] | None = None,
        status: str = "complete",
        incomplete: str | None = None,
        certificate: datetime | None = None,
        look: bool = True,
        fired: tuple[str, str] | None = None,
        robots: int | None = None,
        options: dict[str, Any] | None = None,
        url: str = "https://example.com/",
        mode: str = "crawl",
        code: str | None = None,
        fault: str | None = None,
    ) -> list[tuple[str, str]]:
        """One more run; what was told of it, as (rule, state).

        `pages` is path → noindex, or the status or error of one that isn't fetched; `fired` a path and a check on it;
        `code` is why the run failed, `fault` the words of failed pages.
        """
        self.runs += 1
        scan_id, at = uuid7(), START + timedelta(days=self.runs)
        await self.rows.sql(
            "INSERT INTO scans (id, owner, user_id, tier, url, host, mode, profile, score_version, request_id, max_pages,"
            " status, reason, score, incomplete, started_at, finished_at, ends_at, kept_until, monitor_id, result, options,"
            " reason_code)"
            " VALUES (%(id)s, 'user:x', %(user)s, 'pro', %(url)s, 'example.com', %(mode)s, 'p', '1', 'r', 9, %(status)s,"
            " 'no answer', %(score)s, %(incomplete)s, %(at)s, %(at)s, %(at)s, %(at)s, %(monitor)s, '{}', %(options)s,"
            " %(code)s)",
            id=scan_id, user=self.user_id, status=status, score=score, incomplete=incomplete, at=at, monitor=self.id,
            url=url, mode=mode, options=Jsonb(options or {}), code=code,
        )  # fmt: skip
        for seq, (path, found) in enumerate((GOOD if pages is None else pages).items()):
            await self.rows.sql(
                "INSERT INTO pages (scan_id, seq, url, status, error, checks, facts)"
                " VALUES (%(id)s, %(seq)s, %(url)s, %(status)s, %(error)s, %(checks)s, %(facts)s)",
                id=scan_id, seq=seq, url=f"https://example.com{path}",
                status=200 if isinstance(found, bool) else found if isinstance(found, int) else None,
                error=found if isinstance(found, str) else None,
                checks=[fired[1]] if fired and fired[0] == path else [],
                facts=Jsonb({"noindex": found is True, "error_message": fault}),
            )  # fmt: skip
        if robots is not None:
            await self.rows.sql(
                "INSERT INTO site_files (scan_id, n, kind, url, status) VALUES (%(id)s, 0, 'robots', 'u', %(status)s)",
                id=scan_id, status=robots,
            )  # fmt: skip
        for check, severity in (issues or {}).items():
            await self.rows.sql(
                "INSERT INTO issues (scan_id, check_id, severity, category, pages, share, points_lost, points_back)"
                " VALUES (%(id)s, %(check)s, %(severity)s, 'x', 1, 1, 1, 1)", id=scan_id, check=check, severity=severity,
            )  # fmt: skip
        if certificate is not None:
            await self.rows.sql(
                "INSERT INTO probes (scan_id, kind, hash, url, result) VALUES (%(id)s, 'host', 1, 'u', %(result)s)",
                id=scan_id, result=Jsonb({"not_after": certificate.timestamp()}),
            )  # fmt: skip
        await self.rows.sql(
            "INSERT INTO monitor_runs (monitor_id, due_at, decided_at, outcome, scan_id)"
            " VALUES (%(monitor)s, %(at)s, %(at)s, 'started', %(id)s)", monitor=self.id, at=at, id=scan_id,
        )  # fmt: skip
        if not look:
            return []
        await alerts.look(self.office)
        return await self.told(scan_id)

    async def told(self, scan_id: uuid.UUID | None = None) -> list[tuple[str, str]]:
        found = await self.rows.sql(
            "SELECT details FROM events WHERE kind = 'alert.triggered' AND (%(id)s::uuid IS NULL OR scan_id = %(id)s)"
            " ORDER BY details -> 'rule' ->> 'kind', id", id=scan_id,
        )  # fmt: skip
        return [(row["details"]["rule"]["kind"], row["details"]["state"]) for row in found]

    async def messages(self, state: str) -> list[str]:
        """What was told, the latest first."""
        found = await self.rows.sql(
            "SELECT details ->> 'message' AS told FROM events WHERE kind = 'alert.triggered'"
            " AND details ->> 'state' = %(state)s ORDER BY id DESC", state=state,
        )  # fmt: skip
        return [row["told"] for row in found]


@pytest.fixture
async def watch(rows: Rows, office: Office) -> Watch:
    async with connection(rows.pool) as conn:
        user = await users.create(conn, email="ann@example.com", password="correct horse", tier="pro")
    monitor_id = uuid7()
    kinds = [{"kind": kind} for kind in ("alerts", "report_link", "report_pdf")]
    await rows.sql(
        "INSERT INTO monitors (id, owner, user_id, test, name, url, host, mode, schedule, timezone, jitter_seconds,"
        " enabled, next_run_at, alerts, reports) VALUES (%(id)s, 'user:x', %(user)s, false, 'shop', 'https://example.com/',"
        " 'example.com', 'crawl', 'daily', 'UTC', 0, true, now(), %(alerts)s, %(reports)s)",
        id=monitor_id, user=user.id, alerts=Jsonb(RULES), reports=Jsonb(kinds),
    )  # fmt: skip
    return Watch(rows, office, monitor_id, user.id)


async def test_a_quiet_site_raises_nothing(watch: Watch) -> None:
    for _ in range(3):
        assert await watch.run() == []


async def test_every_rule_fires_once_and_recovers_once(watch: Watch) -> None:
    soon = START + timedelta(days=10)
    assert await watch.run() == []
    bad: dict[str, Any] = {
        "score": 40.0, "pages": {"/": False, "/a": True, "/b": False}, "issues": {"index.blocked": "critical"}, "certificate": soon,
    }  # fmt: skip
    fired = ["certificate_expires", "new_issue", "noindex_appeared", "pages_fall", "score_below", "score_drops"]
    assert await watch.run(**bad) == [(kind, "triggered") for kind in fired]
    assert await watch.run(**bad) == []
    assert await watch.run(score=None, status="error", pages={}) == [("scan_failed", "triggered")]
    assert await watch.run(score=None, status="error", pages={}) == []
    good: dict[str, Any] = {"certificate": START + timedelta(days=300)}
    recovered = [(kind, "recovered") for kind in sorted([*fired, "scan_failed"])]
    assert await watch.run(**good) == recovered
    assert await watch.run(**good) == []


async def test_two_schedulers_and_repeated_looks_tell_once(watch: Watch) -> None:
    await watch.run(look=False)
    await watch.run(score=10.0, look=False)
    await watch.run(score=90.0, look=False)
    await asyncio.gather(*(alerts.look(watch.office) for _ in range(4)))
    for _ in range(3):
        await alerts.look(watch.office)
    told = await watch.told()
    assert sorted(told) == [
        ("score_below", "recovered"), ("score_below", "triggered"), ("score_drops", "recovered"), ("score_drops", "triggered"),
    ]  # fmt: skip
    left = await watch.rows.sql("SELECT 1 FROM monitor_runs WHERE looked_at IS NULL")
    assert left == []


async def test_an_incomplete_run_says_nothing_of_pages(watch: Watch) -> None:
    await watch.run()
    assert await watch.run(pages={"/": False}, incomplete="time") == []


async def test_further_noindex_pages_are_told_and_recover_together(watch: Watch) -> None:
    await watch.run()
    assert await watch.run(pages={**GOOD, "/a": True}) == [("noindex_appeared", "triggered")]
    assert await watch.run(pages={**GOOD, "/a": True, "/b": True}) == [("noindex_appeared", "triggered")]
    assert await watch.run(pages={**GOOD, "/b": True}) == []
    assert await watch.run() == [("noindex_appeared", "recovered")]
    site = "https://example.com"
    assert await watch.messages("recovered") == [f"2 pages no longer forbid to be indexed: {site}/a, {site}/b."]


async def test_an_issue_that_gets_worse_is_new_as_such(watch: Watch) -> None:
    """And is over when it is no longer as bad; a run as bad as the one before is no news."""
    await watch.run(issues={"security.cert_expiring": "medium"})
    assert await watch.run(issues={"security.cert_expiring": "critical"}) == [("new_issue", "triggered")]
    assert await watch.run(issues={"security.cert_expiring": "critical"}) == []
    assert await watch.run(issues={"security.cert_expiring": "medium"}) == [("new_issue", "recovered")]


async def test_a_rule_that_is_taken_away_closes_without_a_word(watch: Watch) -> None:
    await watch.run()
    await watch.run(score=60.0)
    await watch.rows.sql("UPDATE monitors SET alerts = '[]'")
    assert await watch.run(score=60.0) == []
    assert await watch.rows.sql("SELECT 1 FROM alerts WHERE recovered_at IS NULL") == []


async def test_webhooks_hear_of_alerts(watch: Watch) -> None:
    await watch.rows.sql(
        "INSERT INTO webhooks (id, user_id, test, url, secret, events)"
        " VALUES (%(id)s, %(user)s, false, 'https://hook.example/', '', ARRAY['alert.triggered'])",
        id=uuid7(), user=watch.user_id,
    )  # fmt: skip
    await watch.run()
    await watch.run(score=60.0)
    await watch.run(score=61.0)
    await watch.run(score=79.0)
    for _ in range(2):
        await webhooks.plan(watch.office)
    rows = await watch.rows.sql("SELECT event, payload FROM deliveries ORDER BY id")
    assert {row["event"] for row in rows} == {"alert.triggered"}
    told = [json.loads(bytes(row["payload"]))["data"]["alert"] for row in rows]
    assert sorted(one["state"] for one in told) == ["recovered", "triggered"]
    assert {one["state"]: one["message"] for one in told} == {
        "triggered": "The score fell by 20.0 points, from 80.0 to 60.0.",
        "recovered": "The score is 79.0 again, less than 5 points below the 80.0 before.",
    }
    assert {one["details"]["score"] for one in told} == {60.0, 79.0}
    assert {one["monitor_id"] for one in told} == {str(watch.id)}
    assert len({one["id"] for one in told}) == 1


class Post:
    """An SMTP server that keeps what it is given, and refuses as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refusals: list[str] = []

    async def handle_DATA(  # noqa: N802 - as the library calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        parsed = message_from_bytes(content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 taken"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def mailing(watch: Watch, post: Post) -> AsyncIterator[Office]:
    """An office with an SMTP server, and a gateway that hands out reports."""

    async def report(request: web.Request) -> web.Response:
        token = read_token("x" * 40, request.match_info["token"])
        assert token is not None
        return web.Response(body=b"%PDF-1.7 " + token[0].bytes, content_type="application/pdf")

    app = web.Application()
    app.router.add_get("/reports/{token}", report)
    port = free_ports(1)[0]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    async with TestServer(app) as gateway:
        settings = msgspec.structs.replace(
            watch.office.settings,
            smtp_url=f"smtp://127.0.0.1:{port}",
            mail_from="scans@example.org",
            public_url=str(gateway.make_url("")).rstrip("/"),
        )
        watch.office = msgspec.structs.replace(watch.office, settings=settings)
        yield watch.office
    controller.stop()


async def again(office: Office) -> None:
    """Send now what would be due later."""
    async with connection(office.pool) as conn:
        await conn.execute("UPDATE mails SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    await mail.send(office)


async def test_alerts_and_reports_are_mailed_to_the_owner(watch: Watch, mailing: Office, post: Post) -> None:
    await watch.run()
    await watch.run(score=60.0)
    await mail.send(mailing)
    await mail.send(mailing)
    subjects = sorted(str(one["Subject"]) for one in post.mails)
    assert subjects == [
        "Alert: shop: The score fell by 20.0 points, from 80.0 to 60.0.",
        "Report: shop: score 60", "Report: shop: score 60", "Report: shop: score 80", "Report: shop: score 80",
    ]  # fmt: skip
    assert {str(one["To"]) for one in post.mails} == {"ann@example.com"}
    files = [part for one in post.mails for part in one.iter_attachments()]
    assert [part.get_content_type() for part in files] == ["application/pdf"] * 2
    assert files[0].get_payload(decode=True)[:8] == b"%PDF-1.7"  # type: ignore[index]
    links = [one for one in post.mails if "/reports/" in one.get_body(("plain",)).get_content()]  # type: ignore[union-attr]
    assert len(links) == 2


async def test_a_recovery_is_mailed_once(watch: Watch, mailing: Office, post: Post) -> None:
    await watch.rows.sql('UPDATE monitors SET reports = \'[{"kind": "alerts"}]\'')
    for score in (80.0, 60.0, 60.0, 80.0, 80.0):
        await watch.run(score=score)
    for _ in range(2):
        await mail.send(mailing)
    assert sorted(str(one["Subject"]) for one in post.mails) == [
        "Alert: shop: The score fell by 20.0 points, from 80.0 to 60.0.",
        "Recovered: shop: The score is 80.0 again, less than 5 points below the 80.0 before.",
    ]


async def test_what_is_refused_for_now_is_sent_again_and_for_good_is_not(
    watch: Watch, mailing: Office, post: Post
) -> None:
    await watch.rows.sql('UPDATE monitors SET reports = \'[{"kind": "report_link"}]\'')
    post.refusals += ["451 busy"]
    await watch.run()
    await mail.send(mailing)
    assert post.mails == []
    await mail.send(mailing)
    assert post.mails == []
    await again(mailing)
    assert len(post.mails) == 1
    post.refusals += ["554 never"]
    await watch.run()
    await mail.send(mailing)
    await again(mailing)
    assert len(post.mails) == 1
    rows = await watch.rows.sql(
        "SELECT sent_at IS NOT NULL AS sent, given_up_at IS NOT NULL AS up FROM mails ORDER BY created_at"
    )
    assert [(row["sent"], row["up"]) for row in rows] == [(True, False), (False, True)]


async def test_a_mail_server_that_is_away_loses_nothing(watch: Watch, mailing: Office, post: Post) -> None:
    await watch.rows.sql('UPDATE monitors SET reports = \'[{"kind": "report_link"}]\'')
    nobody = msgspec.structs.replace(mailing.settings, smtp_url="smtp://127.0.0.1:9")
    await watch.run()
    await mail.send(msgspec.structs.replace(mailing, settings=nobody))
    (row,) = await watch.rows.sql("SELECT last_error, next_attempt_at IS NOT NULL AS waits FROM mails")
    assert row["waits"]
    assert "Connect" in row["last_error"]
    await again(mailing)
    assert len(post.mails) == 1


async def test_two_senders_send_each_mail_once(watch: Watch, mailing: Office, post: Post) -> None:
    for _ in range(5):
        await watch.run()
    await asyncio.gather(*(mail.send(mailing) for _ in range(4)))
    assert len({str(one["Message-ID"]) for one in post.mails}) == len(post.mails) == 10


async def test_without_a_mail_server_nothing_is_kept(watch: Watch) -> None:
    await watch.run()
    await watch.run(score=60.0)
    assert await watch.rows.sql("SELECT 1 FROM mails") == []


async def test_an_alert_recovers_also_after_a_run_without_pages(watch: Watch) -> None:
    await watch.run()
    assert await watch.run(pages={"/": False}) == [("pages_fall", "triggered")]
    assert await watch.run(score=None, pages={}) == [("scan_failed", "triggered")]
    assert await watch.run() == [("pages_fall", "recovered"), ("scan_failed", "recovered")]


async def test_a_mail_that_can_not_be_made_keeps_nobody_elses(watch: Watch, mailing: Office, post: Post) -> None:
    await watch.rows.sql('UPDATE monitors SET reports = \'[{"kind": "report_link"}]\'')
    await watch.run()
    await watch.run()
    await watch.rows.sql(
        "UPDATE mails SET recipient = E'a@b\\nBcc: c@d', next_attempt_at = now() - interval '1 hour'"
        " WHERE id = (SELECT id FROM mails LIMIT 1)"
    )
    await mail.send(mailing)
    assert len(post.mails) == 1
    (row,) = await watch.rows.sql("SELECT last_error FROM mails WHERE sent_at IS NULL")
    assert row["last_error"]


async def test_a_run_whose_monitor_is_held_does_not_keep_the_others(watch: Watch, database_url: str) -> None:
    await watch.run(status="error", score=None, look=False)
    held, watch.id = watch.id, uuid7()
    await watch.rows.sql(
        "INSERT INTO monitors SELECT (jsonb_populate_record(m, jsonb_build_object('id', %(id)s::text))).* FROM monitors m",
        id=watch.id,
    )
    await watch.run(status="error", score=None, look=False)
    impatient = make_pool(database_url, application="test", size=1, statement_seconds=0.5)
    await impatient.open()
    async with connection(watch.rows.pool) as conn, conn.transaction():
        await conn.execute("SELECT 1 FROM monitors WHERE id = %s FOR UPDATE", (held,))
        await alerts.look(msgspec.structs.replace(watch.office, pool=impatient))
    await impatient.close()
    looked = await watch.rows.sql("SELECT monitor_id FROM monitor_runs WHERE looked_at IS NOT NULL")
    assert [row["monitor_id"] for row in looked] == [watch.id]


BAD: dict[str, Any] = {
    "pages": {**GOOD, "/a": "redirect_loop"},
    "issues": {"redirect.loop": "critical"},
    "fired": ("/a", "redirect.loop"),
}
NEW = [("new_issue", "triggered")]


@pytest.mark.parametrize(
    ("outage", "why"),
    [
        ({"pages": {"/": "blocked_by_robots"}, "robots": 503}, "robots.txt answered 503"),
        ({"pages": dict.fromkeys(GOOD, 503), "robots": 200}, "no page could be fetched, 5 answered 503"),
        ({"pages": {"/": "connection"}, "robots": 200}, "no page could be fetched, 1 failed (connection)"),
        ({"pages": dict.fromkeys(GOOD, 503), "score": 12.0}, "no page could be fetched, 5 answered 503"),
        ({"pages": {}}, "no page was found"),
    ],
)
async def test_a_total_outage_is_a_failed_scan_though_it_completed(
    watch: Watch, outage: dict[str, Any], why: str
) -> None:
    await watch.run()
    outage = {"score": None, **outage}
    assert await watch.run(**outage) == [("pages_fall", "triggered"), ("scan_failed", "triggered")]
    assert f"Nothing could be judged: {why}." in await watch.messages("triggered")
    assert await watch.run(**outage) == []
    assert await watch.run() == [("pages_fall", "recovered"), ("scan_failed", "recovered")]
    assert await watch.run(score=70.0) == [("score_drops", "triggered")]


@pytest.mark.parametrize(
    "outage",
    [
        {"pages": dict.fromkeys(GOOD, 503), "score": None},
        {"pages": {"/": False}},
        {"pages": {**GOOD, "/a": 503}},
        {"pages": {**GOOD, "/a": "timeout"}},
        {"pages": {**GOOD, "/a": False}, "incomplete": "budget"},
    ],
)
async def test_an_outage_neither_recovers_an_issue_nor_makes_it_new(watch: Watch, outage: dict[str, Any]) -> None:
    await watch.run()
    assert NEW[0] in await watch.run(**BAD)
    assert not [told for told in await watch.run(**outage) if told[0] == "new_issue"]
    assert not [told for told in await watch.run(**BAD) if told[0] == "new_issue"]
    assert [told for told in await watch.run() if told[0] == "new_issue"] == [("new_issue", "recovered")]


@pytest.mark.parametrize("outage", [{"pages": dict.fromkeys(GOOD, 503), "score": None}, {"pages": {"/": False}}])
async def test_what_had_been_there_all_along_is_not_new_after_an_outage(watch: Watch, outage: dict[str, Any]) -> None:
    assert await watch.run(**BAD) == []
    for _ in range(1 if outage["pages"]["/"] is False else 30):
        assert not [told for told in await watch.run(**outage) if told[0] == "new_issue"]
    assert not [told for told in await watch.run(**BAD) if told[0] == "new_issue"]


async def test_a_site_that_stays_small_is_the_new_normal(watch: Watch) -> None:
    small: dict[str, Any] = {"pages": {"/": False}}
    await watch.run(**BAD)
    await watch.run(**small)
    await watch.run(**small)
    assert await watch.run(**small, issues={"redirect.loop": "critical"}) == NEW


@pytest.mark.parametrize(
    "other", [{"mode": "single"}, {"url": "https://example.com/shop/"}, {"options": {"max_pages": 1}}]
)
async def test_runs_of_something_else_are_not_compared(watch: Watch, other: dict[str, Any]) -> None:
    """Nor are open alerts of such runs: they are closed without a word."""
    few: dict[str, Any] = {"score": 60.0, "pages": {"/": True}, "issues": {"a.b": "critical"}}
    await watch.run()
    assert await watch.run(**few, **other) == []
    assert await watch.run(**few) != []
    assert await watch.run(score=70.0, **other) == []
    assert await watch.rows.sql("SELECT 1 FROM alerts WHERE recovered_at IS NULL") == []
    assert await watch.run(score=60.0, **other) == [("score_drops", "triggered")]


async def test_noindex_is_over_when_the_page_is_gone_and_not_when_it_fails(watch: Watch) -> None:
    without = {path: noindex for path, noindex in GOOD.items() if path != "/a"}
    await watch.run()
    assert await watch.run(pages={**GOOD, "/a": True}) == [("noindex_appeared", "triggered")]
    assert await watch.run(pages={**GOOD, "/a": 503}) == [("pages_fall", "triggered")]
    assert ("noindex_appeared", "recovered") not in await watch.run(pages=without, incomplete="budget")
    assert ("noindex_appeared", "recovered") in await watch.run(pages=without)


async def test_a_change_is_told_once_and_never_as_repaired(watch: Watch) -> None:
    change = {"index.became_noindex": "critical"}
    await watch.run()
    assert await watch.run(issues=change) == NEW
    assert await watch.run() == []
    assert await watch.rows.sql("SELECT 1 FROM alerts WHERE recovered_at IS NULL") == []
    assert await watch.run(issues=change) == NEW


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        ({"fault": "the certificate is not trusted: certificate has expired"}, "The certificate has expired."),
        ({"pages": {}}, "The certificate may be why nothing could be fetched: no answer."),
        ({"fault": "the TLS handshake failed"}, None),
        ({"status": "complete", "code": None, "fault": "certificate has expired"}, "The certificate has expired."),
    ],
)
async def test_a_run_that_failed_for_its_certificate_says_so(
    watch: Watch, failed: dict[str, Any], told: str | None
) -> None:
    await watch.run()
    run: dict[str, Any] = {"status": "error", "code": "tls", "score": None, "pages": {"/": "tls"}, **failed}
    kinds = await watch.run(**run)
    assert (("certificate_expires", "triggered") in kinds) == (told is not None)
    assert told is None or told in await watch.messages("triggered")
    after = await watch.run(certificate=START + timedelta(days=300))
    assert (("certificate_expires", "recovered") in after) == (told is not None)


async def test_a_certificate_that_was_known_to_end_has_expired(watch: Watch) -> None:
    await watch.run(certificate=START + timedelta(days=16))
    watch.runs += 20
    assert ("certificate_expires", "triggered") in await watch.run(status="error", code="tls", score=None, pages={})
    assert "The certificate expired on 2026-11-17." in await watch.messages("triggered")
