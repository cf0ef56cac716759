"""What moved between two GeoIP files: IPv4 addresses by what was said of them before and what is said now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from gateway.errors import EvidenceError
from gateway.geo.build import overlaid
from gateway.geo.maxmind import Database
from gateway.geo.mmdb_tree import NOTHING, Cut, DamagedTreeError
from gateway.geo.region import CONTROLLED_BY, Place
from gateway.geo.report import addresses

_HELD = frozenset(code for control in CONTROLLED_BY.values() for code in control.territories)


@dataclass(frozen=True, slots=True)
class Difference:
    """`compared`: addresses that either file knows; `moves`: (before, after, addresses), the largest first.

    What is said is a country, `UA-43` where any source names a held territory, `disputed` without a majority, `-` for
    nothing.
    """

    compared: int
    moved: int
    moves: tuple[tuple[str, str, int], ...]


def difference(old: Database, new: Database) -> Difference:
    """Lay one file over the other. Raises EvidenceError where one is damaged."""
    words: list[str] = []
    numbers: dict[str, int] = {}
    pairs: list[tuple[int, ...]] = []
    known: dict[tuple[int, ...], int] = {}

    def word(text: str) -> int:
        if text not in numbers:
            numbers[text] = len(words)
            words.append(text)
        return numbers[text]

    def pair(classes: tuple[int, ...]) -> int:
        if classes not in known:
            known[classes] = len(pairs)
            pairs.append(classes)
        return known[classes]

    streams = [list(_said(database, word)) for database in (old, new)]
    counts: Counter[tuple[str, str]] = Counter()
    for number, weight in addresses(list(overlaid(streams, pair)), 32).items():
        before, after = ("-" if found == NOTHING else words[found] for found in pairs[number])
        if (before, after) != ("-", "-"):
            counts[before, after] += weight
    moves = [(before, after, weight) for (before, after), weight in counts.items() if before != after]
    moves.sort(key=lambda move: (-move[2], move[0], move[1]))
    return Difference(counts.total(), sum(weight for *_, weight in moves), tuple(moves))


def label(places: tuple[Place, ...]) -> str:
    """What a file says of an address, in one word."""
    held = sorted({place.subdivision for place in places if place.subdivision in _HELD})
    if held:
        return "+".join(filter(None, held))
    votes = [place.country for place in places]
    leader = max(sorted(set(votes)), key=votes.count, default="-")
    return leader if 2 * votes.count(leader) > len(votes) or not votes else "disputed"


def _said(database: Database, word: Callable[[str], int]) -> Iterator[Cut]:
    def classify(_record: int, start: int) -> int:
        places = database.places(IPv4Address(start))
        return word(label(places)) if places else NOTHING

    try:
        with database.tree() as tree:
            node, height = tree.root(4)
            if height == 32:
                yield from tree.cuts(node, height, classify)
    except DamagedTreeError as error:
        raise EvidenceError(f"{database.info.path}: damaged ({error}); fetch the file again") from error
