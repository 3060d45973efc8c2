"""Requests besides the pages' own (`checks_network`): what pages load and link to, and the host as a whole."""
