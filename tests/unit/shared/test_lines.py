"""How a command is packed for Redis."""

from shared.redis.lines import pack


def test_texts_numbers_and_octets_are_bulk_strings_by_their_length_in_octets() -> None:
    assert (
        pack(("EVAL", "ü", 10, b"\r\n\x00")) == b"*4\r\n$4\r\nEVAL\r\n$2\r\n\xc3\xbc\r\n$2\r\n10\r\n$3\r\n\r\n\x00\r\n"
    )
