"""Rendered pages, kept under the outcome of the decision that made them."""
