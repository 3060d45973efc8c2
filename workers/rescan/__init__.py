"""Scanning a site again: what has changed, and what need not be fetched and judged once more."""
