"""Parts of an article: by the id that its text marks; on an origin's page, which marks none, by selector or words."""

from __future__ import annotations

import re
from collections.abc import Collection
from hashlib import sha256

from gateway.content.article import Facts
from gateway.content.selector import fault_of
from gateway.pyyaml import Fields, Node

SELECTOR, QUOTE = "selector:", "quote:"
FOREIGN_PARTS = (SELECTOR, QUOTE)
"""How a part of an origin's page is named: `selector:.lead-photo`, `quote:the words as they stand there`."""

SHORTEST_QUOTE = 3
"""Letters and digits without which a quotation would be found everywhere."""


def parts_of(wanted: Collection[str], facts: Facts) -> frozenset[str]:
    """Which parts a policy can touch: those that the article marks; of an origin's, whatever it names by selector or
    by words, since only the page itself can tell whether it is there.
    """
    there = facts.parts.intersection(wanted)
    return there.union(part for part in wanted if part.startswith(FOREIGN_PARTS)) if facts.of_origin else there


def part_label(part: str) -> str:
    """A part's name for logs and programs: of a quotation a digest, since its words are what must not be read."""
    if not part.startswith(QUOTE):
        return part
    return f"quote-{sha256(part.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def substitute_label(target: str) -> str:
    """The same for what a substitute replaces: `title`, `article`, `part:ID`."""
    kind, colon, part = target.partition(":")
    return f"{kind}{colon}{part_label(part)}"


def check_part(fields: Fields, node: Node, part: str) -> None:
    """Refuse a part whose name cannot be meant: a broken selector, a quotation of nothing, a slip before a colon."""
    kind, colon, named = part.partition(":")
    if f"{kind}{colon}" == SELECTOR:
        wrong = fault_of(named)
        if wrong:
            fields.refuse(node, "bad-selector", f"'{named}' is no CSS selector: {wrong}", "write selector:.lead-photo")
    elif f"{kind}{colon}" == QUOTE:
        if len(re.findall(r"[^\W_]", named)) < SHORTEST_QUOTE:
            fields.refuse(
                node,
                "bad-quote",
                f"'{named}' is too short to be found again",
                f"quote at least {SHORTEST_QUOTE} letters of the text, as it stands on the page",
            )
    elif colon:
        fields.refuse(
            node,
            "bad-part",
            f"'{kind}:' is no way to name a part",
            "write an id (p3), selector:CSS, or quote:the words as they stand on the page",
        )
