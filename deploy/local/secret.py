"""The fleet's secret key: made once, kept in the data directory."""

import os
import secrets
from pathlib import Path

from deploy.local.embedded import write_private

FILE_NAME = "secret.key"


def secret_key(data_dir: Path) -> str:
    """The key that signs tokens and hashes API keys: SECRET_KEY if it is set, else the data directory's own."""
    if given := os.environ.get("SECRET_KEY", "").strip():
        return given
    path = data_dir / FILE_NAME
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        key = secrets.token_hex(32)
        write_private(path, key + "\n")
        return key
