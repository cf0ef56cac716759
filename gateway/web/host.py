"""Under which name is the site asked? One reading of it, for the allow-list and for the regions of mirrors."""

from __future__ import annotations

import re

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z_](?:[0-9A-Za-z_.-]{0,252}[0-9A-Za-z_])?)\.?(?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def hostname(host: str) -> str:
    """The name in a Host field, without port and final dot, brackets kept, in lower case.

    Empty for whatever is no host (RFC 9110 section 7.2): user information, a path, spaces, letters beyond ASCII.
    """
    match = _HOST.fullmatch(host)
    return match[1].lower() if match else ""


def addressed(target: str, host: str) -> tuple[str, str]:
    """A target in origin form, and the name of the site that it is asked of; "" where there is no single such name.

    An absolute-form target names the site itself (RFC 9112 section 3.2.2). A Host that says otherwise is a request
    that two servers in a row would read differently.
    """
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        return target, hostname(host)
    name, rest = hostname(match[1]), match[2]
    return (rest if rest.startswith("/") else f"/{rest}"), (name if name == hostname(host) else "")
