"""Encrypting what must be stored but never shown: credentials for scanned sites."""

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken


def _fernet(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal:" + secret_key.encode()).digest()))


def seal(values: dict[str, Any], secret_key: str) -> bytes:
    """Encrypt and authenticate (Fernet: AES-128-CBC, HMAC-SHA256)."""
    return _fernet(secret_key).encrypt(msgspec.json.encode(values))


def unseal(sealed: bytes, secret_key: str) -> dict[str, Any]:
    """Read what `seal` wrote. Raises `ValueError` when the key is another or the bytes were changed."""
    try:
        values: dict[str, Any] = msgspec.json.decode(_fernet(secret_key).decrypt(sealed))
    except InvalidToken as error:
        message = "sealed values can't be read with this SECRET_KEY"
        raise ValueError(message) from error
    return values
