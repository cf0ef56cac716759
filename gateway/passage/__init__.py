"""The request's way in front of a CMS. Read `way` first."""

from gateway.passage.way import Passage

__all__ = ["Passage"]
