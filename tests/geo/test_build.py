"""Fusing: the evidence file says exactly what its sources say, each of them, and is whole."""

from __future__ import annotations

import itertools
import json
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import maxminddb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.errors import EvidenceError
from gateway.events import NoEvents
from gateway.geo import text_ranges
from gateway.geo.build import evidence_file, fuse, overlaid
from gateway.geo.build_apart import build_apart, install
from gateway.geo.evidence import load_witnesses
from gateway.geo.maxmind import open_database
from gateway.geo.mmdb_tree import NOTHING, DamagedTreeError, Tree, Weaver, write
from gateway.geo.region import Place
from gateway.geo.report import report
from gateway.geo.source_cuts import specs
from gateway.geo.sources import Source, licence_of
from gateway.geo.verify import verify
from tests.geo.worlds import flat, geoip2, write_mmdb


def quietly(_what: str, _done: float) -> None:
    """Nobody watches."""


CITY = {
    "77.88.0.0/16": flat("RU", "Moscow"), "91.241.128.0/24": flat("RU", "Crimea"), "37.73.0.0/16": flat("UA", "Kyiv City"),
    "8.8.8.0/24": flat("US", "California"), "8.8.9.0/24": flat("US", "Texas"), "185.43.224.0/22": flat("UA", "Kherson"),
    "2a02:6b8::/32": flat("RU", "Moscow"), "2001:620::/32": flat("CH"), "1.2.3.0/24": flat("EU"),
}  # fmt: skip
SECOND = {
    "77.88.0.0/17": geoip2("RU"), "91.241.128.0/25": geoip2("UA", "43"), "37.73.0.0/20": geoip2("UA", registered="RU"),
    "8.8.8.0/23": geoip2("US"), "185.43.224.0/24": geoip2("RU"), "2a02:6b8:8000::/33": geoip2("RU"),
    "102.88.0.0/16": geoip2("NG"),
}  # fmt: skip
TEXT4 = "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n134744064,134744319,US\n1542553600,1542553855,RU\n1542553856,1542553860,??\n"
TEXT6 = "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n2001:620::,2001:620:ffff:ffff:ffff:ffff:ffff:ffff,CH\n"
PROBES = [
    "77.88.8.8",
    "77.88.200.1",
    "91.241.128.34",
    "91.241.128.200",
    "37.73.1.1",
    "37.73.200.1",
    "8.8.8.8",
    "8.8.9.9",
]
PROBES += [
    "185.43.224.1",
    "185.43.226.1",
    "102.88.1.1",
    "1.2.3.4",
    "9.9.9.9",
    "2a02:6b8::1",
    "2a02:6b8:8000::1",
    "2001:620::1",
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    write_mmdb(root / "city.mmdb", CITY, built=1_780_000_000)
    write_mmdb(root / "second.mmdb", SECOND, built=1_790_000_000)
    (root / "geoip").write_text(TEXT4)
    (root / "geoip6").write_text(TEXT6)
    return root


def arguments(root: Path) -> list[str]:
    return [str(root / name) for name in ("city.mmdb", "second.mmdb", "geoip", "geoip6")]


@pytest.fixture(scope="module")
def built(sources: Path) -> Path:
    path = sources / "evidence.mmdb"
    install(evidence_file(fuse(specs(arguments(sources)), quietly), quietly), path)
    return path


def kept(place: Place) -> Place:
    """A place with only those subdivisions that fused evidence keeps."""
    subdivision = place.subdivision if place.subdivision and place.subdivision[:2] in ("UA", "RU") else None
    return Place(place.source, place.country, subdivision, place.registered)


@pytest.mark.parametrize("text", PROBES)
def test_fused_evidence_says_what_its_sources_say_when_they_are_asked_separately(
    sources: Path, built: Path, text: str
) -> None:
    address = ip_address(text)
    separately = load_witnesses([sources / "city.mmdb", sources / "second.mmdb"], NoEvents()).ask(address).places
    fused = load_witnesses([built], NoEvents()).ask(address).places
    assert [place for place in fused if place.source != "ipfire"] == [kept(place) for place in separately]


def test_text_ranges_are_a_source_like_any_other(built: Path) -> None:
    witnesses = load_witnesses([built], NoEvents())
    assert Place("ipfire", "US") in witnesses.ask(ip_address("8.8.8.8")).places
    assert Place("ipfire", "RU") in witnesses.ask(ip_address("91.241.128.34")).places
    assert Place("ipfire", "CH") in witnesses.ask(ip_address("2001:620::1")).places
    assert not any(place.source == "ipfire" for place in witnesses.ask(ip_address("8.8.9.9")).places)


def test_the_file_is_an_ordinary_mmdb_that_carries_its_sources(built: Path) -> None:
    with maxminddb.open_database(built, maxminddb.MODE_MEMORY) as reader:
        assert reader.metadata().database_type == "Gateway-Evidence"
        assert reader.metadata().build_epoch == 1_790_000_000
        assert json.loads(reader.metadata().description["gateway-sources"])[0]["name"] == "city"
        assert reader.get("91.241.128.34") == {
            "evidence": [
                {"source": "city", "country": "RU", "subdivision": "UA-43"},
                {"source": "second", "country": "UA", "subdivision": "UA-43"},
                {"source": "ipfire", "country": "RU"},
            ]
        }
    database = open_database(built)
    verify(database)
    assert [source.name for source in database.info.sources] == ["city", "second", "ipfire"]
    assert database.info.sources[2].built is not None
    assert database.info.sources[2].licence == "CC-BY-SA-4.0"
    assert database.info.licence == ""  # of the two test files nobody knows the licence


def test_the_same_sources_give_the_same_bytes(sources: Path, built: Path) -> None:
    assert evidence_file(fuse(specs(arguments(sources)), quietly), quietly) == built.read_bytes()


def test_the_build_runs_apart_and_reports_what_each_source_adds(sources: Path, built: Path, tmp_path: Path) -> None:
    output, steps = tmp_path / "out" / "evidence.mmdb", list[str]()
    found = build_apart(arguments(sources), output, lambda what, _done: steps.append(what))
    assert output.read_bytes() == built.read_bytes()
    assert {"city", "second", "ipfire", "fusing", "weaving", "counting"} <= set(steps)
    city, second, ipfire = found.sources
    assert (city.in_six, city.six_only_it) == (256 + 1024, 128 + 1024)
    assert (second.in_six, second.six_only_it) == (128, 0)
    assert ipfire.in_realm == 256
    assert second.only_it == 0
    assert city.only_it == 65536 // 2 + (1024 - 256)
    assert found.standings["UA"]["possible"] > 0
    assert {(a, b): differ for a, b, _, differ in found.pairs}["city", "second"] == 128 + 256
    assert found == report(fuse(specs(arguments(sources)), quietly))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: [str(root / "nothing.mmdb")], "no such file"),
        (lambda root: [str(root / "evidence.mmdb")], "fused evidence already"),
        (lambda root: [str(root / "broken.mmdb")], "not a whole MaxMind DB"),
        (lambda root: [str(root / "unordered")], "out of order"),
        (lambda root: [str(root / "words")], "not `first,last,CC`"),
    ],
)
def test_a_source_that_cannot_be_used_is_named_and_nothing_is_written(
    sources: Path, built: Path, tmp_path: Path, make: object, said: str
) -> None:
    assert built.exists()
    (sources / "broken.mmdb").write_bytes(built.read_bytes()[:500])
    (sources / "unordered").write_text("# ranges\n20,30,RU\n10,15,US\n")
    (sources / "words").write_text("# ranges\nfrom here,to there,RU\n")
    assert callable(make)
    with pytest.raises(EvidenceError, match=said):
        build_apart(make(sources), tmp_path / "evidence.mmdb", quietly)
    assert not list(tmp_path.iterdir())


def test_files_of_one_name_are_one_source(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "dbip-city-ipv4.mmdb", {"77.88.0.0/16": flat("RU")}, version=4)
    write_mmdb(tmp_path / "dbip-city-ipv6.mmdb", {"2a02:6b8::/32": flat("RU")})
    (spec,) = specs([str(tmp_path / "dbip-city-ipv4.mmdb"), str(tmp_path / "dbip-city-ipv6.mmdb")])
    assert spec.name == "dbip-city"
    fused = fuse([spec], quietly)
    assert len(fused.v4) == 3
    assert len(fused.v6) == 3


def test_nobody_is_asked_about_teredo_and_6to4(tmp_path: Path) -> None:
    records = {"2001::/16": flat("US"), "2002::/16": flat("RU"), "2400::/12": flat("JP")}
    fused = fuse(specs([str(write_mmdb(tmp_path / "a.mmdb", records))]), quietly)
    (tmp_path / "fused.mmdb").write_bytes(evidence_file(fused, quietly))
    database = open_database(tmp_path / "fused.mmdb")
    answers = {text: bool(database.places(ip_address(text))) for text in ("2001::1", "2001:1::1", "2002::1", "2400::1")}
    assert answers == {"2001::1": False, "2001:1::1": True, "2002::1": False, "2400::1": True}


def test_the_strictest_licence_among_the_sources_is_the_files() -> None:
    def made_of(*licences: str) -> str:
        return licence_of([Source(str(index), licence=licence) for index, licence in enumerate(licences)])

    assert made_of("CC-BY-4.0", "PDDL-1.0") == "CC-BY-4.0"
    assert made_of("CC-BY-4.0", "CC-BY-SA-4.0", "PDDL-1.0") == "CC-BY-SA-4.0"
    assert made_of("CC-BY-4.0", "GeoLite2 EULA") == ""
    assert made_of() == ""


# The tree by itself: whatever is woven is read back, by our walk and by MaxMind's reader.

CUTS = st.dictionaries(st.integers(0, 2**32 - 1), st.integers(NOTHING, 5), max_size=25).map(
    lambda found: sorted({0: NOTHING, **found}.items())
)


@example([(0, 1), (1 << 30, 2), (1 << 31, 1), (3 << 30, 2)], [])  # equal branches side by side are still two
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(CUTS, st.lists(st.integers(0, 2**32 - 1), max_size=10))
def test_a_woven_tree_is_read_back_as_it_was_meant(
    tmp_path: Path, cuts: list[tuple[int, int]], more: list[int]
) -> None:
    weaver = Weaver()
    four = weaver.weave(cuts, 32)
    root = four
    for _ in range(96):
        root = weaver.branch(root, NOTHING)
    if root == NOTHING:
        return
    data = write(
        weaver,
        root,
        [{"n": str(n)} for n in range(6)],
        {"database_type": "t", "description": {"en": "t"}, "build_epoch": 1},
    )
    path = tmp_path / "woven.mmdb"
    path.write_bytes(data)

    def meant(address: int) -> int:
        return [value for start, value in cuts if start <= address][-1]

    with maxminddb.open_database(path, maxminddb.MODE_MEMORY) as reader:
        for address in [*more, *(start for start, _ in cuts), *(max(0, start - 1) for start, _ in cuts)]:
            record = reader.get(IPv4Address(address))
            assert (int(record["n"]) if isinstance(record, dict) else NOTHING) == meant(address)
        facts = reader.metadata()
        tree = Tree(data, facts.node_count, facts.record_size, facts.ip_version)
        node, height = tree.root(4)
        numbers: dict[int, int] = {}

        def classify(_record: int, start: int) -> int:
            return numbers.setdefault(meant(start), meant(start))

        walked = list(tree.cuts(node, height, classify))
    merged = [cut for index, cut in enumerate(cuts) if index == 0 or cut[1] != cuts[index - 1][1]]
    assert walked == merged


@given(st.lists(CUTS, min_size=1, max_size=4), st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_laid_over_one_another_each_source_still_says_its_own(
    streams: list[list[tuple[int, int]]], probes: list[int]
) -> None:
    said: list[tuple[int, ...]] = []

    def number(classes: tuple[int, ...]) -> int:
        if classes not in said:
            said.append(classes)
        return said.index(classes)

    together = list(overlaid(streams, number))
    assert together[0][0] == 0
    assert all(one[0] < other[0] and one[1] != other[1] for one, other in itertools.pairwise(together))
    for address in [*probes, *(start for stream in streams for start, _ in stream)]:
        (found,) = [value for start, value in together if start <= address][-1:]
        assert said[found] == tuple([value for start, value in stream if start <= address][-1] for stream in streams)


def test_a_tree_that_runs_in_circles_or_points_outside_is_found_out() -> None:
    def tree(*records: tuple[int, int]) -> Tree:
        nodes = b"".join((left << 24 | right).to_bytes(6, "big") for left, right in records)
        return Tree(nodes + bytes(16) + b"\x44data", len(records), 24, 4)

    circle = tree((0, 0))
    with pytest.raises(DamagedTreeError):
        list(circle.cuts(0, 32, lambda _record, _start: 0))
    with pytest.raises(DamagedTreeError, match="outside"):
        tree((1, 5000)).data_records()
    assert tree((1, 17)).data_records() == {17}


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.sampled_from(["RU", "UA", "??", "DE"])), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_ranges_are_read_with_their_gaps(tmp_path: Path, starts: list[tuple[int, str]]) -> None:
    lines, known = [], dict[int, str]()
    ordered = sorted(dict(starts).items())
    for index, (start, code) in enumerate(ordered):
        end = min(start + 100, ordered[index + 1][0] - 1 if index + 1 < len(ordered) else 2**32 - 1)
        lines.append(f"{start},{end},{code}")
        known |= {start: code, end: code}
    path = tmp_path / "geoip"
    path.write_text("# made by a test\n" + "\n".join(lines) + "\n")
    codes = ["RU", "UA", "DE"]
    cuts = list(text_ranges.cuts(path, lambda code: codes.index(code) if code in codes else NOTHING))
    assert cuts[0] == (0, NOTHING) or cuts[0][0] == 0
    for address, code in known.items():
        found = [value for start, value in cuts if start <= address][-1]
        assert found == (codes.index(code) if code in codes else NOTHING)


def test_an_ipv6_address_may_have_any_bits(built: Path) -> None:
    database = open_database(built)
    for address in (IPv6Address(0), IPv6Address(2**128 - 1), IPv6Address("2a02:6b8:ffff::")):
        assert isinstance(database.places(address), tuple)
