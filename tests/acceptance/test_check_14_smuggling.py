"""Nobody gets bytes that somebody else's request caused: ninety payloads, to the gateway itself and behind four proxies
that keep their connections to it for whoever comes next.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import http_parser

from tests.acceptance.recorder import Recording
from tests.addresses import fronts
from tests.running import Running
from tests.web import downstream
from tests.web.desync_table import CANARY, IGNORED, MALFORMED, MARK, UPGRADES, WITH_A_BODY
from tests.web.wire import Response, Wire, get, timeless
from tests.web.world import READERS, serve, write_world

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

PAYLOADS = {
    **MALFORMED,
    **{f"a body: {name}": payload for name, (payload, _) in WITH_A_BODY.items()},
    **{f"an upgrade {name}": payload for name, payload in UPGRADES.items()},
    **{f"passed over: {name}": payload for name, payload in IGNORED.items()},
}
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) ")
VICTIM = get("/articles/harbour-opens", f"X-Forwarded-For: {READERS['AT']}")
OWN = b'data-withheld="part:p2"'
"""In the victim's page alone: nobody else asks for that article, and none but its reader has a part of it withheld."""

Proxy = Callable[[Path, int], contextlib.AbstractContextManager[int]]
PROXIES: dict[str, Proxy] = {
    **dict(fronts.FRONTS),
    "varnish": lambda directory, upstream: downstream.varnish(upstream, directory),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("site")
    names = "http://news.example,http://127.0.0.1"
    own = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout.split()
    near = ",".join(["loopback", *own])  # Envoy names the address of another interface than it was asked by
    with serve(root, write_world(root), base_url=names, trusted_proxies=near) as running:
        yield running


@contextlib.contextmanager
def in_front(name: str, directory: Path, site: Running) -> Iterator[int]:
    """The port to ask: the gateway's own, or the proxy's."""
    if name == "direct":
        yield site.port
        return
    with PROXIES[name](directory, site.port) as port:
        deadline = time.monotonic() + 10
        while asked(port).status != 200:  # it may not know yet that the gateway is there
            assert time.monotonic() < deadline
        yield port


def asked(port: int) -> Response:
    """The victim's page, on a connection of its own; a proxy may send it in chunks."""
    with Wire(port) as wire:
        wire.send(VICTIM[:-2] + b"X-Reader: " + READERS["AT"].encode() + b"\r\nConnection: close\r\n\r\n")
        raw = wire.everything()
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Response(int(first.split(" ")[1]), fields, body, raw)


def steady(answer: Response) -> tuple[int, bytes]:
    """What may not differ from one asking to the next. (The tag may: the page is coded better once it is asked often.)"""
    body, whole = answer.body, b""
    if "transfer-encoding" not in answer:
        return answer.status, body
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return answer.status, whole


@pytest.mark.parametrize("name", ["direct", *PROXIES])
def test_check_14_no_second_client_gets_bytes_that_the_first_caused(
    name: str, site: Running, tmp_path: Path, check: Recording
) -> None:
    row = check(14, name)
    met: Counter[bytes] = Counter()
    mixed = askings = 0
    with in_front(name, tmp_path, site) as port:
        clean = steady(asked(port))
        assert OWN in clean[1]
        for label, payload in PAYLOADS.items():
            with Wire(port, seconds=0.4) as attacker, Wire(port, seconds=0.4) as split:
                attacker.send(payload + CANARY)
                split.send(payload, CANARY, pause=0.01)
                for _ in range(3):
                    askings += 1
                    found = steady(asked(port))
                    if found != clean or MARK.encode() in found[1]:
                        mixed += 1
                        print(f"{name}, {label}: the second client got {found[0]}, {found[1][:80]!r}")  # noqa: T201
                for wire in (attacker, split):
                    said = _said(wire)
                    met += Counter(STATUS.findall(said)[:1] or [b"nothing"])
                    if OWN in said:
                        mixed += 1
                        print(f"{name}, {label}: the first client got the second's page")  # noqa: T201
        assert steady(asked(port)) == clean
    answers = ", ".join(f"{count} × {status.decode()}" for status, count in met.most_common())
    row.figure(f"{mixed} mixed in {askings} askings after {len(PAYLOADS)} payloads, each sent two ways ({answers})")
    assert mixed == 0


def _said(wire: Wire) -> bytes:
    with contextlib.suppress(TimeoutError):
        return wire.everything()
    return wire.left


def test_check_14_malformed_framing_is_refused_and_closed(site: Running, check: Recording) -> None:
    row = check(14, "direct, malformed framing")
    assert http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy
    met: Counter[int] = Counter()
    for label, payload in MALFORMED.items():
        with Wire(site.port) as wire:
            said = wire.send(payload + CANARY).everything()  # raises where the connection stays open
        statuses = [int(status) for status in STATUS.findall(said)]
        assert len(statuses) == 1, (label, said)
        assert MARK.encode() not in said
        met[statuses[0]] += 1
    assert set(met) <= {400, 405, 505}
    others = "505 where it is another version, 405 where only the body of a POST is malformed, which nobody reads"
    row.figure(f"{len(MALFORMED)} of {len(MALFORMED)} refused and closed: {dict(met)} ({others})")
    assert timeless(asked(site.port).raw)
