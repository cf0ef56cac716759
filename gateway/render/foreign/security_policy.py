"""Content security policies (W3C CSP 3): one that keeps a page to the newsroom's hosts, and the page's own."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from gateway.render.foreign.document import attribute
from gateway.render.foreign.hosts import Hosts


def security_policy(hosts: Hosts) -> str:
    """A Content-Security-Policy under which a page may do what it does, but only with the newsroom's own hosts."""
    base = hosts.host.removeprefix("www.")
    named = [base, f"*.{base}"] if base and "." in base else [base] if base else []
    own = " ".join(dict.fromkeys(["'self'", *named, *hosts.others]))
    return (
        f"default-src {own} data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; "
        f"base-uri {own}; form-action {own}"
    )


def with_styled_notices(policy: str) -> str:
    """A page's own Content-Security-Policy under which styles attached to elements act: the notices' are, and nothing
    else outranks the page's style sheets. Of the page's own attributes it lets act what its author wrote there.
    """
    directives = [one.strip() for one in policy.split(";") if one.strip()]
    names = {one.split()[0].lower() for one in directives}
    if not names & {"default-src", "style-src", "style-src-attr"}:
        return policy
    kept = [one for one in directives if one.split()[0].lower() != "style-src-attr"]
    return "; ".join([*kept, "style-src-attr 'unsafe-inline'"])


def with_styled_notices_inside(tree: LexborHTMLParser) -> None:
    """The same for policies that stand in the page."""
    for node in tree.css("meta[http-equiv='content-security-policy' i][content]"):
        node.attrs["content"] = ", ".join(with_styled_notices(one) for one in attribute(node, "content").split(","))
