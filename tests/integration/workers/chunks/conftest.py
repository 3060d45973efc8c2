"""The same workshop as for probes."""

from tests.integration.workers.probes.conftest import make_work, settings, shop

__all__ = ["make_work", "settings", "shop"]
