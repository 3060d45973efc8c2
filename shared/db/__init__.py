"""Postgres: pool, named queries, migrations."""
