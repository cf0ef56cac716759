"""Whoever comes past the proxies in front, or without the secret, is refused alike in both lanes, and learns nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.doctor.address import lists_of_ranges, refused, ways_past
from gateway.doctor.check import Status
from gateway.doctor.numbers import numbers_of
from gateway.errors import SettingsError
from gateway.geo.presets import preset
from gateway.settings import load_settings
from gateway.web.front_secret import FrontSecret
from tests.addresses.fronts import nginx
from tests.addresses.preambles import v1
from tests.origin.scripted import apart, response
from tests.running import Running, exchange, gateway
from tests.web.wire import Wire, timeless

FRONT, STRANGER = "127.0.1.1", "127.0.2.1"
KEY, OLD = "0f4c-right-right-right-right", "0f4c-older-older-older-older"
HOST = b"Host: 127.0.0.1\r\n"
ARTICLE = "/articles/the-ferry-that-still-runs"
BOTH = pytest.mark.parametrize("express", ["on", "off"])


def plain(target: str = ARTICLE, *lines: str, method: str = "GET", host: bytes = HOST) -> bytes:
    return (
        f"{method} {target} HTTP/1.1\r\n".encode() + host + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"
    )


ASKED = {
    "a warm article": plain(),
    "another": plain("/articles/none"),
    "a listing": plain("/"),
    "the gateway's own": plain("/-/transparency"),
    "a picture of a style": plain("/-/assets/style.css"),
    "a form": plain("/", "Content-Length: 3", method="POST") + b"a=b",
    "options": plain("*", method="OPTIONS"),
    "a name that is not served": plain(host=b"Host: elsewhere.example\r\n"),
    "nothing that is HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "smuggled": plain("/", "Content-Length: 3", "Transfer-Encoding: chunked"),
    "half a head": b"GET / HTT",
    "many at once": plain() * 20,
    "a claim": plain(ARTICLE, "X-Forwarded-For: 8.8.8.8"),
    "a claim by another name": plain(ARTICLE, "CF-Connecting-IP: 8.8.8.8"),
}


def told(running: Running) -> dict[str, int]:
    """How many were refused, by reason."""
    found = re.findall(r'gateway_past_the_front_total\{reason="(\w+)"\} (\d+)', running.admin("/metrics").text)
    return {reason: int(count) for reason, count in found}


def ask(running: Running, data: bytes, source: str) -> bytes:
    with Wire(running.port, source=source) as wire:
        return wire.send(data).everything()


@pytest.fixture(scope="module", params=["on", "off"])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A site that nobody but 127.0.1.0/24 may ask; with the express lane, and without."""
    with gateway(
        tmp_path_factory.mktemp("guarded"),
        trusted_proxies="127.0.1.0/24",
        require_trusted_peer="on",
        express=request.param,
    ) as running:
        with Wire(running.port, source=FRONT) as wire:
            for _ in range(40):  # warm, and familiar
                assert wire.send(plain(ARTICLE, "X-Forwarded-For: 8.8.8.8")).response().status == 200
        yield running


@pytest.mark.parametrize("data", ASKED.values(), ids=ASKED)
def test_a_stranger_gets_one_answer_whatever_is_asked(guarded: Running, data: bytes) -> None:
    before = told(guarded)
    answered = ask(guarded, data, STRANGER)
    assert answered.startswith(b"HTTP/1.1 421 Misdirected Request\r\n")
    assert answered.count(b"HTTP/1.1") == 1
    assert b"\r\nConnection: close\r\n" in answered
    assert b"\r\nCache-Control: private, no-store\r\n" in answered
    assert timeless(answered) == timeless(ask(guarded, ASKED["a warm article"], STRANGER))
    assert b"ferry" not in answered
    assert sum(told(guarded).values()) == sum(before.values()) + 2


def test_the_answer_to_head_has_no_body(guarded: Running) -> None:
    head = ask(guarded, plain(method="HEAD"), STRANGER)
    assert head.endswith(b"\r\n\r\n")
    whole = timeless(ask(guarded, plain(), STRANGER))
    assert timeless(head) == whole[: len(timeless(head))]
    assert re.search(rb"Content-Length: (\d+)", head)[1] == str(len(whole.partition(b"\r\n\r\n")[2])).encode()  # type: ignore[index]


def test_a_trusted_peer_is_served_as_ever_and_so_is_the_admin_port(guarded: Running) -> None:
    with Wire(guarded.port, source=FRONT) as wire:
        for _ in range(3):
            assert wire.send(plain(ARTICLE, "X-Forwarded-For: 8.8.8.8")).response().status == 200
    lanes = {event["gateway.lane"] for event in guarded.logged()}
    assert ("express" in lanes) is (guarded.environment["GATEWAY_EXPRESS"] == "on")
    for path in ("/healthz", "/readyz"):
        assert exchange(guarded.admin_port, path, {}).status == 200
    assert guarded.admin("/metrics").status == 200


def test_strangers_are_counted_by_reason_and_told_once_a_minute_and_never_by_the_request(guarded: Running) -> None:
    before, lines = told(guarded), len(guarded.logged())
    for lines_of_a_claim in ([], ["X-Forwarded-For: 1.2.3.4"]):
        for _ in range(10):
            ask(guarded, plain(ARTICLE, *lines_of_a_claim), STRANGER)
    after = told(guarded)
    assert {reason: after[reason] - before.get(reason, 0) for reason in after} == {"direct": 10, "unlisted": 10}
    assert len(guarded.logged()) == lines
    events = guarded.wait_for("past_the_front")
    assert events[0]["gateway.count"] == 1
    assert len(events) <= 4  # two reasons a minute, on a machine on which this takes more than one


def test_strangers_who_say_nothing_are_not_waited_for_and_take_nobodys_place(guarded: Running) -> None:
    silent = [Wire(guarded.port, source=STRANGER) for _ in range(600)]  # more than one peer may have
    try:
        with Wire(guarded.port, source=FRONT) as wire:
            assert wire.send(plain(ARTICLE, "X-Forwarded-For: 8.8.8.8")).response().status == 200
        assert all(wire.closed_within(8) for wire in silent)
        assert not any(wire.left for wire in silent)
    finally:
        for wire in silent:
            wire.socket.close()


def test_who_keeps_talking_hears_the_answer_and_is_hung_up_on(guarded: Running) -> None:
    with Wire(guarded.port, source=STRANGER) as wire:
        for _ in range(20):  # a reset would end this, and could overtake the answer
            wire.socket.sendall(b"GET / HTTP/1.1\r\nX: y\r\n")
            wire.more_within(0.01)
        assert wire.everything().count(b"HTTP/1.1 421") == 1


@BOTH
def test_a_balancer_is_heard_and_a_stranger_who_speaks_as_it_does_is_not(tmp_path: Path, express: str) -> None:
    with gateway(
        tmp_path,
        trusted_proxies="127.0.1.0/24",
        client_address_header="proxy-protocol",
        require_trusted_peer="on",
        express=express,
    ) as running:
        with Wire(running.port, source=FRONT) as wire:
            assert wire.send(v1("105.112.0.1") + plain()).response().status == 200
        for data in (v1("105.112.0.1") + plain(), plain()):
            assert ask(running, data, STRANGER).startswith(b"HTTP/1.1 421 ")
        assert told(running) == {"unlisted": 1, "direct": 1}


def test_a_cdn_by_name_is_a_front_and_its_neighbour_is_none(tmp_path: Path) -> None:
    lists = tmp_path / "state" / "proxies"
    lists.mkdir(parents=True)
    (lists / "cloudflare.txt").write_text("127.0.7.0/24\n")
    with gateway(tmp_path, trusted_proxies="cloudflare", require_trusted_peer="on") as running:
        claim = plain(ARTICLE, "CF-Connecting-IP: 8.8.8.8")
        with Wire(running.port, source="127.0.7.7") as wire:
            assert wire.send(claim).response().status == 200
        assert ask(running, claim, "127.0.8.7").startswith(b"HTTP/1.1 421 ")
        assert told(running) == {"unlisted": 1}


WRONG = {
    "none": [],
    "empty": ["X-Origin-Verify:"],
    "another": ["X-Origin-Verify: 0f4c-wrong-wrong-wrong-wrong"],
    "a part": [f"X-Origin-Verify: {KEY[:-1]}"],
    "more": [f"X-Origin-Verify: {KEY}x"],
    "twice": [f"X-Origin-Verify: {KEY}"] * 2,
    "beside another": [f"X-Origin-Verify: {KEY}", "X-Origin-Verify: x"],
    "a list": [f"X-Origin-Verify: {KEY}, {KEY}"],
    "elsewhere": [f"X-Origin-Check: {KEY}"],
    "another case": [f"X-Origin-Verify: {KEY.upper()}"],
}


@BOTH
def test_only_who_bears_the_secret_is_served_however_familiar_the_request(tmp_path: Path, express: str) -> None:
    with gateway(tmp_path, proxy_secret=KEY, express=express) as running:
        with Wire(running.port) as wire:
            for name in ("X-Origin-Verify", "x-origin-verify", "X-ORIGIN-VERIFY"):
                for _ in range(40):
                    claim = plain(ARTICLE, "User-Agent: one", f"{name}:  {KEY}\t", "X-Forwarded-For: 8.8.8.8")
                    assert wire.send(claim).response().status == 200
        lanes = [event["gateway.lane"] for event in running.logged()]
        assert ("express" in lanes) is (express == "on")
        for lines in WRONG.values():
            for method in ("GET", "HEAD", "POST"):
                data = plain(ARTICLE, "User-Agent: one", *lines, "X-Forwarded-For: 8.8.8.8", method=method)
                assert ask(running, data, "127.0.0.1").startswith(b"HTTP/1.1 421 "), lines
        assert told(running) == {"secret": 3 * len(WRONG)}
        assert len(running.logged()) == len(lanes)
        event = running.wait_for("past_the_front")[0]
        assert (event["event.reason"], event["gateway.count"]) == ("secret", 1)
        assert exchange(running.admin_port, "/readyz", {}).status == 200


def test_with_or_without_the_express_lane_and_from_the_gate_the_refusal_is_the_same(
    tmp_path: Path, guarded: Running
) -> None:
    with gateway(tmp_path, proxy_secret=KEY) as running:
        for method in ("GET", "HEAD"):
            lane = ask(running, plain(method=method), STRANGER)
            gate = ask(guarded, plain(method=method), STRANGER)
            parts = [timeless(answer).partition(b"\r\n\r\n") for answer in (lane, gate)]
            heads = [{line.lower() for line in head.split(b"\r\n")} for head, _, _ in parts]
            assert heads[0] == heads[1]
            assert parts[0][2] == parts[1][2]


def test_two_secrets_hold_while_one_gives_way_to_the_other_under_a_name_of_the_operators(tmp_path: Path) -> None:
    with gateway(tmp_path, proxy_secret=f"{KEY}, {OLD}", proxy_secret_header="X-Azure-FDID") as running:
        for secret, status in ((KEY, 200), (OLD, 200), (f"{KEY}, {OLD}", 421), ("another-another-another", 421)):
            assert running.get("/", {"X-Azure-FDID": secret}).status == status
        assert running.get("/", {"X-Origin-Verify": KEY}).status == 421


@pytest.mark.parametrize("profile", ["newsroom", "rfc9111"])
def test_a_cms_is_never_told_the_secret_even_if_it_is_to_be_told_everything(tmp_path: Path, profile: str) -> None:
    with (
        apart() as cms,
        gateway(
            tmp_path,
            content=cms.origin.url,
            proxy_secret=KEY,
            origin_passes="x-origin-verify,cookie,user-agent,address",
            origin_profile=profile,
        ) as running,
    ):
        cms.origin.default = lambda heard: [response(b"" if heard.method == "HEAD" else b"page", length=4)]
        for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"):
            assert running.get(f"/{method}", {"X-Origin-Verify": KEY}, method=method).status == 200
            assert running.get(f"/{method}", {"X-Origin-Verify": OLD}, method=method).status == 421
        assert {one.target for one in cms.origin.heard} >= {"/GET", "/HEAD", "/POST", "/OPTIONS", "/PUT"}
        assert KEY not in str(cms.origin.heard)
        assert OLD not in str(cms.origin.heard)


def test_nginx_in_between_passes_the_secret_on(tmp_path: Path) -> None:
    with (
        gateway(tmp_path, trusted_proxies="127.0.1.0/24", proxy_secret=KEY, require_trusted_peer="on") as running,
        nginx(tmp_path, running.port) as port,
    ):
        assert exchange(port, "/", {"X-Origin-Verify": KEY}).status == 200
        assert exchange(port, "/", {}).status == 421


@given(st.binary(max_size=40), st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=16)))
def test_nothing_but_a_secret_is_one(value: bytes, secrets: list[str]) -> None:
    secret = FrontSecret.of("X-Origin-Verify", secrets)
    assert secret.is_told(value) is (value in [one.encode() for one in secrets])
    assert all(secret.is_told(one.encode()) for one in secrets)
    assert not any(one in repr(secret) for one in secrets)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"REQUIRE_TRUSTED_PEER": "on"}, "nobody is trusted"),
        ({"REQUIRE_TRUSTED_PEER": "yes"}, "no such choice"),
        ({"PROXY_SECRET": "short"}, "too short"),
        ({"PROXY_SECRET": ","}, "too short"),
        ({"PROXY_SECRET": f"{KEY}, short"}, "too short"),
        ({"PROXY_SECRET": KEY.replace("-", " ")}, "no header can hold it"),
        ({"PROXY_SECRET": KEY.replace("-", "ü")}, "no header can hold it"),
        ({"PROXY_SECRET_HEADER": "cookie"}, "another meaning"),
        ({"PROXY_SECRET_HEADER": "X-Forwarded-For"}, "another meaning"),
        ({"PROXY_SECRET_HEADER": "X-Request-ID"}, "another meaning"),
        ({"PROXY_SECRET_HEADER": "x-reader", "CLIENT_ADDRESS_HEADER": "X-Reader"}, "another meaning"),
        ({"PROXY_SECRET_HEADER": "x origin"}, "another meaning"),
    ],
)
def test_a_setting_by_which_nobody_or_everybody_could_come_in_stops_the_start(
    settings: dict[str, str], wrong: str
) -> None:
    with pytest.raises(SettingsError, match=wrong) as caught:
        load_settings({}, {f"GATEWAY_{name}": value for name, value in settings.items()})
    assert "0f4c" not in str(caught.value)


def test_doctor_says_where_a_cdn_can_be_come_past() -> None:
    cdn, near = preset("cloudflare"), preset("loopback")
    (open_,) = ways_past([near, cdn], required=False, secret=False)
    assert (open_.status, "Cloudflare" in open_.what) == (Status.WARNING, True)
    assert "GATEWAY_REQUIRE_TRUSTED_PEER=on" in open_.remedy
    (half,) = ways_past([cdn], required=True, secret=False)
    assert (half.status, "GATEWAY_PROXY_SECRET" in half.what) == (Status.OK, True)
    for required in (True, False):
        (closed,) = ways_past([cdn], required=required, secret=True)
        assert (closed.status, "GATEWAY" in closed.what) == (Status.OK, False)
    assert not list(ways_past([near], required=False, secret=False))
    assert cdn.as_of is not None
    for required, why in ((True, "refused"), (False, "located at Cloudflare")):
        (old,) = lists_of_ranges([cdn], cdn.as_of.replace(year=cdn.as_of.year + 1), required=required)
        assert why in old.why


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({}, None),
        ({"direct": 5000}, Status.OK),
        ({"direct": 5000, "unlisted": 10}, Status.OK),
        ({"unlisted": 11}, Status.WARNING),
        ({"secret": 11}, Status.WARNING),
    ],
)
def test_doctor_tells_scanners_from_a_proxy_that_is_missing(counts: dict[str, int], status: Status | None) -> None:
    numbers = {
        "gateway_past_the_front_total": [[[reason], [count]] for reason, count in counts.items()],
        "gateway_client_address_source_total": [[["header"], [1000]]],
    }
    found = list(refused(numbers_of(numbers)))
    assert [check.status for check in found] == ([status] if status else [])
