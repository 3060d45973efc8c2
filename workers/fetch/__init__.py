"""Fetching what strangers name: guard, client, politeness, sitemap discovery."""
