"""Who may see which scan."""

from uuid import UUID

from psycopg.rows import DictRow

from api_gateway.state import Caller
from shared import scans
from shared.db.pool import Connection
from shared.errors import ForbiddenError, NotFoundError


async def visible_scan(conn: Connection, scan_id: UUID, caller: Caller) -> DictRow:
    """The scan's row. Raises `NotFoundError`, or `ForbiddenError` when it is somebody else's.

    Test and live don't see each other: to a key of the other mode an own scan doesn't exist.
    """
    return allowed(await scans.get(conn, scan_id), caller)


def allowed(row: DictRow | None, caller: Caller) -> DictRow:
    """The row that was found, if the caller may see it. Raises what `visible_scan` does."""
    if row is None or (row["owner"] == caller.owner and row["test"] != caller.test):
        message = "There is no scan with this id."
        raise NotFoundError(message)
    if row["owner"] != caller.owner:
        message = "This scan belongs to somebody else."
        raise ForbiddenError(message)
    return row
