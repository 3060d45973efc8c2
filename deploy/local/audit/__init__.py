"""Judges pages that are at hand as files or lines, without a fleet: no network, no database."""
