"""When a call is repeated, and after how long."""

import math
from dataclasses import dataclass
from typing import Final

from scanfleet_client.errors import ApiError, ConnectionFailedError, RequestTimeoutError, ScanfleetError

STATUSES: Final = frozenset({429, 500, 502, 503, 504})
"""Answers that another try may better."""
_DOUBLINGS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long a call is tried.

    Attributes:
        attempts: tries in all, the first included; 1 switches repeating off.
        base: seconds; the first pause is drawn from 0 to this, and each range is twice the one before.
        cap: seconds; no range is larger.
        total: seconds from the first try's begin, pauses and tries included. A pause that would end later isn't begun.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 8.0
    total: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts: at least 1")
        for name in ("base", "cap", "total"):
            value: float = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: a number of seconds, at least 0")


def backoff(policy: RetryPolicy, attempt: int, drawn: float, retry_after: float | None = None) -> float:
    """Seconds to pause after attempt number `attempt`: what the server asks for, and full jitter on top of it.

    `drawn` is a random number in [0, 1). Jitter also follows a Retry-After, since all clients are told the same one.
    """
    reach = min(policy.cap, policy.base * 2.0 ** min(attempt - 1, _DOUBLINGS))
    return (retry_after or 0) + drawn * reach


def curable(error: ScanfleetError) -> bool:
    """Whether another try may go better."""
    if isinstance(error, ApiError):
        return error.status in STATUSES
    return isinstance(error, (ConnectionFailedError, RequestTimeoutError))


def pause(
    policy: RetryPolicy, *, method: str, keyed: bool, attempt: int, elapsed: float, drawn: float, error: ScanfleetError
) -> float | None:
    """Seconds to wait before the call is repeated; None when it must not be.

    Only reads, and calls with an Idempotency-Key (`keyed`), are ever repeated: of any other the server may have done
    its part before the answer was lost. `elapsed` is seconds since the first attempt began.
    """
    if attempt >= policy.attempts or not (method == "GET" or keyed) or not curable(error):
        return None
    wait = backoff(policy, attempt, drawn, error.retry_after if isinstance(error, ApiError) else None)
    return wait if elapsed + wait < policy.total else None
