"""A way to Postgres that can be blocked."""

import asyncio
import contextlib

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Relay:
    """Stands before Postgres; stalls as a stopped process does, or hangs up as a killed one."""

    def __init__(self, database_url: str) -> None:
        parts = conninfo_to_dict(database_url)
        self._path = f"{parts['host']}/.s.PGSQL.{parts.get('port', 5432)}"
        self._database_url = database_url
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.refusing = False
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return make_conninfo(
            self._database_url, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable"
        )

    def stall(self) -> None:
        self._flowing.clear()

    def hang_up(self) -> None:
        self.refusing = True
        for writer in self._writers:
            writer.close()

    def recover(self) -> None:
        self.refusing = False
        self._flowing.set()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.close()
            return
        above, below = await asyncio.open_unix_connection(self._path)
        self._writers |= {writer, below}
        await asyncio.gather(self._pump(reader, below), self._pump(above, writer))
        self._writers -= {writer, below}

    async def stop(self) -> None:
        self.recover()
        self.hang_up()
        if self._server is not None:
            self._server.close()
