"""`geo update`: from a path, a directory of geoipupdate, or a URL; whole, newer, and at once, or not at all."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from gateway.errors import EvidenceError
from gateway.geo.maxmind import open_database
from gateway.geo.update import update
from tests.geo.worlds import flat, geoip2, write_mmdb

OLD, NEW = 1_780_000_000, 1_790_000_000


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "geoip"


def city(path: Path, country: str = "RU", built: int = OLD) -> Path:
    return write_mmdb(path, {"77.88.0.0/16": flat(country)}, built=built)


def country(path: Path) -> str:
    return open_database(path).places(ip_address("77.88.8.8"))[0].country


def test_a_file_is_installed_and_a_newer_one_takes_its_place(tmp_path: Path, into: Path) -> None:
    source = city(tmp_path / "city.mmdb")
    first = update(str(source), into)
    assert (first.installed, first.changed, first.replaced) == (into / "city.mmdb", True, None)
    again = update(str(source), into)
    assert not again.changed
    city(source, "DE", NEW)
    second = update(str(source), into)
    assert second.changed
    assert second.replaced == first.info
    assert country(into / "city.mmdb") == "DE"
    assert [path.name for path in into.iterdir()] == ["city.mmdb"]


def test_an_older_file_takes_its_place_only_if_one_insists(tmp_path: Path, into: Path) -> None:
    update(str(city(tmp_path / "city.mmdb", "DE", NEW)), into)
    old = str(city(tmp_path / "city.mmdb", "RU", OLD))
    with pytest.raises(EvidenceError, match=r"older than .*--allow-older"):
        update(old, into)
    assert country(into / "city.mmdb") == "DE"
    assert update(old, into, allow_older=True).changed
    assert country(into / "city.mmdb") == "RU"


@pytest.mark.parametrize("damage", [b"", b"<html>", b"\x1f\x8b\x08\0"])
def test_what_is_no_database_leaves_everything_as_it_was(tmp_path: Path, into: Path, damage: bytes) -> None:
    source = city(tmp_path / "city.mmdb")
    update(str(source), into)
    source.write_bytes(damage)
    with pytest.raises(EvidenceError, match=r"city\.mmdb"):
        update(str(source), into)
    assert country(into / "city.mmdb") == "RU"
    assert [path.name for path in into.iterdir()] == ["city.mmdb"]


def test_damage_that_only_a_whole_walk_finds_keeps_a_file_out(tmp_path: Path, into: Path) -> None:
    records = {f"77.{n}.0.0/16": flat("RU") | {"city": f"c-{n}"} for n in range(250)}
    source = write_mmdb(tmp_path / "city.mmdb", records)
    source.write_bytes(source.read_bytes().replace(b"\x45c-249", b"\xff" * 6))
    with pytest.raises(EvidenceError, match=r"city\.mmdb: a record cannot be read"):
        update(str(source), into)
    assert not list(into.iterdir())


def test_of_a_directory_that_geoipupdate_keeps_the_city_database_is_taken(tmp_path: Path, into: Path) -> None:
    kept = tmp_path / "GeoIP"
    kept.mkdir()
    write_mmdb(kept / "GeoLite2-ASN.mmdb", {"77.88.0.0/16": {"autonomous_system_number": 1}})
    write_mmdb(kept / "GeoLite2-Country.mmdb", {"77.88.0.0/16": geoip2("DE")})
    write_mmdb(kept / "GeoLite2-City.mmdb", {"77.88.0.0/16": geoip2("RU", "MOW")})
    found = update(str(kept), into)
    assert found.installed == into / "GeoLite2-City.mmdb"
    assert found.info.name == "geolite2-city"
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EvidenceError, match="GeoLite2-City"):
        update(str(empty), into)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "site"
    root.mkdir()
    packed = gzip.compress(city(tmp_path / "plain.mmdb").read_bytes())
    (root / "dbip-city-lite-2026-11.mmdb.gz").write_bytes(packed)
    (root / "cut.mmdb.gz").write_bytes(packed[: len(packed) // 2])

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, directory=str(root), **kwargs)  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_monthly_file_is_fetched_unpacked_and_kept_under_a_name_without_month(site: str, into: Path) -> None:
    found = update(f"{site}/dbip-city-lite-2026-11.mmdb.gz", into)
    assert found.installed == into / "dbip-city-lite.mmdb"
    assert found.info.name == "dbip-city"
    assert found.info.licence == "CC-BY-4.0"
    assert country(found.installed) == "RU"


@pytest.mark.parametrize(("path", "said"), [("/nothing.mmdb.gz", "answered 404"), ("/cut.mmdb.gz", "incomplete")])
def test_a_fetch_that_fails_says_why_and_leaves_nothing(site: str, into: Path, path: str, said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        update(site + path, into)
    assert not list(into.iterdir())


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/x.mmdb", "http://127.0.0.1:1/x.mmdb", "/nowhere/x.mmdb"])
def test_a_source_that_is_not_there_is_named(into: Path, source: str) -> None:
    with pytest.raises(EvidenceError, match=source.replace(".", r"\.")):
        update(source, into)
    assert not list(into.iterdir())
