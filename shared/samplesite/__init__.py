"""The bundled sample site: a small shop for garden tools, with planted and documented defects.

The demo serves it on loopback; a key in test mode scans it without any network at all.
"""

from shared.samplesite.site import PLANTED, SITEMAPS, Planted, SampleResponse, paths, respond

__all__ = ["PLANTED", "SITEMAPS", "Planted", "SampleResponse", "paths", "respond"]
