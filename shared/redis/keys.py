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
