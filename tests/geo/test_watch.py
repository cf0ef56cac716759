"""Files that change while the gateway serves: whole ones come into service, others do not, and the old ones stay."""

from __future__ import annotations

import gzip
import os
import random
from ipaddress import ip_address
from pathlib import Path

import pytest

from gateway.errors import EvidenceError
from gateway.events import NoEvents
from gateway.geo.evidence import EMBEDDED, Witnesses, load_witnesses
from gateway.geo.maxmind import open_database
from gateway.geo.verify import verify, verify_apart
from gateway.geo.watch import LONGEST_SPREAD_SECONDS, SPREAD_SECONDS, EvidenceWatch, wait_seconds
from tests.geo.worlds import flat, write_mmdb

READER = ip_address("77.88.8.8")
NETWORKS = [f"{n}.{m}.0.0/16" for n in (31, 37, 77, 93) for m in range(0, 255, 3)] + ["77.88.0.0/16"]


def city(path: Path, country: str, built: int = 1_790_000_000) -> Path:
    records = {network: flat(country) | {"city": f"city-{index}"} for index, network in enumerate(NETWORKS)}
    return write_mmdb(path, records, built=built)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return city(tmp_path / "city.mmdb", "RU")


@pytest.fixture
def current(path: Path) -> Witnesses:
    return load_witnesses([path], NoEvents())


def country(witnesses: Witnesses) -> str:
    return witnesses.ask(READER).places[0].country


def test_a_file_counts_as_changed_when_two_looks_find_it_settled(path: Path, current: Witnesses) -> None:
    watch = EvidenceWatch([path])
    assert not watch.changed()
    assert not watch.changed()
    city(path, "DE", built=1_800_000_000)
    assert not watch.changed()
    with path.open("ab") as file:
        file.write(b"\0")
    assert not watch.changed()
    city(path, "DE", built=1_800_000_000)
    assert not watch.changed()
    assert watch.changed()
    fresh = watch.replacement(current, apart=False)
    assert country(fresh) == "DE"
    assert country(current) == "RU"
    assert not watch.changed()


def test_a_file_that_is_gone_leaves_the_old_one_in_service(path: Path, current: Witnesses) -> None:
    watch = EvidenceWatch([path])
    path.unlink()
    assert not watch.changed()
    assert not watch.changed()
    assert country(current) == "RU"


@pytest.mark.parametrize("kind", ["a pipe", "a device without end"])
@pytest.mark.timeout(20)
def test_what_is_no_file_is_refused_at_once_and_the_old_one_stays(path: Path, current: Witnesses, kind: str) -> None:
    watch = EvidenceWatch([path])
    path.unlink()
    os.mkfifo(path) if kind == "a pipe" else path.symlink_to("/dev/zero")
    with pytest.raises(EvidenceError, match="no file"):
        watch.replacement(current, apart=False)
    assert country(current) == "RU"
    path.unlink()
    assert country(watch.replacement(load_witnesses([city(path, "DE")], NoEvents()), apart=False)) == "DE"


def test_fifty_replacements_atomic_and_in_place_hurt_no_reader(path: Path, tmp_path: Path, current: Witnesses) -> None:
    watch, served = EvidenceWatch([path]), current
    for turn in range(50):
        wanted = ("DE", "FR")[turn % 2]
        new = city(tmp_path / "new.mmdb", wanted, built=1_790_000_001 + turn)
        if turn % 2:
            path.write_bytes(new.read_bytes())
        else:
            new.replace(path)
        assert country(served) in ("RU", "DE", "FR")
        served = watch.replacement(served, apart=False)
        assert country(served) == wanted


def damaged(whole: bytes, kind: str) -> bytes:
    """One of the nine damages of the fault matrix."""
    rng = random.Random(7)
    data = bytearray(whole)
    if kind == "tree cut":
        middle = 3000
        return bytes(data[:300] + bytes(middle - 300) + data[middle:])
    if kind == "tree overwritten":
        for place in range(3000):
            data[place] = rng.randrange(256)
    elif kind == "data overwritten":
        last = data.index(b"city-330")  # beyond those records that opening looks at
        data[last - 1 : last + 8] = b"\xff" * 9
    else:
        return {
            "empty": b"", "garbage": rng.randbytes(len(whole)), "half": whole[: len(whole) // 2], "ten short": whole[:-10],
            "packed": gzip.compress(whole), "a web page": b"<!doctype html><title>Sign in</title>",
        }[kind]  # fmt: skip
    return bytes(data)


NINE = [
    "empty",
    "garbage",
    "half",
    "ten short",
    "packed",
    "a web page",
    "tree cut",
    "tree overwritten",
    "data overwritten",
]


@pytest.mark.parametrize("kind", NINE)
def test_a_damaged_file_is_refused_and_the_old_one_stays(path: Path, current: Witnesses, kind: str) -> None:
    watch = EvidenceWatch([path])
    path.write_bytes(damaged(path.read_bytes(), kind))
    with pytest.raises(EvidenceError, match=r"city\.mmdb"):
        watch.replacement(current, apart=False)
    assert country(current) == "RU"
    assert not watch.changed()


def test_an_older_file_is_refused_unless_it_is_wanted(path: Path, current: Witnesses) -> None:
    watch = EvidenceWatch([path])
    city(path, "DE", built=1_780_000_000)
    with pytest.raises(EvidenceError, match="older than the one in service"):
        watch.replacement(current, apart=False)
    assert country(watch.replacement(current, allow_older=True, apart=False)) == "DE"


def test_another_kind_of_database_is_refused(path: Path, current: Witnesses) -> None:
    write_mmdb(path, {"77.88.0.0/16": {"autonomous_system_number": 13238}}, kind="GeoLite2-ASN")
    with pytest.raises(EvidenceError, match="no country"):
        EvidenceWatch([path]).replacement(current, apart=False)


def test_a_database_that_is_wrong_about_places_everybody_knows_is_refused(tmp_path: Path) -> None:
    networks = ("8.0.0.0/8", "77.88.0.0/16", "141.20.0.0/16", "129.132.0.0/16", "133.11.0.0/16", "200.160.0.0/16")
    lying = open_database(write_mmdb(tmp_path / "lying.mmdb", {network: flat("AQ") for network in networks}))
    with pytest.raises(EvidenceError, match="right on only 0 of 6 well-known addresses"):
        verify(lying)


def test_the_check_by_a_process_of_its_own_comes_to_the_same(path: Path, tmp_path: Path) -> None:
    verify_apart(open_database(path))
    bad = tmp_path / "bad.mmdb"
    bad.write_bytes(damaged(path.read_bytes(), "data overwritten"))
    with pytest.raises(EvidenceError, match=r"bad\.mmdb: a record cannot be read"):
        verify_apart(open_database(bad))


def test_files_that_did_not_change_are_kept_open_as_they_are(path: Path, current: Witnesses) -> None:
    os.utime(path, (1, 1))
    watch = EvidenceWatch([path])
    assert watch.replacement(current, apart=False).databases[0] is current.databases[0]


def test_without_files_of_ones_own_the_embedded_evidence_stays() -> None:
    watch = EvidenceWatch([])
    assert not watch.changed()
    current = load_witnesses([], NoEvents())
    assert current.infos[0].path == str(EMBEDDED)
    assert watch.replacement(current, apart=False).digest == current.digest


def test_a_file_that_is_gone_is_told(path: Path) -> None:
    watch = EvidenceWatch([path])
    assert watch.gone() == []
    path.unlink()
    assert watch.gone() == ["city.mmdb"]
    assert not watch.changed()


def test_the_workers_of_a_machine_do_not_all_read_a_new_file_at_once() -> None:
    assert wait_seconds(1, 1.0) == 0.0  # nobody to wait for
    assert [wait_seconds(3, chance) for chance in (0.0, 0.5, 1.0)] == [0.0, SPREAD_SECONDS, 2 * SPREAD_SECONDS]
    assert wait_seconds(256, 1.0) == LONGEST_SPREAD_SECONDS  # or the last would be late
