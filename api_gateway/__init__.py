"""The HTTP gateway: authenticates, validates, spends quota, accepts scans, answers questions."""
