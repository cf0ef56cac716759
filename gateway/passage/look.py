"""What a CMS's answer is, and what becomes of it under a decision: the work on a page, here or aside. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from gateway.cache.http.tags import target_name
from gateway.cache.page import StoredPage
from gateway.cache.variant import tags_of
from gateway.content.article import Facts
from gateway.content.message import Fields, Response, joined, media_type, without
from gateway.content.origin.coding import decode
from gateway.content.origin.error import Fault, OriginError
from gateway.passage.aside import packed, unpacked
from gateway.passage.sight import kept_page
from gateway.policy.decision import Decision
from gateway.render.foreign.outcome import Alarm
from gateway.render.foreign.recognise import Recognised, recognise
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.treat import treat
from gateway.render.site import Site

BODY_BYTES = 8 * 2**20
"""Of a page that may be treated, decoded."""
LOOKED_AT_HERE, TREATED_HERE = 64 * 2**10, 16 * 2**10
"""Bytes, decoded, up to which a page is recognised and treated between two readers: it takes a few milliseconds."""
_LONGEST_TAG = 8 * 2**10
"""Bytes without a `>`: the parser compares each attribute of an element with all before it."""
_LEFT_OPEN = 4_000
"""So many elements without an end nest, and each is compared with all around it."""

_TREATABLE = ("html", "xml", "json", "x-component", "multipart/byteranges")
_OF_THE_MOMENT = ("age", "cache-control", "date", "etag", "expires", "last-modified")


@dataclass(frozen=True, slots=True)
class Known:
    """What a response turned out to be. `version` names all of it that can show on a treated page."""

    found: Recognised | None
    version: str
    tags: tuple[str, ...] = ()


def treatable(fields: Fields) -> bool:
    """Whether a body of this type may be an article, or show one, or a part; where no type is said, browsers guess."""
    kind = media_type(fields) or "text/html"
    return kind == "text/html" or (any(word in kind for word in _TREATABLE) and not kind.startswith("image/"))


def light(response: Response, most_bytes: int) -> bool:
    """Whether a page is worked on between two readers; not, if that could keep any of them waiting."""
    if len(response.body) > most_bytes:
        return False
    try:
        body = plain(response, most_bytes).body
    except OriginError as error:
        return error.fault is not Fault.TOO_LARGE
    at = 0
    while len(body) - at > _LONGEST_TAG:  # in steps from the last `>` that is near enough to the next such
        at = body.rfind(b">", at, at + _LONGEST_TAG + 1) + 1
        if not at:
            return False
    opened = body.count(b"<")
    return opened <= _LEFT_OPEN or opened - 2 * body.count(b"</") <= _LEFT_OPEN


def look(response: Response, target: str, digest: str, rules: Rules, host: str) -> Known:
    """What a response is. Raises OriginError where its coding cannot be undone."""
    if not response.body or not treatable(response.fields):
        return Known(None, digest)
    found = recognise(plain(response), target, rules, host, digest=digest)
    if found is None:
        return Known(None, digest)
    found = replace(found, facts=_told_apart(found.facts), entries=tuple(map(_told_apart, found.entries)))
    named = [found.facts] if found.article else []
    tags = [tag for facts in (*named, *found.entries) for tag in tags_of(facts)]
    return Known(found, _version(response, digest), tuple(dict.fromkeys((target_name(target), *tags))))


def remake(
    response: Response,
    known: Known,
    page: Decision,
    entries: Sequence[Decision],
    rules: Rules,
    site: Site,
    host: str,
    key: str,
    unable: str = "",
) -> tuple[StoredPage, tuple[Alarm, ...]]:
    """A page under its decisions, ready to be kept. `unable`: why its body cannot be treated, but must be replaced."""
    if known.found is None:
        raise ValueError("what is no page is not treated")
    whole = response if unable else plain(response)
    treated = treat(whole, known.found, page, rules, site, entries=entries, host=host, unable=unable)
    fields = without(treated.fields, ("content-type", "content-encoding", "content-length"))
    return kept_page(key, treated.page, known.tags, fields), treated.alarms


def look_aside(response: Response, target: str, digest: str, rules: Rules, host: str) -> tuple[Known, list[bytes]]:
    """`look`, the entries apart from the rest and packed."""
    known = look(response, target, digest, rules, host)
    return with_entries(known, ()), packed(known.found.entries if known.found else ())


def remake_aside(
    response: Response,
    known: Known,
    entries: list[bytes],
    page: Decision,
    decided: Sequence[Decision],
    rules: Rules,
    site: Site,
    host: str,
    key: str,
) -> tuple[StoredPage, tuple[Alarm, ...]]:
    """`remake`, for what `look_aside` found."""
    return remake(response, with_entries(known, tuple(unpacked(entries))), page, decided, rules, site, host, key)


def with_entries(known: Known, entries: tuple[Facts, ...]) -> Known:
    """The same with other entries."""
    return known if known.found is None else replace(known, found=replace(known.found, entries=entries))


def plain(response: Response, most_bytes: int = BODY_BYTES) -> Response:
    """The response with its content coding undone."""
    coding = joined(response.fields, "content-encoding")
    return response if not coding else replace(response, body=decode(response.body, coding, most_bytes))


def _told_apart(facts: Facts) -> Facts:
    """Facts with a version that names all of them: a CMS shows one text under many paths, and says more in headers."""
    said = f"{facts.version}\0{facts!r}".encode("utf-8", "surrogatepass")
    return replace(facts, version=blake2b(said, digest_size=16).hexdigest())


def _version(response: Response, digest: str) -> str:
    summed = blake2b(digest.encode() or response.body, digest_size=16)
    for name, value in without(response.fields, _OF_THE_MOMENT):
        summed.update(f"\n{name.lower()}:{value}".encode("utf-8", "surrogatepass"))
    return summed.hexdigest()
