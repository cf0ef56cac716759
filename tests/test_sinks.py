"""The look through what a gateway leaves finds whatever is planted there, and nothing else fails a test by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import sinks
from tests.running import gateway
from tests.servers import valkey

READER = "8.8.4.4"
PLANTED: dict[str, tuple[str, bytes]] = {
    "an address in the log": ("gateway.log", b'{"x": "of 8.8.4.4, say"}'),
    "an address as a number": ("gateway.log", b'{"x": 134743044}'),
    "an address in hexadecimal": ("state/x.json", b'"08080404"'),
    "an address packed": ("console.txt", b"\x08\x08\x04\x04"),
    "an address of which the test never heard by itself": ("state/content-index.json", b"37.144.12.34"),
    "the network of an address": ("gateway.log", b'"37.144.12.0/24"'),
    "an agent": ("state/valkey/log", b"Mozilla/5.0 (c4n4ry-agent)"),
    "a referrer": ("gateway.log", b'"https://c4n4ry-referrer.example/"'),
    "a cookie": ("state/policies/history.jsonl", b'{"c": "c4n4ry-cookie"}'),
}
HARMLESS: dict[str, tuple[str, bytes]] = {
    "a longer address": ("gateway.log", b'"18.8.4.41"'),
    "a longer number": ("gateway.log", b'{"event.duration": 1347430440}'),
    "part of a digest": ("state/x.json", b'"a08080404f"'),
    "four bytes of what is no text": ("state/x.bin", b"\xff\x08\x08\x04\x04"),
}


def test_whatever_is_planted_is_found_and_what_only_looks_like_it_is_not(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        running.get("/", reader=READER)
    secrets = sinks.Secrets.of([READER], running.state, running.environment)
    token = (running.state / "admin-token").read_bytes().strip()
    key = (running.state / "signing-key").read_bytes().strip()
    more = {"the token": ("gateway.log", token), "the key": ("console.txt", key)}
    for name, (where, what) in {**PLANTED, **more, **HARMLESS}.items():
        before = (tmp_path / where).read_bytes() if (tmp_path / where).exists() else b""
        (tmp_path / where).write_bytes(before + what + b"\n")
        found = sinks.leaks(tmp_path, running.state, [], secrets, tmp_path / "none")
        (tmp_path / where).write_bytes(before)
        assert bool(found) == (name not in HARMLESS), (name, found)


@pytest.mark.parametrize("planted", [b"page of 8.8.4.4", b"c4n4ry"])
def test_a_gateway_that_leaves_something_in_redis_fails_its_test(tmp_path: Path, planted: bytes) -> None:
    def plant() -> None:
        with gateway(tmp_path, redis_url=server.url) as running:
            running.get("/", reader=READER)
            server.command("SET", "gw1:planted", planted)

    with valkey(tmp_path / "valkey") as server, pytest.raises(AssertionError, match="redis value"):
        plant()
