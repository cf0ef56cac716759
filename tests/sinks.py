"""Everything that a gateway leaves behind or tells, and what of its readers must be found in none of it.

Every gateway that `tests.running` starts is held to this when it ends, whatever its test was about: its readers send
the canaries below with each request, and the log, the console, the metrics, the shared cache and the state directory
are looked through.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import orjson
import redis

from gateway.cache.valkey import _socket_path
from tests.geo.addresses import ADDRESSES

CANARIES: Final = {
    "User-Agent": "Mozilla/5.0 (c4n4ry-agent)",
    "Referer": "https://c4n4ry-referrer.example/search?q=c4n4ry",
    "Cookie": "session=c4n4ry-cookie",
}
"""What every reader of a test sends, unless the test has words of its own for it."""

READERS: Final = (*ADDRESSES.values(), "8.8.8.8", "77.88.8.8", "95.165.131.17", "105.112.0.1")
"""Addresses that tests send by other ways than `Running.get`."""

KEYS_READ, VALUE_BYTES = 2_000, 1 << 20
_PAGE = struct.Struct(">4sH")
_SHORTEST_PREFIX = 9


@dataclass(slots=True)
class Tally:
    """What was looked through in this process."""

    gateways: int = 0
    sinks: int = 0
    size: int = 0
    kinds: set[str] = field(default_factory=set)

    def add(self, gateways: int, sinks: int, size: int, kinds: Iterable[str]) -> None:
        """What was looked through elsewhere."""
        self.gateways += gateways
        self.sinks += sinks
        self.size += size
        self.kinds |= set(kinds)

    def sentence(self) -> str:
        """For whoever waits for the tests."""
        return (
            f"privacy: {self.gateways} gateways ended, {self.sinks} sinks of {len(self.kinds)} kinds looked through "
            f"({self.size / 1e6:.1f} MB) for addresses, agents, referrers, cookies and secrets"
        )


TALLY: Final = Tally()


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must be found nowhere. `packed` only where there is text, since any four bytes stand somewhere in a
    compressed page; `token` everywhere but on the console, which greets the operator with it.
    """

    words: tuple[bytes, ...]
    numbers: tuple[bytes, ...]
    packed: tuple[bytes, ...]
    token: bytes

    @classmethod
    def of(cls, readers: Iterable[str], state: Path, environment: Mapping[str, str]) -> Secrets:
        """Of these readers, and of the gateway with this state and these settings."""
        words, numbers, packed = {b"c4n4ry"}, set[bytes](), set[bytes]()
        for reader in {*READERS, *readers}:
            try:
                address = ip_address(reader)
            except ValueError:
                continue
            if not address.is_global:
                continue
            numbers |= {
                form.encode() for form in (str(address), address.exploded, str(int(address)), address.packed.hex())
            }
            packed.add(address.packed)
            network = reader.rpartition(".")[0]
            words |= {f"{network}.".encode()} if len(network) >= _SHORTEST_PREFIX else set()
        words |= {password.encode() for password in _passwords(environment)}
        with contextlib.suppress(OSError):
            words.add((state / "signing-key").read_bytes().strip())
        token = b""
        with contextlib.suppress(OSError):
            token = (state / "admin-token").read_bytes().strip()
        return cls(tuple(words), tuple(numbers), tuple(packed), token)

    def found_in(self, sink: bytes, *, text: bool, console: bool = False) -> Iterator[bytes]:
        """Those of them that stand in these bytes."""
        yield from (word for word in self.words if word and word in sink)
        for number in self.numbers:  # 8.8.8.8 is not in 18.8.8.8, nor a number in a longer one
            if number in sink and re.search(rb"(?<![0-9A-Za-z])" + re.escape(number) + rb"(?![0-9A-Za-z])", sink):
                yield number
        if text:
            yield from (address for address in self.packed if address in sink)
        if self.token and not console and self.token in sink:
            yield self.token


def _passwords(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name.startswith("GATEWAY_REDIS") and (password := urlsplit(value).password):
            yield unquote(password)
        if name in ("GATEWAY_ADMIN_TOKEN", "GATEWAY_SIGNING_KEY", "GATEWAY_PROXY_SECRET") and value:
            yield value


def kept_in_redis(state: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Keys and values of the shared cache, of pages what is not compressed; nothing where it cannot be reached."""
    url = environment.get("GATEWAY_REDIS_URL") or f"unix://{quote(str(_socket_path(state.resolve() / 'valkey')))}"
    with (
        contextlib.suppress(redis.RedisError, OSError, ValueError),
        redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client,
    ):
        for key in itertools.islice(client.scan_iter(count=500), KEYS_READ):
            yield "redis key", key
            with contextlib.suppress(redis.ResponseError):
                yield "redis value", _legible(_value(client, key))


def _value(client: redis.Redis, key: bytes) -> bytes:
    """Of a string what it says, of anything else what Redis would write of it."""
    if client.type(key) == b"string":
        return bytes(client.getrange(key, 0, VALUE_BYTES))
    return client.dump(key) or b""


def _legible(value: bytes) -> bytes:
    """Of a stored page, key, meta and the body as it is; anything else whole."""
    try:
        magic, length = _PAGE.unpack_from(value)
        at = _PAGE.size + length
        meta_end = at + 4 + int.from_bytes(value[at : at + 4], "big")
        bodies = orjson.loads(value[at + 4 : meta_end])["bodies"]
    except (struct.error, ValueError, KeyError, TypeError):
        return value
    return value[: meta_end + bodies[0][1]] if magic == b"GWP1" and bodies[0][0] == "identity" else value


def leaks(
    directory: Path, state: Path, live: Iterable[tuple[str, bytes]], secrets: Secrets, operators: Path
) -> list[str]:
    """Where something was found, and what. `live`: sinks that were read while it ran. `operators`: the policies, which
    may name addresses; the state directory keeps a copy of them.
    """
    found: list[str] = []
    files = [directory / "gateway.log", directory / "console.txt", *(p for p in state.rglob("*") if p.is_file())]
    sinks = [*live, *((str(path), path.read_bytes()) for path in files if path.is_file())]
    for name, sink in sinks:
        own = Path(name).name
        if own in ("admin-token", "signing-key") or not sink:
            continue
        TALLY.add(0, 1, len(sink), [own.partition("-")[0]])
        hits = set(secrets.found_in(sink, text=own != "dump.rdb" and _is_text(sink), console=own == "console.txt"))
        if hits and "/policies/" in name:
            written = b"".join(path.read_bytes() for path in operators.rglob("*") if path.is_file())
            hits = {hit for hit in hits if hit not in written}
        found += [f"{name}: {hit!r}" for hit in hits]
    TALLY.add(1, 0, 0, ())
    return found


def _is_text(sink: bytes) -> bool:
    try:
        sink.decode()
    except UnicodeDecodeError:
        return False
    return True
