"""Fuse several GeoIP databases into one compact evidence file: an ordinary MMDB that says what each source says.

Each source is walked once, each of its records classified once, equal neighbours are merged; the sources' ranges are
then laid over one another, and the tree is woven with equal branches shared. Same sources, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path

from gateway.errors import EvidenceError
from gateway.geo import text_ranges
from gateway.geo.maxmind import SOURCES_KEY, Database, open_database
from gateway.geo.mmdb_tree import NOTHING, Cut, DamagedTreeError, Weaver, write
from gateway.geo.records import FUSED, labels_of
from gateway.geo.region import Place
from gateway.geo.sources import Source, licence_of, source_name, source_of, sources_to_text
from gateway.geo.territory import place_of, understood

Step = Callable[[str, float], None]
"""Told what is being done and how much of it is done, from 0 to 1."""

KEPT_SUBDIVISIONS = ("UA", "RU")
"""Countries whose subdivisions are kept: those on which a standing in a territory can depend."""

_V6_START = IPv6Network("2000::/3")
_V6_HOLES = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))  # never asked about: Teredo is unknown, 6to4 unwrapped
_MAX_LABELS = 50

What = tuple[str, str | None, str | None]
"""Country, subdivision, registered: a place without its source."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source to fuse: its name and its files (one a family, or one for both)."""

    name: str
    paths: tuple[Path, ...]


@dataclass(slots=True)
class Vocabulary:
    """Classes that the sources share, numbered in the order of their first appearance."""

    classes: list[What] = field(default_factory=list)
    numbers: dict[What, int] = field(default_factory=dict)

    def number(self, place: Place | None) -> int:
        """The class of what a source says; NOTHING where it abstains."""
        if place is None:
            return NOTHING
        kept = place.subdivision if place.subdivision and place.subdivision[:2] in KEPT_SUBDIVISIONS else None
        what = (place.country, kept, place.registered)
        if what not in self.numbers:
            self.numbers[what] = len(self.classes)
            self.classes.append(what)
        return self.numbers[what]


@dataclass(slots=True)
class SourceCuts:
    """One source, read: what it says of each range of each family."""

    source: Source
    v4: list[Cut]
    v6: list[Cut]


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


def specs(arguments: Iterable[str]) -> list[SourceSpec]:
    """Sources from `PATH`, or `NAME=PATH[,PATH]`; files of one name belong together. Raises EvidenceError."""
    files: dict[str, list[Path]] = {}
    for argument in arguments:
        name, equals, paths = argument.rpartition("=")
        for path in map(Path, paths.split(",")):
            if not path.is_file():
                raise EvidenceError(f"{path}: no such file; write PATH, or NAME=PATH,PATH for a source of two files")
            files.setdefault(name if equals else source_name(str(path)), []).append(path)
    return [SourceSpec(name, tuple(paths)) for name, paths in files.items()]


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


def read_source(spec: SourceSpec, vocabulary: Vocabulary, step: Step) -> SourceCuts:
    """Read the files of one source. Raises EvidenceError."""
    v4: list[Cut] = [(0, NOTHING)]
    v6: list[Cut] = [(0, NOTHING)]
    built: list[datetime] = []
    strange: dict[str, None] = {}
    for count, path in enumerate(spec.paths):
        step(spec.name, count / len(spec.paths))
        if text_ranges.is_text(path):
            moment = text_ranges.generated(path)
            built += [moment] if moment else []
            ranges = list(text_ranges.cuts(path, _classifier_of_text(spec.name, vocabulary, strange)))
            if text_ranges.version_of(path) == 4:
                v4 = ranges
            else:
                v6 = list(_without_holes(ranges))
            continue
        database = open_database(path, name=spec.name)
        built.append(database.info.built)
        if database.info.kind == FUSED:
            raise EvidenceError(f"{path}: is fused evidence already; name its original sources")
        four, six = _read_database(database, vocabulary, strange)
        v4, v6 = four if len(four) > 1 else v4, six if len(six) > 1 else v6
    step(spec.name, 1)
    return SourceCuts(source_of(spec.name, max(built, default=None), sorted(strange)[:_MAX_LABELS]), v4, v6)


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


def _read_database(database: Database, vocabulary: Vocabulary, strange: dict[str, None]) -> tuple[list[Cut], list[Cut]]:
    def classifier(family: type[IPv4Address | IPv6Address], base: int) -> Callable[[int, int], int]:
        def classify(_record: int, start: int) -> int:
            record = database.record(family(base + start))
            _note_strange(record, strange)
            places = database.places(family(base + start))
            return vocabulary.number(places[0] if places else None)

        return classify

    try:
        with database.tree() as tree:
            node, height = tree.root(4)
            v4 = list(tree.cuts(node, height, classifier(IPv4Address, 0)))
            if tree.ip_version == 4:
                return v4, [(0, NOTHING)]
            base = int(_V6_START.network_address)
            inside = tree.cuts(tree.descend(1, 3), 125, classifier(IPv6Address, base), skip=node)
            v6 = [(0, NOTHING), *((base + start, found) for start, found in inside), (base << 1, NOTHING)]
            return v4, list(_without_holes(v6))
    except DamagedTreeError as error:
        raise EvidenceError(f"{database.info.path}: damaged ({error}); fetch the file again") from error


def _classifier_of_text(name: str, vocabulary: Vocabulary, strange: dict[str, None]) -> Callable[[str], int]:
    known: dict[str, int] = {}

    def classify(code: str) -> int:
        if code not in known:
            known[code] = vocabulary.number(place_of(name, code))
            if not understood(code, (), ()):
                strange[code] = None
        return known[code]

    return classify


def _note_strange(record: object, strange: dict[str, None]) -> None:
    if isinstance(record, dict):
        labels = labels_of(record)
        if not understood(labels.country, labels.codes, labels.names):
            strange["|".join((labels.country, *labels.codes, *labels.names))] = None


def _without_holes(cuts: Iterable[Cut]) -> Iterator[Cut]:
    """IPv6 ranges without those that nobody asks about."""
    holes = [(int(hole.network_address), int(hole.broadcast_address) + 1) for hole in _V6_HOLES]
    current, found_last = NOTHING, NOTHING
    edges: list[tuple[int, int, int]] = [(start, 0, found) for start, found in cuts]
    edges += [(start, 1, 0) for start, _ in holes] + [(end, 2, 0) for _, end in holes]
    within = False
    for start, kind, found in sorted(edges):
        if kind == 0:
            current = found
        else:
            within = kind == 1
        value = NOTHING if within else current
        if value != found_last or start == 0:
            yield start, value
            found_last = value


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
