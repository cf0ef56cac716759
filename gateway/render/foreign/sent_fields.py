"""The origin's response fields as they go with a body that is no longer the origin's. Pure."""

from __future__ import annotations

import re

from gateway.content.message import Fields
from gateway.policy.decision import Treatments
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.security_policy import security_policy, with_styled_notices

_OF_THE_BYTES = frozenset({
    "content-length", "content-encoding", "content-md5", "digest", "content-digest", "repr-digest", "want-digest",
    "etag", "last-modified", "accept-ranges", "content-range", "signature", "signature-input", "memento-datetime",
    "content-type", "content-security-policy-report-only", "report-to", "reporting-endpoints", "nel", "x-pingback",
    "sourcemap", "x-sourcemap", "speculation-rules", "refresh", "content-disposition", "x-accel-redirect", "x-sendfile",
    "x-lighttpd-send-file", "x-reproxy-url",
})  # fmt: skip
"""The last are orders to a front to send other bytes in the place of these."""
_POLICY = "content-security-policy"
_OF_OTHERS = frozenset({"link"})
_HINTS = re.compile(
    r"rel\s*=\s*\"?[^\";]*\b(?:preload|preconnect|dns-prefetch|prefetch|modulepreload|pingback|shortlink|webmention|hub|wp\.org|alternate)",
    re.IGNORECASE,
)


def sent_fields(fields: Fields, content_type: str, treatments: Treatments, hosts: Hosts) -> Fields:
    """Without what was true of the origin's bytes alone, and without links by which a browser would fetch things; with
    what protection asks for, and policies of the page's own under which notices keep their styles. Caching, validators
    and lengths are the sender's.
    """
    kept = [
        (name, value)
        for name, value in fields
        if name.lower() not in _OF_THE_BYTES and not (name.lower() in _OF_OTHERS and _HINTS.search(value))
    ]
    kept = [
        (name, ", ".join(map(with_styled_notices, value.split(","))) if name.lower() == _POLICY else value)
        for name, value in kept
    ]
    protect = treatments.protect
    if "referrer" in protect:
        kept = [field for field in kept if field[0].lower() != "referrer-policy"] + [("Referrer-Policy", "no-referrer")]
    if "third-party" in protect:
        kept.append(("Content-Security-Policy", security_policy(hosts)))
    return (("Content-Type", content_type), *kept)
