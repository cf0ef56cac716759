"""Read one GeoIP source for the build: what it says of each range, in both families, with classes for places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path

from gateway.errors import EvidenceError
from gateway.geo import text_ranges
from gateway.geo.maxmind import Database, open_database
from gateway.geo.mmdb_tree import NOTHING, Cut, DamagedTreeError
from gateway.geo.records import FUSED, labels_of
from gateway.geo.region import Place
from gateway.geo.sources import Source, source_name, source_of
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
