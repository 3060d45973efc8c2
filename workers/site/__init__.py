"""The site-level analysis: from the facts of all pages to findings about the site."""

from workers.site.analysis import Analysis
from workers.site.inputs import robots_file, sitemap_file
from workers.site.judging import Outcome, SiteFound, SiteJudge

__all__ = ["Analysis", "Outcome", "SiteFound", "SiteJudge", "robots_file", "sitemap_file"]
