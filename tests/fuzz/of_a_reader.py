"""What a reader sends, or whoever stands between: addresses, heads, conditions, paths, tokens. Targets as in `targets`."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from datetime import UTC, datetime
from ipaddress import ip_network
from urllib.parse import quote

from gateway.cache.codings import PREFERENCE, choose_coding, etag_matches, preferences
from gateway.geo.client_address import TrustedProxies, client_address, parse_address
from gateway.geo.forwarded import elements
from gateway.telemetry.request_event import inherited_trace, line, prepare
from gateway.telemetry.scrub import masked, plain
from gateway.web.articles import wants_json
from gateway.web.host import addressed, hostname
from gateway.web.languages import preferred
from gateway.web.paths import MAX_TARGET, canonical
from gateway.web.preview import verify
from gateway.web.proxy_protocol import NotProxyProtocolError
from gateway.web.proxy_protocol import read as read_preamble
from gateway.web.recognise import Recogniser
from tests.geo.test_forwarded import by_hand
from tests.web.test_recognise import CLAIMS, assert_read_alike

KEY = b"a key that nobody knows"
_RECOGNISER = Recogniser(CLAIMS)


def text(data: bytes) -> str:
    """Bytes as aiohttp hands a field's value over."""
    return data.decode("utf-8", "surrogateescape")


def address(data: bytes) -> None:
    """What is read as an address is one for the system too, bare."""
    said = text(data)
    found = parse_address(said)
    if found is None:
        return
    assert parse_address(str(found)) == found
    bare = said.strip(" \t")
    bare = bare[1 : bare.index("]")] if bare.startswith("[") else bare.partition(":")[0] if found.version == 4 else bare
    family = socket.AF_INET if found.version == 4 else socket.AF_INET6
    assert socket.inet_pton(family, bare) == found.packed


def forwarded(data: bytes) -> None:
    """Both parsers of RFC 7239 read the same."""
    said = text(data).replace("\n", " ")
    assert elements(said) == by_hand(said)


def hops(data: bytes) -> None:
    """Lines of a header: whatever an attacker puts before the proxy's own, the answer stays."""
    lines = text(data).split("\n")
    for header in ("x-forwarded-for", "forwarded", "cf-connecting-ip"):
        trusted = TrustedProxies((ip_network("127.0.0.0/8"),), header)
        own = "for=8.8.8.8" if header == "forwarded" else "8.8.8.8"
        found = client_address("127.0.0.1", [(header, said) for said in lines], trusted)
        assert (found.address is None) == bool(found.problem)
        if header != "cf-connecting-ip":
            after = client_address("127.0.0.1", [(header, said) for said in (*lines, own)], trusted)
            assert (str(after.address), after.problem) == ("8.8.8.8", "")
        assert client_address("9.9.9.9", [(header, said) for said in lines], trusted).source == "peer"


def preamble(data: bytes) -> None:
    """The PROXY protocol in one piece, or byte by byte: the same, and never more than was sent."""
    whole, pieces = _preamble(data), None
    for length in range(1, min(len(data), 300) + 1):
        pieces = _preamble(data[:length])
        if pieces is not None:
            break
    if len(data) <= 300:
        assert pieces == whole
    if isinstance(whole, tuple):
        assert 0 < whole[1] <= len(data)


def _preamble(data: bytes) -> tuple[object, int] | str | None:
    try:
        named = read_preamble(data)
    except NotProxyProtocolError:
        return "refused"
    return None if named is None else (named.client, named.size)


def condition(data: bytes) -> None:
    """A tag matches only if it is written there."""
    said = text(data)
    matches = etag_matches(said, '"abc"')
    assert not matches or '"abc"' in said or said.strip(" \t") == "*"


def negotiation(data: bytes) -> None:
    """Accept, Accept-Encoding and Accept-Language always lead to something that there is."""
    said = text(data)
    assert choose_coding(said) in PREFERENCE
    assert len(set(preferences(said))) == len(preferences(said))
    assert preferred(said, ("en", "ru", "ar")) in ("en", "ru", "ar")
    assert not wants_json(said) or "json" in said


def host(data: bytes) -> None:
    """A name holds nothing but a name, and reading it again changes nothing."""
    name = hostname(text(data))
    assert hostname(name) == name == name.lower()
    assert not set(name) & set("@/\\?# \t,;%\r\n")
    target, site = addressed(text(data), "news.example")
    assert site in ("", "news.example") or target != text(data)


def path(data: bytes) -> None:
    """A canonical path has one reading: read again it is itself, and it leads nowhere else."""
    found = canonical(text(data))
    if found is not None:
        assert found[0].startswith("/")
        assert not re.search(r"//|\\|%|;|[\x00-\x20]|/\.\.?(/|$)", found[0])
        assert canonical(quote(found[0])) == (found[0], "") or len(quote(found[0])) > MAX_TARGET


def head(data: bytes) -> None:
    """What the express lane recognises is for aiohttp's parser exactly that one plain request."""
    found = _RECOGNISER.recognise(data)
    if found is not None:
        assert_read_alike(data, found)


def token(data: bytes) -> None:
    """No made-up preview grants anything."""
    assert verify(text(data), "a", KEY, datetime(2026, 1, 1, tzinfo=UTC)) is None


def log(data: bytes) -> None:
    """Whatever a client sends, its line is one JSON object, without a terminal's commands and without addresses."""
    said = text(data)
    written = line(
        prepare(said), timestamp=0.0, duration_ns=1, method=said[:40], status=200, body_bytes=1,
        cache_status="hit", cache_level="memory", lane="natural", trace_id=inherited_trace(said),
    )  # fmt: skip
    assert written.count(b"\n") == 1
    assert isinstance(json.loads(written), dict)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", written)
    json.dumps(plain(said)).encode()
    for found in re.findall(r"(?<![0-9A-Za-z.:])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z.:])", masked(said)):
        with contextlib.suppress(OSError):
            socket.inet_pton(socket.AF_INET, found)
            assert found in ("127.0.0.1", "0.0.0.0"), masked(said)


TARGETS = (address, condition, forwarded, head, hops, host, log, negotiation, path, preamble, token)
