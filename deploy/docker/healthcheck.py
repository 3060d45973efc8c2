"""`python -m deploy.docker.healthcheck`: status 0 when the service of this container is ready, else 1 and why not."""

import os
import sys
import urllib.error
import urllib.request

SECONDS = 2.0


def main() -> int:
    """Ask `/readyz` on METRICS_PORT."""
    url = f"http://127.0.0.1:{os.environ.get('METRICS_PORT', '9100')}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS):
            return 0
    except urllib.error.HTTPError as error:
        sys.stderr.write(error.read(1_000).decode(errors="replace"))
    except OSError as error:
        sys.stderr.write(f"{url}: {error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
