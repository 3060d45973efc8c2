"""The whole fleet on one machine: embedded Postgres and Valkey, a supervisor and the command line.

Stands above every other package and starts them as processes; nothing imports it.
"""
