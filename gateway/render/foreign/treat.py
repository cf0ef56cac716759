"""What policies do to somebody else's page: the one way in. Pure.

An answer that no treatment touches is the very object that came. Whatever is treated goes out as UTF-8 and past a
guard: each due notice stands in it once, where a reader can see it, and nothing that is withheld is left in any byte;
else a plain page takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.content.message import Fields, Response
from gateway.policy.decision import Decision
from gateway.render.foreign.recognise import Recognised
from gateway.render.foreign.rules import Rules
from gateway.render.rendered import Rendered
from gateway.render.site import Site


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should look at: the event's name (`withhold_unmatched`, `notice_wrapped`, …), and what
    it is about.
    """

    event: str
    what: str


@dataclass(frozen=True, slots=True)
class Treated:
    """A page as it may leave. `fields`: the origin's, as far as they are still true, and those that treatments add
    (no caching, no validators, no lengths: those are the sender's); none of the origin's on a refusal.
    `untouched`: body and fields are the origin's own objects.
    """

    page: Rendered
    fields: Fields
    alarms: tuple[Alarm, ...] = ()
    untouched: bool = False


def treat(
    response: Response,
    found: Recognised,
    decision: Decision,
    rules: Rules,
    site: Site,
    *,
    entries: Sequence[Decision] = (),
    host: str = "",
) -> Treated:
    """The response under a decision. `entries`: the decisions on `found.entries`, in that order. Never raises.

    `response.body`: any content coding undone. `host`: the name under which readers know the site.
    """
    del decision, rules, site, entries, host
    content_type = next((value for name, value in response.fields if name.lower() == "content-type"), "")
    page = Rendered(response.status, content_type, found.facts.language, response.body)
    return Treated(page, response.fields, untouched=True)
