"""How scanfleet runs: on one machine (``local``), in containers and on a cluster."""
