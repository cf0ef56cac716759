"""A body in JSON under the decisions on its articles. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.policy.decision import Decision
from gateway.render.foreign.outcome import Made
from gateway.render.foreign.page_treat import Page
from gateway.render.foreign.recognise import Recognised


def treat_json(page: Page, found: Recognised, entries: Sequence[Decision]) -> Made | None:
    """The body with each article treated; None where nothing of it changes."""
    del page, found, entries
    return None
