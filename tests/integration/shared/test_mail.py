"""The outbox of mails: whoever lost a mail's lease leaves it alone."""

from collections.abc import AsyncIterator

import pytest

from shared import mail, users
from shared.clock import uuid7
from shared.db.pool import Connection, connection, make_pool

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Connection]:
    pool = make_pool(database_url, application="test", size=1)
    await pool.open()
    async with connection(pool) as one:
        yield one
    await pool.close()


async def test_a_sender_that_lost_its_lease_gives_nothing_back(conn: Connection) -> None:
    user = await users.create(conn, email="someone@example.com", password="long enough", tier="free")
    await conn.execute(
        "INSERT INTO mails (id, user_id, recipient, subject, body) VALUES (%s, %s, 'a@example.com', 's', 'b')",
        (uuid7(), user.id),
    )
    slow = await mail.claim(conn)
    await conn.execute("UPDATE mails SET lease_until = now() - interval '1 second'")
    heir = await mail.claim(conn)
    assert slow is not None
    assert heir is not None
    await mail.failed(conn, slow, "frozen meanwhile", for_good=True)
    row = await (await conn.execute("SELECT given_up_at, lease_until > now() AS leased FROM mails")).fetchone()
    assert row == {"given_up_at": None, "leased": True}, "the other one is still at it"
    await mail.failed(conn, heir, "refused for now")
    row = await (await conn.execute("SELECT last_error, given_up_at, lease_until FROM mails")).fetchone()
    assert row == {"last_error": "refused for now", "given_up_at": None, "lease_until": None}
