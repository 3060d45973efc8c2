"""Versions."""

from typing import Final

__version__: Final = "0.1.0"
API_VERSION: Final = "1.0"
"""The API's version that this package was written for; answers carry it in `meta.version`."""
