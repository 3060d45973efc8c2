"""A job that tells whether its template was warmed up."""

_state = [b"cold"]


def warm_up() -> None:
    """What a template does once."""
    _state[0] = b"warm"


def told(_payload: bytes) -> bytes:
    """How this process began."""
    return _state[0]
