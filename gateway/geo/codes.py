"""Which ISO codes occur in a GeoIP file at all: a policy for a code that never does can never be confirmed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address

from gateway.errors import EvidenceError
from gateway.geo.maxmind import Database
from gateway.geo.mmdb_tree import DamagedTreeError
from gateway.geo.records import FUSED
from gateway.geo.territory import is_country, is_subdivision_code

MOST_NODES = 3_000_000
"""Above this a file is not walked; a million nodes take three seconds."""

_TEXT = re.compile(rb"(?=([\x42\x44-\x46])([A-Z]{2}(?:-[A-Z0-9]{1,3})?))")
"""A short string as the MaxMind DB format 2.0 writes it: type 2 in the high bits, its length in the low ones."""


def codes_in(databases: Iterable[Database]) -> frozenset[str] | None:
    """Every country and subdivision that some database names; None where one is too large, or damaged."""
    found: set[str] = set()
    for database in databases:
        if database.info.nodes > MOST_NODES and database.info.kind != FUSED:
            return None
        try:
            found |= _spelled_out(database) if database.info.kind == FUSED else _codes(database)
        except (DamagedTreeError, EvidenceError):
            return None
    return frozenset(found)


def _spelled_out(database: Database) -> set[str]:
    """Our own files write places as ISO codes, each once: no need to walk the tree."""
    with database.tree() as tree:
        data = bytes(tree.buffer[tree.size :])
    # the pattern may take too much where the next byte looks like a letter: the length says how much is meant
    texts = {text[: length[0] & 0x1F].decode() for length, text in _TEXT.findall(data)}
    return {text for text in texts if is_country(text) or is_subdivision_code(text)}


def _codes(database: Database) -> set[str]:
    """Each record is read once, by the first address that leads to it."""
    found: set[str] = set()

    def reader(family: type[IPv4Address | IPv6Address]) -> Callable[[int, int], int]:
        def classify(_record: int, start: int) -> int:
            for place in database.places(family(start)):
                found.update(code for code in (place.country, place.subdivision) if code)
            return 0

        return classify

    with database.tree() as tree:
        node, height = tree.root(4)
        for _ in tree.cuts(node, height, reader(IPv4Address)):
            pass
        if tree.ip_version == 6:
            for _ in tree.cuts(0, 128, reader(IPv6Address), skip=node):
                pass
    return found
