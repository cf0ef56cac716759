"""Which responses are articles, and what they say of themselves. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.message import Response
from gateway.render.foreign.rules import Rules


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a response is: at which door it leaves, and the facts that policies are asked about.

    `entries`: of a feed, a sitemap or a list in JSON, the facts of each entry, in the response's own order; each gets
    a decision of its own. `article`: whether it is one; else only policies that mean every article can mean it.
    """

    door: Door
    facts: Facts
    article: bool = True
    entries: tuple[Facts, ...] = ()


def recognise(response: Response, target: str, rules: Rules, host: str = "") -> Recognised | None:
    """What a whole response to a GET is; None: nothing that a policy could treat, so it passes as it is.

    `response.body`: any content coding undone. `target`: path and query as asked for. `host`: the site's own name.
    """
    del response, target, rules, host
    return None
