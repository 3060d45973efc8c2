"""Downloads of a scan's results."""
