"""Pages that a framework builds anew in the browser: what its server rendered, for good. Changes the document."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from gateway.render.foreign.document import attribute, parse
from gateway.render.foreign.widgets import HYDRATING, HYDRATING_SCRIPTS


def without_scripts_that_rebuild(tree: LexborHTMLParser) -> bool:
    """Take out the scripts of a framework that would build the page anew; whether there were any.

    What its server rendered stays, and is what the newsroom meant a reader without scripts to see.
    """
    if not tree.css_first(HYDRATING) and not any(
        HYDRATING_SCRIPTS.search(node.text(deep=True) or "") for node in tree.css("script:not([src])")
    ):
        return False
    _streamed(tree)
    for node in tree.css("script"):
        if attribute(node, "type").partition(";")[0].strip().lower() != "application/ld+json":
            node.decompose()
    for node in tree.css(
        "link[rel~='modulepreload'], link[rel~='preload'][as='script'], link[rel~='preload'][as='fetch']"
    ):
        node.decompose()
    for node in tree.css("noscript"):  # what stands there for readers without scripts is for this page's readers now
        inner = parse(f"<body>{node.inner_html or ''}", scripting=False).body
        for picture in inner.css("img") if inner is not None else []:
            node.insert_before(picture)
        node.decompose()
    return True


def _streamed(tree: LexborHTMLParser) -> None:
    """React sends late parts in hidden elements, which a script moves into place: the same, without the script."""
    for node in tree.css("div[hidden][id^='S:']"):
        target = tree.css_first(f"template[id='B:{attribute(node, 'id')[2:]}']")
        if target is None:
            continue
        following = target.next
        while following is not None and not (
            following.tag == "-comment" and (following.comment_content or "").strip() == "/$"
        ):
            gone, following = following, following.next
            gone.decompose()
        for inner in list(node.iter(include_text=True)):
            target.insert_before(inner)
        target.decompose()
        node.decompose()
