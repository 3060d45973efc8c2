"""Puts into the database what the document's examples speak of."""

import secrets
from typing import Any

from psycopg.types.json import Jsonb

from api_gateway import examples
from shared import users
from shared.monitors import page_hash
from tests.integration.api_gateway.conftest import Db

PASSWORD = "correct horse battery"


async def _scan(connection: Db, scan: dict[str, Any]) -> None:
    progress, result = scan["progress"], scan.get("result")
    await connection.execute(
        """INSERT INTO scans (id, owner, user_id, tier, url, host, mode, options, profile, score_version, request_id,
             max_pages, status, phase, found, done, failed, skipped, admitted_at, created_at, started_at, finished_at,
             ends_at, kept_until, score, result, monitor_id)
           VALUES (%s, %s, %s, 'pro', %s, 'example.com', %s, %s, 'p', 's', 'r', 500, %s, %s, %s, %s, %s, %s, %s, %s, %s,
             %s, now() + interval '1 day', now() + interval '1 year', %s, %s, %s)""",
        [
            scan["scan_id"],
            f"user:{examples.USER_ID}",
            examples.USER_ID,
            scan["url"],
            scan["mode"],
            Jsonb(scan["options"]),
            scan["status"],
            *(progress[name] for name in ("phase", "found", "done", "failed", "skipped")),
            *(scan[name] for name in ("created_at", "created_at", "started_at", "finished_at")),
            result and result["score"],
            result and Jsonb(result),
            scan["monitor_id"],
        ],
    )


async def _compared(connection: Db) -> None:
    """The two scans of the comparison, made from what the example says has changed."""
    diff = examples.DIFF
    title = diff["pages"]["changed"]["items"][0]["title"]
    for side, sections in {"before": ("fixed", "persisting"), "after": ("new", "persisting")}.items():
        told = diff[side]
        result = examples.SCAN["result"] | {name: told[name] for name in ("score", "grade", "incomplete")}
        times = dict.fromkeys(("created_at", "started_at"), told["finished_at"])
        await _scan(connection, {**examples.SCAN, **told, **times, "result": result, "monitor_id": None})
        await _page(connection, told["scan_id"], {**examples.PAGE, "title": title[side], "findings": []})
        for one in (issue for section in sections for issue in diff["issues"][section]):
            await _issue(connection, told["scan_id"], {**examples.ISSUE, **one, "pages": one[f"pages_{side}"]})
        lines = diff["robots"]["added"]["items"] if side == "after" else []
        await _file(connection, told["scan_id"], 0, "robots", f"{examples.SITE}robots.txt", "\n".join(lines))
    for n, one in enumerate(diff["sitemaps"]["appeared"]["items"], 1):
        await _file(connection, examples.LATER_ID, n, "sitemap", one["url"])
    for n, url in enumerate(diff["sitemaps"]["urls_appeared"]["items"]):
        await connection.execute(
            "INSERT INTO urls (scan_id, seq, hash, url, in_sitemap) VALUES (%s, %s, %s, %s, true)",
            [examples.LATER_ID, n, page_hash(url), url],
        )


async def _file(connection: Db, scan_id: str, n: int, kind: str, url: str, text: str = "") -> None:
    await connection.execute(
        "INSERT INTO site_files (scan_id, n, kind, url, status, body) VALUES (%s, %s, %s, %s, 200, %s)",
        [scan_id, n, kind, url, text.encode()],
    )


async def _page(connection: Db, scan_id: str, page: dict[str, Any]) -> None:
    columns = ("url", "final_url", "status", "error", "score", "title", "depth", "bytes", "duration_ms")
    await connection.execute(
        """INSERT INTO pages (scan_id, seq, url, final_url, status, error, score, title, depth, bytes, duration_ms,
             checks, findings, facts) VALUES (%s, 0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            *(scan_id, *(page[name] for name in columns), [one["check"] for one in page["findings"]]),
            *(Jsonb(page["findings"]), Jsonb(page["facts"])),
        ],
    )


async def _issue(connection: Db, scan_id: str, issue: dict[str, Any]) -> None:
    await connection.execute(
        """INSERT INTO issues (scan_id, check_id, severity, category, pages, share, points_lost, points_back, examples)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            scan_id,
            *(
                issue[name]
                for name in ("check", "severity", "category", "pages", "share", "points_lost", "points_back")
            ),
            Jsonb(issue["examples"]),
        ],
    )


async def _webhook(connection: Db) -> None:
    hook, sent = examples.WEBHOOK, examples.DELIVERY
    await connection.execute(
        """INSERT INTO webhooks (id, user_id, test, url, secret, events, created_at)
           VALUES (%s, %s, false, %s, %s, %s, %s)""",
        [hook["id"], examples.USER_ID, hook["url"], secrets.token_bytes(32), hook["events"], hook["created_at"]],
    )
    columns = ("event", "scan_id", "url", "attempts", "last_status", "last_error", "next_attempt_at", "delivered_at")
    await connection.execute(
        """INSERT INTO deliveries (id, event_id, webhook_id, user_id, owner, test, payload, event, scan_id, url,
             attempts, last_status, last_error, next_attempt_at, delivered_at, created_at)
           VALUES (%s, %s, %s, %s, %s, false, '', %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            *(sent["delivery_id"], sent["delivery_id"], hook["id"], examples.USER_ID, f"user:{examples.USER_ID}"),
            *(sent[name] for name in columns),
            sent["created_at"],
        ],
    )


async def _monitor(connection: Db) -> None:
    monitor = examples.MONITOR
    columns = ("name", "url", "mode", "schedule", "timezone", "jitter_seconds", "enabled", "next_run_at")
    await connection.execute(
        """INSERT INTO monitors (id, owner, user_id, test, host, options, alerts, name, url, mode, schedule, timezone,
             jitter_seconds, enabled, next_run_at, created_at, updated_at)
           VALUES (%s, %s, %s, false, 'example.com', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            *(monitor["id"], f"user:{examples.USER_ID}", examples.USER_ID),
            *(Jsonb(monitor["options"]), Jsonb(monitor["alerts"])),
            *(monitor[name] for name in (*columns, "created_at", "updated_at")),
        ],
    )


async def _run(connection: Db) -> None:
    columns = ("due_at", "decided_at", "outcome", "scan_id")
    await connection.execute(
        "INSERT INTO monitor_runs (monitor_id, due_at, decided_at, outcome, scan_id) VALUES (%s, %s, %s, %s, %s)",
        [examples.MONITOR_ID, *(examples.MONITOR_RUN[name] for name in columns)],
    )
    alert = {**examples.ALERT, "monitor_id": examples.MONITOR_ID, "details": Jsonb(examples.ALERT["details"])}
    fields = ("id", "monitor_id", "rule", "subject", "message", "details", "scan_id", "triggered_at")
    await connection.execute(
        "INSERT INTO alerts (id, monitor_id, rule, subject, message, details, scan_id, triggered_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [alert[name] for name in fields],
    )
    await connection.execute(
        "INSERT INTO urls (scan_id, seq, hash, url) VALUES (%s, 0, %s, %s)",
        [examples.SCAN_ID, page_hash(examples.SITE), examples.SITE],
    )


async def seed(connection: Db) -> users.User:
    """The user of the examples with her key, her scans and what they found."""
    profile, token = examples.EXAMPLES["get_profile"].reply, examples.TOKEN
    assert profile is not None
    await connection.execute(
        "INSERT INTO users (id, email, password_hash, tier, created_at) VALUES (%s, %s, %s, %s, %s)",
        [profile["id"], profile["email"], await users.hash_password(PASSWORD), profile["tier"], profile["created_at"]],
    )
    prefix, last4 = token["prefix"].split("…")
    await connection.execute(
        """INSERT INTO tokens (id, user_id, client_id, name, secret_hash, prefix, last4, scopes, mode, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            *(token["id"], profile["id"], token["client_id"], token["name"], secrets.token_bytes(32), prefix, last4),
            *(token["scopes"], token["mode"], token["created_at"]),
        ],
    )
    await _monitor(connection)
    await _scan(connection, examples.SCAN)
    await _run(connection)
    await _scan(connection, examples.RUNNING)
    # So that 40 pages have taken 10 s, as in the example.
    await connection.execute(
        "UPDATE scans SET started_at = now() - interval '10 seconds' WHERE id = %s", [examples.SECOND_ID]
    )
    await _page(connection, examples.SCAN_ID, examples.PAGE)
    await _issue(connection, examples.SCAN_ID, examples.ISSUE)
    await _compared(connection)
    await connection.execute(
        "INSERT INTO quota_uses (owner, mode, scan_id) VALUES (%s, 'single', %s)",
        [f"user:{examples.USER_ID}", examples.SCAN_ID],
    )
    await _webhook(connection)
    user = await users.by_email(connection, profile["email"])
    assert user is not None
    return user
