"""The committed document, tried out by a property-based tester with three kinds of caller."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api_gateway.sessions import Sessions
from shared import tokens, users
from shared.clock import SYSTEM
from tests.contract.gateway_process import ROOT, SECRET, gateway, roomy_tiers
from tests.integration.api_gateway.conftest import connected
from tests.integration.api_gateway.seeds import seed

CHECKS = "all"
EXAMPLES = 3
LONG_EXAMPLES = 200
PHASES = {"key": "examples,coverage,fuzzing,stateful", "login": "examples,fuzzing", "guest": "examples,fuzzing"}
"""What a default run does; `--long` does everything for everybody. Coverage sends about 1,000 of a caller's 1,500 requests
however few examples are asked for, and most are refused alike whoever sends them."""


async def credential(database_url: str, kind: str) -> str | None:
    """An API key or a login token of the user of the examples, whose scans exist; None for a guest."""
    async with await connected(database_url) as conn:
        user = await seed(conn)
        await users.update(
            conn, user.email, permissions=["ignore_robots", "user_agent", "below_floor"], overrides={"single": 100_000}
        )
        if kind == "guest":
            await conn.execute("UPDATE scans SET owner = 'guest:127.0.0.1'")
            return None
        if kind == "login":
            return Sessions(SECRET, SYSTEM).issue(user)
        _, secret = await tokens.create(
            conn, user_id=user.id, name="x", scopes=tokens.SCOPES, mode="live", pepper=SECRET
        )
        return secret


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["key", "login", "guest"])
async def test_nothing_differs_from_the_document(
    kind: str, database_url: str, redis_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    secret = await credential(database_url, kind)
    long = pytestconfig.getoption("--long")
    examples, phases = (LONG_EXAMPLES, PHASES["key"]) if long else (EXAMPLES, PHASES[kind])
    tiers = str(roomy_tiers(tmp_path / "tiers.toml"))
    with gateway(database_url, redis_url, tmp_path, TIERS_FILE=tiers, NAMESPACE=f"contract-{kind}") as running:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
            *("run", str(ROOT / "docs" / "openapi.json"), "--url", f"{running.url}/api/v1"),
            *("--checks", CHECKS, "--phases", phases, "--max-examples", str(examples), "--seed", "1", "--no-color"),
            *("--generation-database", "none", "--continue-on-failure"),
            # A session that logs itself out ends the run; the ways out are tested by themselves.
            *(["--exclude-operation-id", "logout"] if kind == "login" else []),
            *(["--header", f"Authorization: Bearer {secret}"] if secret else []),
        ]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.contract.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
        assert '"http.failed"' not in running.log.read_text(encoding="utf-8")
