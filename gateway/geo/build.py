"""Fuse several GeoIP databases into one compact evidence file: an ordinary MMDB that says what each source says.

Each source is walked once, each of its records classified once, equal neighbours are merged; the sources' ranges are
then laid over one another, and the tree is woven with equal branches shared. Same sources, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge

from gateway.geo.maxmind import SOURCES_KEY
from gateway.geo.mmdb_tree import NOTHING, Cut, Weaver, write
from gateway.geo.region import Place
from gateway.geo.source_cuts import SourceSpec, Step, Vocabulary, What, read_source
from gateway.geo.sources import Source, licence_of, sources_to_text


@dataclass(slots=True)
class Fused:
    """All sources over one another. A range's class is a number in `tuples`: for each source its class, or NOTHING."""

    sources: tuple[Source, ...]
    classes: list[What]
    tuples: list[tuple[int, ...]]
    v4: list[Cut]
    v6: list[Cut]

    def places(self, number: int) -> tuple[Place, ...]:
        """What the sources say of ranges of a class."""
        if number == NOTHING:
            return ()
        pairs = zip(self.sources, self.tuples[number], strict=True)
        return tuple(Place(source.name, *self.classes[found]) for source, found in pairs if found != NOTHING)


def fuse(sources: Sequence[SourceSpec], step: Step) -> Fused:
    """Read every source and lay them over one another. Raises EvidenceError for a file that cannot be used."""
    vocabulary = Vocabulary()
    read = [read_source(spec, vocabulary, step) for spec in sources]
    tuples: list[tuple[int, ...]] = []
    numbers: dict[tuple[int, ...], int] = {(NOTHING,) * len(read): NOTHING}

    def number(classes: tuple[int, ...]) -> int:
        if classes not in numbers:
            numbers[classes] = len(tuples)
            tuples.append(classes)
        return numbers[classes]

    step("fusing", 0)
    v4 = list(overlaid([source.v4 for source in read], number))
    step("fusing", 0.4)
    v6 = list(overlaid([source.v6 for source in read], number))
    step("fusing", 1)
    return Fused(tuple(source.source for source in read), vocabulary.classes, tuples, v4, v6)


def evidence_file(fused: Fused, step: Step) -> bytes:
    """The fused evidence as an MMDB. Its age is that of the newest source, not the moment of building."""
    step("weaving", 0)
    weaver = Weaver()
    four = weaver.weave(fused.v4, 32)
    step("weaving", 0.5)
    root = weaver.weave(fused.v6, 128)
    root = _grafted(weaver, root, four)
    step("weaving", 0.9)
    records = [{"evidence": [_entry(place) for place in fused.places(number)]} for number in range(len(fused.tuples))]
    built = max((source.built for source in fused.sources if source.built), default=datetime.fromtimestamp(0, UTC))
    names = ", ".join(source.title or source.name for source in fused.sources)
    licence = licence_of(fused.sources) or "not to be passed on"
    description = {
        "en": f"Location evidence of several sources, fused by `gateway geo build`: {names}. Licence: {licence}.",
        SOURCES_KEY: sources_to_text(fused.sources),
    }
    metadata = {
        "database_type": "Gateway-Evidence",
        "description": description,
        "build_epoch": int(built.timestamp()),
    }
    found = write(weaver, root, records, metadata)
    step("weaving", 1)
    return found


def overlaid(streams: Sequence[Sequence[Cut]], number: Callable[[tuple[int, ...]], int]) -> Iterator[Cut]:
    """Several sources' cuts as one: wherever one of them changes, the number of what all say there."""
    tagged = [[(start, index, found) for start, found in stream] for index, stream in enumerate(streams)]
    current = [NOTHING] * len(streams)
    at, last = 0, None
    for start, index, found in merge(*tagged):
        if start != at:
            combined = number(tuple(current))
            if combined != last:
                yield at, combined
                last = combined
            at = start
        current[index] = found
    combined = number(tuple(current))
    if combined != last:
        yield at, combined


def _grafted(weaver: Weaver, root: int, four: int) -> int:
    """The IPv6 tree with the IPv4 tree at ::/96."""
    path = []
    for _ in range(96):
        left, right = weaver.nodes[NOTHING - root - 1] if root < NOTHING else (root, root)
        path.append(right)
        root = left
    for right in reversed(path):
        four = weaver.branch(four, right)
    return four


def _entry(place: Place) -> dict[str, str]:
    entry = {"source": place.source, "country": place.country}
    if place.subdivision:
        entry["subdivision"] = place.subdivision
    if place.registered:
        entry["registered"] = place.registered
    return entry
