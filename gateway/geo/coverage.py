"""How much a GeoIP file knows: which share of the address space, how finely, and in which strange words."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from gateway.errors import EvidenceError
from gateway.geo.maxmind import Database
from gateway.geo.mmdb_tree import NOTHING, DamagedTreeError
from gateway.geo.records import ANONYMIZERS, FUSED, labels_of
from gateway.geo.report import addresses
from gateway.geo.territory import understood

GLOBAL_IPV4 = 3_702_258_432
"""Globally reachable unicast IPv4 addresses, after IANA's special-purpose registry."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one source. `ipv4`: for which share of the global addresses it has an answer, 0 to 1.

    `subdivided`: for Russia and Ukraine, which share of their IPv4 addresses has a subdivision (2 % of disagreement
    over the country itself is normal). `not_understood`: labels outside the vocabulary, `COUNTRY|NAME`.
    """

    source: str
    ipv4: float
    subdivided: dict[str, float]
    not_understood: tuple[str, ...]


def coverage(database: Database) -> tuple[Coverage, ...]:
    """Walk the whole file, a second a million nodes. Raises EvidenceError where it is damaged."""
    numbers: dict[tuple[tuple[str, str, bool], ...], int] = {}
    strange: dict[str, None] = {}

    def classifier(family: type[IPv4Address | IPv6Address]) -> Callable[[int, int], int]:
        def classify(_record: int, start: int) -> int:
            address = family(start)
            _note(database, address, strange)
            places = database.places(address)
            found = tuple((place.source, place.country, place.subdivision is not None) for place in places)
            return numbers.setdefault(found, len(numbers)) if found else NOTHING

        return classify

    try:
        with database.tree() as tree:
            node, height = tree.root(4)
            v4 = addresses(list(tree.cuts(node, height, classifier(IPv4Address))), 32)
            if tree.ip_version == 6:  # for its labels
                deque(tree.cuts(0, 128, classifier(IPv6Address), skip=node), maxlen=0)
    except DamagedTreeError as error:
        raise EvidenceError(f"{database.info.path}: damaged ({error}); fetch the file again") from error
    by_number = {number: found for found, number in numbers.items()}
    return tuple(
        _of_source(source.name, by_number, v4, tuple(strange) or source.not_understood)
        for source in database.info.sources
    )


def _of_source(
    name: str,
    said: dict[int, tuple[tuple[str, str, bool], ...]],
    v4: Counter[int],
    strange: tuple[str, ...],
) -> Coverage:
    answered = 0
    countries: Counter[tuple[str, bool]] = Counter()
    for number, places in said.items():
        for source, country, subdivided in places:
            if source == name:
                answered += v4[number]
                countries[country, subdivided] += v4[number]
    shares = {}
    for country in ("RU", "UA"):
        total = countries[country, True] + countries[country, False]
        if total:
            shares[country] = countries[country, True] / total
    return Coverage(name, min(1.0, answered / GLOBAL_IPV4), shares, strange)


def _note(database: Database, address: IPv4Address | IPv6Address, strange: dict[str, None]) -> None:
    record = database.record(address)
    if database.info.kind in (FUSED, ANONYMIZERS) or not isinstance(record, dict):
        return
    labels = labels_of(record)
    if not understood(labels.country, labels.codes, labels.names):
        strange["|".join((labels.country, *labels.codes, *labels.names))] = None
