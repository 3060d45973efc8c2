"""Names and times that many answers share."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]

SeverityName = Literal["critical", "high", "medium", "low", "info"]
CategoryName = Literal["indexing", "on_page", "links", "international", "performance", "security", "social", "scan"]
ScanMode = Literal["single", "sitemap", "crawl"]
ScanStatus = Literal["running", "complete", "error", "stopped"]
ScopeName = Literal["read", "scan", "export"]
