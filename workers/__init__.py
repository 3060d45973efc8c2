"""Workers fetch pages, judge them and store the verdicts."""
