"""A feed or a sitemap under the decisions on its entries. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.policy.decision import Decision
from gateway.render.foreign.outcome import Made
from gateway.render.foreign.page_treat import Page
from gateway.render.foreign.recognise import Recognised


def treat_feed(page: Page, found: Recognised, entries: Sequence[Decision]) -> Made | None:
    """The feed with each entry treated; None where nothing of it changes."""
    del page, found, entries
    return None
