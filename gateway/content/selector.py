"""Whether a text is a CSS selector that the HTML parser understands. Pure."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

LONGEST = 1_000


def fault_of(selector: str) -> str:
    """What is wrong with a selector, as the end of a sentence; "" if it is one."""
    if not selector.strip():
        return "nothing is written"
    if len(selector) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if "\x00" in selector or "\ufffd" in selector or any("\ud800" <= sign <= "\udfff" for sign in selector):
        return "it holds a character that no page can hold"
    try:
        LexborHTMLParser("<p></p>").css(selector)
    except (SelectolaxError, ValueError):
        return "it cannot be parsed"
    return ""
