"""Logs, events and metrics: what the gateway says of itself, never of a reader."""
