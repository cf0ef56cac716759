"""Events of state: something happened that monitoring should know. Names are constant, the rest are fields."""

from __future__ import annotations

from typing import Literal, Protocol

Level = Literal["debug", "info", "warning", "error"]


class Events(Protocol):
    """Where events go. Emitting never blocks and never raises: a log that cannot be written is counted, not felt."""

    def emit(self, event: str, /, *, level: Level = "info", **fields: object) -> None:
        """Say that `event` (a constant name of the catalogue) happened, with its fields."""


class NoEvents:
    """Events that nobody wants: for tools that print results instead."""

    def emit(self, event: str, /, *, level: Level = "info", **fields: object) -> None:
        """Forget it."""
