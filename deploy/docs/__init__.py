"""Documentation that is made from the code's own records."""
