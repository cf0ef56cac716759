"""The page in an article's place: who ordered it, under which act, whom it concerns. Nothing of the article. Pure."""

from __future__ import annotations

import orjson

from gateway.content.doors import Door
from gateway.policy.decision import Decision, Refusal
from gateway.render.language import words
from gateway.render.notices import refusal_due
from gateway.render.page import html_page
from gateway.render.rendered import HTML, JSON, Rendered, notices_json
from gateway.render.site import Site


def refusal_page(site: Site, refusal: Refusal, decision: Decision, language: str, door: Door) -> Rendered:
    """451 (RFC 7725) or 410, in the form of the door at which the article was asked for."""
    treatments = decision.treatments
    due = refusal_due(treatments)
    spoken = words(language)
    title = spoken["refused_410" if refusal.status == 410 else "refused_451"]
    if door is Door.JSON:
        return Rendered(refusal.status, JSON, language, _json(refusal, decision, title), due)
    body = html_page(
        "refusal.html", site, language, title=title, due=due, protect=treatments.protect, refusal=refusal
    )  # fmt: skip
    return Rendered(refusal.status, HTML, language, body, due, refusal.notice.html)


def _json(refusal: Refusal, decision: Decision, title: str) -> bytes:
    return orjson.dumps(
        {
            "status": refusal.status,
            "title": title,
            "basis": [
                {
                    "kind": one.kind,
                    "authority": one.authority,
                    "act": one.act,
                    "reference": one.reference,
                    "since": one.since.isoformat() if one.since else None,
                }
                for one in refusal.basis
            ],
            "notices": notices_json(refusal_due(decision.treatments)),
            "treatments": decision.treatments.names(),
        }
    )
