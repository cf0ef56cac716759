"""Which ISO codes occur in a GeoIP file at all: a policy for a code that never does can never be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address

from gateway.errors import EvidenceError
from gateway.geo.maxmind import Database
from gateway.geo.mmdb_tree import DamagedTreeError

MOST_NODES = 3_000_000
"""Above this a file is not walked; a million nodes take a second."""


def codes_in(databases: Iterable[Database]) -> frozenset[str] | None:
    """Every country and subdivision that some database names; None where one is too large, or damaged."""
    found: set[str] = set()
    for database in databases:
        if database.info.nodes > MOST_NODES:
            return None
        try:
            found |= _codes(database)
        except (DamagedTreeError, EvidenceError):
            return None
    return frozenset(found)


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
