"""The load test: thousands of simulated hosts on loopback, a mixed load, and what came of it."""
