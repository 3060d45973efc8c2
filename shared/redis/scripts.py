"""Lua scripts: files in `lua/`, read once, sent by hash. Each file's header names KEYS, ARGV and every key's type."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from shared.redis.lines import lines_of, pack

_FOLDER = Path(__file__).parent / "lua"


class Script:
    """A script by its hash; sent whole when the server doesn't know it (after a restart or SCRIPT FLUSH)."""

    def __init__(self, source: str) -> None:
        """Hash `source` as the server does."""
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, redis: Redis, *, keys: Sequence[str], args: Sequence[str | int | bytes]) -> Any:  # noqa: ANN401
        """Run it. Raises `redis.RedisError`."""
        lines = lines_of(redis)
        line = await lines.take()
        if line is None:
            return await self._by_client(redis, keys, args)
        try:
            return await line.ask(pack(("EVALSHA", self.sha, len(keys), *keys, *args)))
        except NoScriptError:
            return await line.ask(pack(("EVAL", self.source, len(keys), *keys, *args)))
        finally:
            lines.back(line)

    async def _by_client(self, redis: Redis, keys: Sequence[str], args: Sequence[str | int | bytes]) -> Any:  # noqa: ANN401
        try:
            return await redis.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await redis.eval(self.source, len(keys), *keys, *args)


@lru_cache(maxsize=16)
def load(name: str) -> Script:
    """The script in `lua/<name>.lua`."""
    return Script((_FOLDER / f"{name}.lua").read_text(encoding="utf-8"))
