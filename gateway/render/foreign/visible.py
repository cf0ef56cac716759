"""The last look at a treated page: each due notice once, where neither the page nor its own styles hide it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser

from gateway.render.foreign.document import ancestors, attribute, found, parse
from gateway.render.foreign.notices_in import BOX
from gateway.render.guard import missing

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(r"([{}])")
_HIDES = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|opacity\s*:\s*0(?:\.0*)?(?![.\d])|content-visibility\s*:\s*hidden|(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:!|;|$)"
    r"|clip(?:-path)?\s*:\s*(?!none|auto|initial|unset)|transform\s*:\s*scale[xy3d]*\(\s*0|(?:left|top|right|text-indent|margin-left)\s*:\s*-\d{3,}"
    r"|filter\s*:\s*opacity\(\s*0)",
    re.IGNORECASE,
)
_OTHER_MEDIA = re.compile(
    r"@media\b(?![^{]*\b(?:screen|all|min-|max-|width|prefers|hover|pointer|orientation))[^{]*\b(?:print|speech|aural|braille|tty)\b",
    re.IGNORECASE,
)
_MOST_RULES = 5_000


def lost(html: str, ids: Iterable[str]) -> set[str]:
    """The due ids that a reader of this page would not see exactly once, with scripts or without."""
    due = set(ids)
    if not due:
        return due
    gone = missing(html.encode("utf-8", "replace"), "text/html", due)
    tree = parse(html)
    seen: dict[str, int] = {}
    hiding = set(_hidden_by_styles(tree))
    for node in tree.css("[data-notice]"):
        named = attribute(node, "data-notice")
        seen[named] = seen.get(named, 0) + 1
        if attribute(node, "style") != BOX or any(one.mem_id in hiding for one in ancestors(node)):
            gone |= due & {named}
    return gone | {named for named in due if seen.get(named) != 1}


def _hidden_by_styles(tree: LexborHTMLParser) -> Iterator[int]:
    """The elements that a rule in the page's own style sheets takes from sight."""
    for sheet in tree.css("style"):
        if re.fullmatch(r"\s*(?:print|speech)\s*", attribute(sheet, "media"), re.IGNORECASE):
            continue
        for selector in hiding_selectors(sheet.text(deep=True) or ""):
            for node in found(tree, selector):
                yield node.mem_id


def hiding_selectors(css: str) -> Iterator[str]:
    """The selectors of rules that hide what they find, those for paper and for speech left out."""
    around: list[str] = []
    pieces = _BRACE.split(_COMMENT.sub(" ", css))  # text and brace in turn
    for prelude, brace in zip(pieces[: 2 * _MOST_RULES : 2], pieces[1::2], strict=False):
        if brace == "{":
            around.append(prelude.rpartition(";")[2].strip())
            continue
        selector = around.pop() if around else ""
        if (
            selector
            and not selector.startswith("@")
            and _HIDES.search(prelude)
            and not any(_elsewhere(one) for one in around)
        ):
            yield selector


def _elsewhere(at_rule: str) -> bool:
    return bool(_OTHER_MEDIA.match(at_rule)) or at_rule.lower().startswith(
        ("@keyframes", "@-webkit-keyframes", "@font-face")
    )
