"""Every key of ours in Redis. `namespace` comes first, so that several installations can share a server.

Queue keys are dramatiq's and stand in `shared.jobs`.
"""


def request_limit(namespace: str, owner: str) -> str:
    """String: the token bucket's theoretical arrival time. Expires when nothing is used up."""
    return f"{namespace}:r:{owner}"


def quota_log(namespace: str, owner: str, mode: str) -> str:
    """Sorted set: scans started in the last 24 hours. Expires 24 h after the newest."""
    return f"{namespace}:q:{mode}:{owner}"


def politeness(namespace: str, host: str) -> str:
    """String, packed: a host's slots, rules and back-off. Expires ten minutes after it can matter."""
    return f"{namespace}:p:{host}"


def failed_logins(namespace: str, whose: str) -> str:
    """Sorted set: failed log-ins of an account or from an address. Expires with the window that they count in."""
    return f"{namespace}:f:{whose}"


def requests_in_hour(namespace: str, owner: str, hour: int) -> str:
    """String: requests of an owner in one hour since the epoch. Expires after 25 hours."""
    return f"{namespace}:u:{owner}:{hour}"
