"""The gateway asks the origin that was configured and nobody else (threat 41)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.message import Request
from gateway.content.origin import Care, Fault, Origin, OriginError
from gateway.content.origin.address import Addresses, Authority, forbidden
from gateway.content.origin.head import head_of
from gateway.events import NoEvents
from tests.origin.scripted import Scripted, scripted


@pytest.fixture
async def cms() -> AsyncIterator[Scripted]:
    async with scripted() as origin:
        yield origin


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "2002:a9fe:a9fe::", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200",
     "168.63.129.16", "192.0.0.192", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "240.0.0.1"],
)  # fmt: skip
def test_a_name_may_not_lead_to_a_metadata_service_or_nowhere(address: str) -> None:
    assert forbidden(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.17.0.2", "fd12::1", "::1", "8.8.8.8", "2001:db8::1"]
)
def test_a_cms_may_be_inside(address: str) -> None:
    assert not forbidden(address)


class Resolving:
    """The system's resolver, with a name server of our own."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)

    async def getaddrinfo(self, host: str, port: int) -> list[str]:
        del host, port
        return list(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


@pytest.mark.parametrize(
    ("answers", "tried"), [(("169.254.169.254",), None), (("169.254.169.254", "127.0.0.1"), ("127.0.0.1",))]
)
async def test_only_addresses_that_may_be_asked_are_tried(
    answers: tuple[str, ...], tried: tuple[str, ...] | None
) -> None:
    addresses = Addresses(Authority.of("http://cms.example"), Resolving(answers).getaddrinfo)
    if tried:
        assert await addresses.now() == tried
    else:
        with pytest.raises(OriginError) as caught:
            await addresses.now()
        assert caught.value.fault is Fault.FORBIDDEN


async def test_an_address_that_the_operator_wrote_is_taken_as_it_is() -> None:
    assert await Addresses(Authority.of("http://169.254.10.1:8000")).now() == ("169.254.10.1",)
    assert await Addresses(Authority.of("http://[fe80::1]")).now() == ("fe80::1",)


async def test_a_name_is_asked_for_again_but_not_for_every_request() -> None:
    addresses = Addresses(Authority.of("http://cms.example"), Resolving(("10.0.0.1",), ("10.0.0.2",)).getaddrinfo)
    assert [await addresses.now(), await addresses.now()] == [("10.0.0.1",)] * 2


async def test_the_address_that_answered_is_tried_first() -> None:
    addresses = Addresses(Authority.of("http://cms.example"), Resolving(("10.0.0.1", "10.0.0.2")).getaddrinfo)
    await addresses.now()
    addresses.prefer("10.0.0.2")
    assert await addresses.now() == ("10.0.0.2", "10.0.0.1")


async def test_no_spelling_of_a_path_leads_elsewhere(cms: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection that the process makes is recorded; the paths are made of what has fooled others."""
    asked: set[object] = set()
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        asked.add(address)
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    origin = Origin(cms.url, NoEvents(), Care(), host="news.example")
    odd = [
        "//evil",
        "http://evil",
        "@evil",
        "\\evil",
        "\r\nHost: evil",
        "%0d%0aHost:%20evil",
        "..",
        ";",
        "#",
        "?",
        ":80",
        "%00",
        " ",
    ]
    for target in (f"{slash}{first}{second}/x" for slash in ("", "/", "//") for first in odd for second in odd):
        try:
            await origin.fetch(Request("GET", target, (("Host", "evil"), ("X-Forwarded-Host", "evil"))))
        except OriginError as error:
            assert error.fault is Fault.FORBIDDEN  # noqa: PT017
    assert {each.fields["host"] for each in cms.heard} == {"news.example"}
    assert asked == {("127.0.0.1", cms.port)}
    await origin.aclose()
    await asyncio.sleep(0)


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_head_is_one_request_or_none(method: str, target: str, name: str, value: str) -> None:
    try:
        head = head_of(Request(method, "/" + target, ((name, value),)), "news.example", None)
    except OriginError as error:
        assert error.fault is Fault.FORBIDDEN  # noqa: PT017
        return
    lines = head.split(b"\r\n")
    assert len(lines) in {4, 5}
    assert lines[1] == b"Host: news.example"
    assert head.count(b"\n") == head.count(b"\r") == len(lines) - 1
    assert lines[0].count(b" ") == 2
