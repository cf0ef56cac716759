"""From an address to a Location: what is looked at first, what is never asked, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.events import NoEvents
from gateway.geo.client_address import ClientAddress, unwrapped
from gateway.geo.evidence import Witnesses, load_witnesses
from gateway.geo.locate import LocationMemo, hypothetical, locate, nowhere, unknown_location
from gateway.geo.location import Location
from gateway.geo.region import Correction, Region, Standing
from tests.geo.worlds import REGIONS, flat, geoip2, write_mmdb

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLACES = REGIONS | {
    "newsroom": Region("newsroom", networks=(ip_network("77.88.8.0/24"), ip_network("10.1.0.0/16"))),
    "relays": Region("relays", networks=(ip_network("104.28.0.0/16"),), kind="relay"),
    "mirrors": Region("mirrors", hosts=frozenset({"mirror.example"})),
}
RECORDS = {
    "77.88.0.0/16": flat("RU", "Moscow"),
    "91.241.128.0/24": flat("RU", "Crimea"),
    "104.28.0.0/16": flat("DE"),
    "5.5.5.0/24": flat("EU"),
    "6.6.6.0/24": geoip2("UA", registered="RU"),
    "192.168.0.0/16": flat("AU"),
    "2001:db8::/32": flat("JP"),
    "2001::/32": flat("US"),
    "2a02:6b8::/32": flat("RU", "Moscow"),
}


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Witnesses:
    return load_witnesses([write_mmdb(tmp_path_factory.mktemp("geo") / "city.mmdb", RECORDS)], NoEvents())


Find = Callable[..., Location]


@pytest.fixture(scope="module")
def find(witnesses: Witnesses) -> Find:
    def at(text: str, host: str = "", corrections: tuple[Correction, ...] = (), now: datetime = NOW) -> Location:
        client = (
            ClientAddress(unwrapped(ip_address(text)), "peer") if text else ClientAddress(None, "none", "unparsable")
        )
        return locate(client, host, witnesses, PLACES, corrections, now)

    return at


UNKNOWN = [
    ("", "unparsable"), ("10.0.0.1", "not-global"), ("192.168.7.7", "not-global"), ("127.0.0.1", "not-global"),
    ("169.254.1.1", "not-global"), ("100.64.0.1", "not-global"), ("224.0.0.1", "not-global"),
    ("240.0.0.1", "not-global"),
    ("203.0.113.5", "not-global"), ("255.255.255.255", "not-global"), ("::1", "not-global"),
    ("::", "not-global"), ("::808:808", "not-global"), ("fe80::1", "not-global"), ("fc00::1", "not-global"),
    ("ff0e::1", "not-global"), ("2001:db8::1", "not-global"), ("64:ff9b:1::1", "not-global"), ("4000::1", "not-global"),
    ("2001:0:808:808::1", "teredo"), ("9.9.9.9", "no-record"), ("5.5.5.5", "pseudo-code"), ("104.28.1.1", "relay"),
    ("2002:a00:1::", "not-global"), ("::ffff:192.168.0.1", "not-global"), ("64:ff9b::a00:1", "not-global"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), UNKNOWN)
def test_a_place_that_cannot_be_told_is_possible_everywhere_and_in_no_network(
    find: Find, text: str, reason: str
) -> None:
    found = find(text)
    assert found.unknown == reason
    assert found.evidence == ()
    assert found.country is None
    assert found.standings["unknown"] is Standing.CONFIRMED
    for name in REGIONS:
        assert found.standings[name] is Standing.POSSIBLE
    assert found.standings["newsroom"] is Standing.OUTSIDE
    assert found.standings["mirrors"] is Standing.OUTSIDE


@pytest.mark.parametrize(
    "text", ["77.88.8.8", "::ffff:77.88.8.8", "2002:4d58:808::1", "64:ff9b::4d58:808", "2a02:6b8::1"]
)
def test_a_reader_in_moscow_is_there_however_the_address_is_wrapped(find: Find, text: str) -> None:
    found = find(text)
    assert found.standings["RU"] is Standing.CONFIRMED
    assert found.standings["unknown"] is Standing.OUTSIDE
    assert found.country == "RU"


def test_networks_are_looked_at_whatever_the_databases_say(find: Find) -> None:
    assert find("77.88.8.8").standings["newsroom"] is Standing.CONFIRMED
    assert find("77.88.9.9").standings["newsroom"] is Standing.OUTSIDE
    assert find("10.1.2.3").standings["newsroom"] is Standing.CONFIRMED
    assert find("104.28.1.1").standings["relays"] is Standing.CONFIRMED


@pytest.mark.parametrize("host", ["mirror.example", "MIRROR.example", "mirror.example:8443", "mirror.example."])
def test_arriving_under_a_mirrors_name_makes_its_region_possible(find: Find, host: str) -> None:
    assert find("77.88.8.8", host).standings["mirrors"] is Standing.POSSIBLE
    assert find("", host).standings["mirrors"] is Standing.POSSIBLE
    assert find("77.88.8.8", "other.example").standings["mirrors"] is Standing.OUTSIDE


def test_a_correction_overrides_every_witness_until_it_ends(find: Find) -> None:
    until = NOW + timedelta(days=1)
    wide = Correction(ip_network("77.88.0.0/16"), "DE", None, "a rented block", until + timedelta(days=9))
    narrow = Correction(ip_network("77.88.8.0/24"), "UA", "UA-43", "a letter of the provider", until)
    found = find("77.88.8.8", corrections=(wide, narrow))
    assert found.standings["UA-43"] is Standing.CONFIRMED
    assert found.standings["RU"] is Standing.OUTSIDE
    assert (found.corrected, found.valid_until) == ("a letter of the provider", until)
    after = find("77.88.8.8", corrections=(wide, narrow), now=until)
    assert after.standings["DE"] is Standing.CONFIRMED
    assert find("91.241.128.1", corrections=(wide, narrow)).corrected == ""


def test_registration_in_the_holders_country_goes_along(find: Find) -> None:
    found = find("6.6.6.6")
    assert found.registered_holders == {"RU"}
    assert found.standings["RU"] is Standing.POSSIBLE
    assert found.standings["realm"] is Standing.INSIDE


@given(st.ip_addresses())
def test_no_address_raises_and_none_stays_in_the_location(address: IPv4Address | IPv6Address) -> None:
    found = unknown_location(PLACES, nowhere(address) or "no-record", address=address)
    assert str(address) not in repr(found)


@given(st.ip_addresses(v=4))
def test_a_mapped_address_stands_where_the_plain_one_does(address: IPv4Address) -> None:
    witnesses = _embedded()
    plain = locate(ClientAddress(address, "peer"), "", witnesses, PLACES, (), NOW)
    mapped = unwrapped(IPv6Address(0xFFFF << 32 | int(address)))
    assert locate(ClientAddress(mapped, "peer"), "", witnesses, PLACES, (), NOW) == plain


_OPEN: list[Witnesses] = []


def _embedded() -> Witnesses:
    if not _OPEN:
        _OPEN.append(load_witnesses([], NoEvents()))
    return _OPEN[0]


@pytest.mark.parametrize(
    ("target", "region", "expected"),
    [
        ("RU", "RU", "confirmed"), ("UA-43", "held", "confirmed"), ("UA-43", "UA", "confirmed"),
        ("UA-14", "held", "possible"), ("relays", "RU", "possible"),
        ("held", "held", "confirmed"), ("realm", "realm", "confirmed"), ("NG", "RU", "outside"),
        ("UA-30", "held", "outside"),
        ("newsroom", "newsroom", "confirmed"), ("mirrors", "mirrors", "possible"), ("unknown", "RU", "possible"),
        ("Atlantis", "RU", "possible"),
    ],
)  # fmt: skip
def test_a_reader_can_be_imagined_in_any_region(target: str, region: str, expected: str) -> None:
    assert str(hypothetical(target, PLACES).standings[region]) == expected


def test_the_memo_is_bounded_forgets_the_oldest_and_keeps_no_answer_past_its_end() -> None:
    memo = LocationMemo(10)
    clients = [ClientAddress(IPv4Address(number), "peer") for number in range(100)]
    held = Location(valid_until=NOW)
    for client in clients:
        memo.put(client, "", Location())
        assert len(memo) <= 10
    assert memo.get(clients[-1], "", NOW) == Location()
    assert memo.get(clients[-1], "mirror.example", NOW) is None
    assert memo.get(clients[0], "", NOW) is None
    memo.put(clients[0], "", held)
    assert memo.get(clients[0], "", NOW - timedelta(seconds=1)) is held
    assert memo.get(clients[0], "", NOW) is None
    memo.clear()
    assert len(memo) == 0


def test_what_is_asked_for_often_outlives_what_is_not() -> None:
    memo = LocationMemo(10)
    favourite = ClientAddress(IPv4Address(1), "peer")
    memo.put(favourite, "", Location())
    for number in range(2, 60):
        memo.put(ClientAddress(IPv4Address(number), "peer"), "", Location())
        assert memo.get(favourite, "", NOW) is not None


def test_files_that_can_be_read_are_not_required_to_know_anything(tmp_path: Path) -> None:
    witnesses = load_witnesses([write_mmdb(tmp_path / "a.mmdb", {"8.8.8.0/24": flat("US")})], NoEvents())
    assert witnesses.ask(ip_address("77.88.8.8")).places == ()


def test_what_a_decision_depends_on_is_worked_out_once_and_anew_for_another_reader() -> None:
    standings = {"RU": Standing.POSSIBLE, "DE": Standing.OUTSIDE}
    reader = Location(standings=standings)
    assert reader.signature() is reader.signature()
    assert reader.signature()[0] == (("RU", 1),)
    elsewhere = replace(reader, standings={"DE": Standing.CONFIRMED})
    assert elsewhere.signature()[0] == (("DE", 3),)
    fresh = Location(standings=standings)
    assert (fresh, repr(fresh)) == (reader, repr(reader)), "having been asked makes no difference"


def test_readers_of_whom_the_same_is_known_share_one_location_and_no_others_do(find: Find) -> None:
    """A hundred regions for each of a hundred thousand readers would fill the memory."""
    one, other, newsroom, reached = (
        find("77.88.1.1"),
        find("77.88.2.2"),
        find("77.88.8.8"),
        find("77.88.1.1", "mirror.example"),
    )
    assert one is other
    assert one.evidence == newsroom.evidence == reached.evidence
    assert (one.standings["newsroom"], newsroom.standings["newsroom"]) == (Standing.OUTSIDE, Standing.CONFIRMED)
    assert (one.standings["mirrors"], reached.standings["mirrors"]) == (Standing.OUTSIDE, Standing.POSSIBLE)
    assert find("") is find("")
    assert find("").unknown != find("192.168.1.1").unknown
