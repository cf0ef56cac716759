"""Promise 6: the reader's address goes no further than the lookup."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from tests.running import gateway
from tests.servers import valkey

READERS = ("95.165.131.17", "2a02:6b8::2:242", "::ffff:91.214.71.33", "91.214.71.33:5123", "garbage-canary-7")
AGENT, REFERRER, COOKIE = "CanaryAgent/9.1", "https://canary-referrer.example/x", "session=canary-cookie"


def spellings(address: str) -> set[bytes]:
    """An address as text, as a number, in hexadecimal, and packed."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return {address.encode()}
    return {address.encode(), str(int(parsed)).encode(), parsed.packed.hex().encode(), parsed.packed}


def test_no_sink_holds_address_agent_referrer_or_cookie(tmp_path: Path) -> None:
    with valkey(tmp_path / "valkey") as server:
        with gateway(tmp_path, redis_url=server.url) as running:
            for reader in READERS:
                headers = {"User-Agent": AGENT, "Referer": REFERRER, "Cookie": COOKIE}
                for path in ("/", "/articles/the-ferry-that-still-runs", "/no/such", "/%zz", "/feed.xml"):
                    running.get(path, headers, reader=reader)
                running.get("/", headers, reader=reader, method="DELETE")
            metrics = running.admin("/metrics").body
            keys = server.command("KEYS", "*")
            assert isinstance(keys, list)
            stored = b"".join(bytes(k) + repr(server.command("DUMP", k)).encode() + bytes(k) for k in keys)
            assert len(keys) > 3
        sinks = [running.log.read_bytes(), (tmp_path / "console.txt").read_bytes(), metrics, stored]
        sinks += [file.read_bytes() for file in running.state.rglob("*") if file.is_file()]
        wanted = {spelling for reader in READERS for spelling in spellings(reader) if len(spelling) > 4}
        wanted |= {AGENT.encode(), REFERRER.encode(), b"canary-cookie", b"95.165.131", b"91.214.71"}
        for sink in sinks:
            for secret in wanted:
                assert secret not in sink
