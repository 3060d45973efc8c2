"""One example of each endpoint: they stand in the OpenAPI document, and a test carries every one of them out."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Json = dict[str, Any]

SCAN_ID = "0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11"
SECOND_ID = "0199c2a1-7e41-7d0a-8b21-77c1f0a95d02"
EARLIER_ID = "0199bd8c-3a10-7f27-a6c4-0e9d8b7a6f53"
LATER_ID = "0199c2a1-7e42-7b90-9c04-6d8e1f2a3b47"
KEY_ID = "0199c29f-10aa-7b6e-a3f4-5c2d9e8b7a60"
WEBHOOK_ID = "0199c2a0-01b2-7d3c-9e4f-5a6b7c8d9e0f"
DELIVERY_ID = "0199c2a2-33c4-7e5d-8f60-71829a3b4c5d"
MONITOR_ID = "0199b7d2-6c00-7a4e-9f13-2d5c8b7e6a90"
USER_ID = "0199c29e-5b00-7f11-8c3d-2a4b6c8d0e1f"
META = {"timestamp": "2026-02-25T10:30:00.000Z", "version": "1.0", "request_id": "a3f1c9d27b604e58"}
SITE = "https://example.com/"


class Example(Struct, frozen=True):
    """What to put in the path, what to send, and the `data` that comes back."""

    path: Mapping[str, str] = {}
    body: Json | None = None
    reply: Json | None = None


SCAN: Json = {
    "scan_id": SCAN_ID,
    "url": SITE,
    "mode": "single",
    "test": False,
    "status": "complete",
    "progress": {
        "phase": "ended",
        "found": 1,
        "done": 1,
        "failed": 0,
        "skipped": 0,
        "pages_per_second": 0.5,
        "eta_seconds": None,
    },
    "created_at": "2026-02-25T10:29:50.000Z",
    "started_at": "2026-02-25T10:29:51.000Z",
    "finished_at": "2026-02-25T10:29:53.000Z",
    "options": {"disable_checks": ["title.short"]},
    "monitor_id": MONITOR_ID,
    "result": {
        "score": 87.5,
        "grade": "B",
        "score_version": "2026.11",
        "profile": "default-2026.11",
        "coverage": 99.2,
        "categories": [{"id": "on_page", "score": 71.0, "weight": 25.0}],
        "totals": {"pages": 1, "issues": {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}},
        "top_issues": [
            {
                "check": "title.missing",
                "severity": "high",
                "pages": 1,
                "share": 1.0,
                "points_back": 7.25,
                "title": "The page has no title.",
                "fix": "write a short, specific `<title>` that says what this page offers.",
            }
        ],
        "gates": [],
        "incomplete": None,
        "suppressed": [],
    },
}
RUNNING: Json = {
    **{name: value for name, value in SCAN.items() if name != "result"},
    "scan_id": SECOND_ID,
    "mode": "crawl",
    "status": "running",
    "progress": {
        "phase": "fetching",
        "found": 120,
        "done": 40,
        "failed": 1,
        "skipped": 3,
        "pages_per_second": 4.0,
        "eta_seconds": 20,
    },
    "created_at": "2026-02-25T10:29:40.000Z",
    "started_at": "2026-02-25T10:29:41.000Z",
    "finished_at": None,
    "options": {},
    "monitor_id": None,
}
PAGE: Json = {
    "url": SITE,
    "final_url": SITE,
    "status": 200,
    "error": None,
    "redirects": [],
    "score": 71.0,
    "title": None,
    "depth": 0,
    "bytes": 18_230,
    "duration_ms": 140,
    "facts": {"canonical": None, "noindex": False, "robots": ""},
    "findings": [
        {"check": "title.missing", "severity": "high", "evidence": "no <title>", "position": "head", "count": 1}
    ],
}
CHECK: Json = {
    "id": "title.missing",
    "category": "on_page",
    "severity": "high",
    "severities": ["high"],
    "level": "page",
    "title": "The page has no title.",
    "why": "Search engines show the title as the heading of a result; without one they make it up.",
    "fix": "write a short, specific `<title>` that says what this page offers.",
    "source": "https://developers.google.com/search/docs/appearance/title-link",
    "network": None,
}
ISSUE: Json = {
    **{name: CHECK[name] for name in ("severity", "category", "title", "why", "fix", "source")},
    "check": "title.missing",
    "pages": 1,
    "share": 1.0,
    "points_lost": 7.25,
    "points_back": 7.25,
    "examples": [{"url": SITE}],
}
TOKEN: Json = {
    "id": KEY_ID,
    "client_id": "ci_4fGh7JkLm2NpQr5StVwXyZ01",
    "name": "laptop",
    "prefix": "sk_live_Ab3d…wxyz",
    "scopes": ["read"],
    "mode": "live",
    "created_at": "2026-02-25T10:00:00.000Z",
    "last_used_at": None,
    "revoked_at": None,
}
SECRET: Json = {**TOKEN, "token": "sk_live_Ab3dEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMwxyz"}
HISTORY_ITEM: Json = {
    "scan_id": SCAN_ID,
    **{name: SCAN[name] for name in ("url", "mode", "test", "status")},
    "score": 87.5,
    "grade": "B",
    "pages": 1,
    **{name: SCAN[name] for name in ("monitor_id", "created_at", "started_at", "finished_at")},
}

DIFF: Json = {
    "before": {
        "scan_id": EARLIER_ID,
        "url": SCAN["url"],
        "mode": "sitemap",
        "finished_at": "2026-02-18T10:30:02.000Z",
        "score": 91.25,
        "grade": "A",
        "pages": 1,
        "incomplete": None,
    },
    "after": {
        "scan_id": LATER_ID,
        "url": SCAN["url"],
        "finished_at": "2026-02-24T10:30:02.000Z",
        **{name: SCAN["result"][name] for name in ("score", "grade", "incomplete")},
        "mode": "sitemap",
        "pages": 1,
    },
    "score_change": -3.75,
    "issues": {
        "new": [
            {
                **{name: ISSUE[name] for name in ("check", "severity", "title")},
                "pages_before": 0,
                "pages_after": 1,
            }
        ],
        "fixed": [
            {
                "check": "description.missing",
                "severity": "medium",
                "title": "The page has no meta description.",
                "pages_before": 1,
                "pages_after": 0,
            }
        ],
        "persisting": [
            {
                "check": "h1.missing",
                "severity": "medium",
                "title": "The page has no <h1>.",
                "pages_before": 1,
                "pages_after": 2,
                "changed": True,
                "severity_before": "medium",
                "pages_new": 1,
                "pages_fixed": 0,
                "pages_changed": 0,
            }
        ],
    },
    "pages": {
        "appeared": {"total": 0, "items": [], "next_cursor": None},
        "vanished": {"total": 0, "items": [], "next_cursor": None},
        "changed": {
            "total": 1,
            "items": [{"url": SITE, "title": {"before": "Example Shop", "after": None}}],
            "next_cursor": None,
            "by_field": {"status": 0, "redirect": 0, "title": 1, "canonical": 0, "noindex": 0, "robots": 0},
        },
    },
    "robots": {
        "reordered": False,
        "added": {"total": 1, "items": ["Disallow: /cart/"], "next_cursor": None},
        "removed": {"total": 0, "items": [], "next_cursor": None},
    },
    "sitemaps": {
        "appeared": {"total": 1, "items": [{"url": f"{SITE}sitemap-2.xml", "status": 200}], "next_cursor": None},
        "vanished": {"total": 0, "items": [], "next_cursor": None},
        "changed": {"total": 0, "items": [], "next_cursor": None},
        "urls_appeared": {"total": 1, "items": [f"{SITE}knives/"], "next_cursor": None},
        "urls_vanished": {"total": 0, "items": [], "next_cursor": None},
    },
}

WEBHOOK: Json = {
    "id": WEBHOOK_ID,
    "url": "https://example.com/hooks/seo",
    "events": ["scan.complete", "scan.error"],
    "created_at": "2026-02-25T10:05:00.000Z",
}
DELIVERY: Json = {
    "delivery_id": DELIVERY_ID,
    "event": "scan.complete",
    "scan_id": SCAN_ID,
    "url": "https://example.com/hooks/seo",
    "status": "delivered",
    "attempts": 2,
    "last_status": 200,
    "last_error": None,
    "next_attempt_at": None,
    "delivered_at": "2026-02-25T10:30:24.000Z",
    "given_up_at": None,
    "created_at": "2026-02-25T10:29:53.000Z",
}

MONITOR: Json = {
    "id": MONITOR_ID,
    "name": "Shop",
    "url": SITE,
    "mode": "single",
    "options": {"checks_network": ["tls"]},
    "credentials": False,
    "schedule": "30 6 * * 1-5",
    "timezone": "Europe/Berlin",
    "jitter_seconds": 242,
    "enabled": True,
    "next_run_at": "2026-02-26T05:34:02.000Z",
    "alerts": [{"kind": "score_drops", "by": 5.0}, {"kind": "certificate_expires", "days": 14}],
    "mails": [],
    "last": {
        "scan_id": SCAN_ID,
        "score": 87.5,
        "grade": "B",
        "finished_at": SCAN["finished_at"],
    },
    "created_at": "2026-02-20T09:00:00.000Z",
    "updated_at": "2026-02-20T09:00:00.000Z",
}
ALERT: Json = {
    "id": "0199c2a1-9000-7d11-8c3e-5a7b9c0d1e2f",
    "rule": "score_drops:5",
    "subject": "",
    "message": "The score fell by 8.0 points, from 95.5 to 87.5.",
    "details": {"score": 87.5, "score_before": 95.5},
    "scan_id": SCAN_ID,
    "triggered_at": "2026-02-25T10:29:54.000Z",
    "recovered_scan_id": None,
    "recovered_at": None,
}
MONITOR_RUN: Json = {
    "due_at": "2026-02-25T05:34:02.000Z",
    "decided_at": "2026-02-25T10:29:50.000Z",
    "outcome": "caught_up",
    "reason": None,
    "scan_id": SCAN_ID,
    "status": "complete",
    "score": 87.5,
    "grade": "B",
    "pages": 1,
    "issues": SCAN["result"]["totals"]["issues"],
    "started_at": SCAN["started_at"],
    "finished_at": SCAN["finished_at"],
    "incomplete": None,
}
PAGE_SCORE: Json = {
    "scan_id": SCAN_ID,
    "due_at": MONITOR_RUN["due_at"],
    "finished_at": SCAN["finished_at"],
    **{name: PAGE[name] for name in ("status", "error", "score", "title")},
}

EXAMPLES: Mapping[str, Example] = {
    "register": Example(
        body={"email": "new@example.com", "password": "correct horse battery"},
        reply={"email": "new@example.com", "tier": "free"},
    ),
    "login": Example(
        body={"email": "ann@example.com", "password": "correct horse battery"},
        reply={"access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "token_type": "Bearer", "expires_in": 86_400},
    ),
    "verify": Example(
        reply={
            "valid": True,
            "user_id": USER_ID,
            "email": "ann@example.com",
            "tier": "pro",
            "scopes": ["read", "scan", "export"],
            "issued_at": "2026-02-25T10:30:00.000Z",
            "expires_at": "2026-02-26T10:30:00.000Z",
        }
    ),
    "logout": Example(reply={"revoked": True}),
    "list_tokens": Example(reply={"items": [TOKEN]}),
    "create_token": Example(body={"name": "laptop", "scopes": ["read"], "mode": "live"}, reply=SECRET),
    "regenerate_token": Example(path={"id": KEY_ID}, reply=SECRET),
    "revoke_token": Example(path={"id": KEY_ID}, reply={**TOKEN, "revoked_at": "2026-02-25T10:30:00.000Z"}),
    "create_scan": Example(
        body={"url": SITE, "mode": "crawl", "options": {"max_pages": 500, "exclude": ["/cart"]}},
        reply={"scan_id": SCAN_ID, "status": "running", "poll_url": f"/api/v1/scans/{SCAN_ID}"},
    ),
    "create_scans": Example(
        body={"urls": [SITE, "ftp://example.com/"]},
        reply={
            "items": [
                {"url": SITE, "scan_id": SCAN_ID},
                {
                    "url": "ftp://example.com/",
                    "error": {
                        "code": "INVALID_URL",
                        "message": "the scheme ftp is not fetched, only http and https",
                        "param": "url",
                    },
                },
            ]
        },
    ),
    "get_scan": Example(path={"scan_id": SCAN_ID}, reply=SCAN),
    "stop_scan": Example(path={"scan_id": SECOND_ID}, reply=RUNNING),
    "list_pages": Example(path={"scan_id": SCAN_ID}, reply={"items": [PAGE], "next_cursor": None}),
    "list_issues": Example(path={"scan_id": SCAN_ID}, reply={"items": [ISSUE], "next_cursor": None}),
    "get_diff": Example(path={"scan_id": LATER_ID}, reply=DIFF),
    "get_profile": Example(
        reply={"id": USER_ID, "email": "ann@example.com", "tier": "pro", "created_at": "2026-02-25T09:00:00.000Z"}
    ),
    "get_usage": Example(
        reply={
            "tier": "pro",
            "single": {"used": 1, "limit": 50, "next_free_at": "2026-02-26T10:29:50.000Z"},
            "sitemap": {"used": 0, "limit": 10, "next_free_at": None},
            "crawl": {"used": 0, "limit": 10, "next_free_at": None},
            "requests_24h": 1,
            "limits": {
                "requests_per_minute": 600,
                "burst": 1_200,
                "pages_per_scan": 50_000,
                "running_scans": 10,
                "monitors": 10,
                "monitor_interval_hours": 1,
                "kept_days": 365,
            },
        }
    ),
    "list_history": Example(reply={"items": [HISTORY_ITEM], "page": 1, "per_page": 20, "total": 1}),
    "watch_scan": Example(path={"scan_id": SCAN_ID}),
    "export_json": Example(path={"id": SCAN_ID}),
    "export_csv": Example(path={"id": SCAN_ID}),
    "export_pdf": Example(path={"id": SCAN_ID}),
    "export_html": Example(path={"id": SCAN_ID}),
    "list_webhooks": Example(reply={"items": [WEBHOOK]}),
    "create_webhook": Example(
        body={"url": "https://example.com/hooks/seo", "events": ["scan.complete", "scan.error"]},
        reply={**WEBHOOK, "secret": "whsec_EXAMPLEEXAMPLEEXAMPLEEXAMPLE"},
    ),
    "delete_webhook": Example(path={"id": WEBHOOK_ID}, reply={"id": WEBHOOK_ID, "deleted": True}),
    "list_deliveries": Example(path={"id": WEBHOOK_ID}, reply={"items": [DELIVERY], "next_cursor": None}),
    "list_monitors": Example(reply={"items": [MONITOR], "next_cursor": None}),
    "create_monitor": Example(
        body={
            "name": "Shop",
            "url": SITE,
            "schedule": "30 6 * * 1-5",
            "timezone": "Europe/Berlin",
            "options": {"checks_network": ["tls"]},
            "alerts": [{"kind": "score_drops", "by": 5}, {"kind": "certificate_expires"}],
        },
        reply={**MONITOR, "last": None},
    ),
    "get_monitor": Example(path={"id": MONITOR_ID}, reply=MONITOR),
    "change_monitor": Example(
        path={"id": MONITOR_ID},
        body={"enabled": False},
        reply={**MONITOR, "enabled": False, "next_run_at": None, "updated_at": "2026-02-25T10:30:00.000Z"},
    ),
    "delete_monitor": Example(path={"id": MONITOR_ID}, reply={"id": MONITOR_ID, "deleted": True}),
    "run_monitor": Example(
        path={"id": MONITOR_ID},
        reply={"scan_id": SECOND_ID, "status": "running", "poll_url": f"/api/v1/scans/{SECOND_ID}"},
    ),
    "list_runs": Example(path={"id": MONITOR_ID}, reply={"items": [MONITOR_RUN], "next_cursor": None}),
    "list_alerts": Example(path={"id": MONITOR_ID}, reply={"items": [ALERT], "next_cursor": None}),
    "page_history": Example(path={"id": MONITOR_ID}, reply={"url": SITE, "items": [PAGE_SCORE], "next_cursor": None}),
    "list_checks": Example(reply={"items": [CHECK], "total": 1}),
}
