"""Somebody else's pages: which are articles, and what policies do to them. Start with `treat.py`."""
