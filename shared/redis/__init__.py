"""Redis: client, key names, scripts."""
