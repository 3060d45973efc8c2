"""Other crawlers on the same site in the same run, each in an environment of its own.

`peers.toml` lists them. `<name>.py` is the program of each (dashes become underscores): it is started by a Python that has the
peer and nothing of ours, so it and what it imports (`contract`, `parsel_fields`) need the standard library and the peer
alone. `roster`, `environment` and `runner` belong to the bench.
"""
