"""Secrets are found, masked, and told from what may be public."""

import pytest

from shared.checks.sample import sample
from shared.reading.leaks import leaked
from workers.extract import extract

ALPHABET = "4Q7Z2M6XJ5WRKB3TPHVD"


def made_up(mark: str, length: int) -> str:
    """A secret of the right form that nobody issued."""
    return mark + (ALPHABET * 5)[:length]


def found(head: str = "", body: str = "") -> list[tuple[str, str]]:
    example = sample(head=head, body=body)
    return list(leaked(extract(example.fetched, example.context)))


@pytest.mark.parametrize(
    "secret",
    [
        made_up("sk" + "_live_", 24),
        made_up("rk" + "_live_", 99),
        made_up("ghp" + "_", 36),
        made_up("github" + "_pat_", 22) + "_" + (ALPHABET * 3)[:59],
        made_up("glpat" + "-", 20),
        "xoxb" + "-123456789012-1234567890123-" + ALPHABET,
        "SG" + "." + (ALPHABET * 2)[:22] + "." + (ALPHABET * 3)[:43],
        made_up("shpat" + "_", 0) + "0123456789abcdef" * 2,
        made_up("GOCSPX" + "-", 28),
        made_up("npm" + "_", 36),
    ],
)
def test_found_and_masked(secret: str) -> None:
    for head, body in ((f"<script>var key = '{secret}';</script>", ""), ("", f"<!-- key: {secret} -->")):
        results = found(head, body)
        assert len(results) == 1
        assert secret[12:] not in results[0][1]


@pytest.mark.parametrize(
    "text",
    [
        made_up("pk" + "_live_", 24),
        made_up("sk" + "_test_", 24),
        "AI" + "za" + (ALPHABET * 2)[:35],
        "AKIAIOSFODNN7EXAMPLE",
        "sk_live_" + "x" * 24,
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    ],
)
def test_not_a_secret(text: str) -> None:
    assert found(f"<script>var key = `{text}`;</script>") == []


def test_private_key_with_headers() -> None:
    key = "-----BEGIN RSA PRIVATE" + " KEY-----\\nProc-Type: 4,ENCRYPTED\\n\\n" + ALPHABET * 4
    assert [name for name, _ in found(body=f"<p>{key}</p>")] == ["a private key"]


def test_signed_links_are_public() -> None:
    key = made_up("AK" + "IA", 16).replace("8", "2")
    script = "<script>var file = 'https://files.example.net/a?X-Amz-Credential={}%2F20261101';</script>"
    assert found(script.format(key)) == []
    assert len(found(f"<script>var key = '{key}';</script>")) == 1


def test_bounded() -> None:
    secrets = "".join(f"<!-- {made_up('ghp' + '_', 34)}{n:02d} -->" for n in range(50))
    assert len(found(body=secrets)) == 5
