"""Nobody chooses his place: twelve headers in two dozen spellings, through real proxies and without, trusted and not.

Each reader's true network has a notice of its own, and so have the network that is claimed, the one that the proxy
stands in, and the country that is claimed: a spoof that succeeds shows on the page.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.addresses.fronts import FRONT, FRONTS, Front, haproxy
from tests.deploy.recorder import recorder
from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies
from tests.web.wire import Wire

SOURCE = "127.0.5.5"
CLAIMED, CLAIMED_6 = "6.6.6.6", "2606:6666:6::6"
PAGE = b"GET /articles/market-day HTTP/1.1\r\nHost: 127.0.0.1\r\n"
NOTICES = ("here", "front", "claimed", "country")
REGIONS = """\
    regions:
      here: {networks: [127.0.5.0/24]}
      front: {networks: [127.0.1.0/24]}
      claimed: {networks: [6.6.6.0/24, "2606:6666:6::/48"]}
"""

ADDRESS_HEADERS = (
    "X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "X-Client-IP",
    "X-Cluster-Client-IP", "X-Original-Forwarded-For", "X-Envoy-External-Address", "CloudFront-Viewer-Address",
)  # fmt: skip
PLACE_HEADER = "CF-IPCountry"


def spellings(name: str) -> Iterator[tuple[str, bytes]]:
    """Header lines by which a client may claim an address, or a country, under this name."""
    claim = "RU" if name == PLACE_HEADER else f"for={CLAIMED}" if name == "Forwarded" else CLAIMED
    six = "RU" if name == PLACE_HEADER else f'for="[{CLAIMED_6}]"' if name == "Forwarded" else CLAIMED_6
    line = f"{name}: {claim}"
    for label, text in {
        "plain": line,
        "lower case": line.lower(),
        "upper case": f"{name.upper()}: {claim}",
        "no space": f"{name}:{claim}",
        "blanks": f"{name}: \t {claim} \t",
        "port": f"{line}:4711",
        "quoted": f'{name}: "{claim}"',
        "IPv6": f"{name}: {six}",
        "brackets": f"{name}: [{CLAIMED_6}]:80",
        "mapped": f"{name}: ::ffff:{CLAIMED}",
        "as Forwarded has it": f'{name}: for="{CLAIMED}";by={FRONT}',
        "a list": f"{name}: {claim}, {claim}, {claim}",
        "a proxy's address at the end": f"{name}: {claim}, {FRONT}",
        "a proxy's address at the end, as Forwarded has it": f"{name}: for={CLAIMED}, for={FRONT}",
        "comma at the end": f"{line},",
        "commas": f"{name}: ,, {claim} ,,",
        "forty hops": f"{name}: {claim}{f', {FRONT}' * 40}",
        "two lines": f"{line}\r\n{line}",
        "an empty second line": f"{line}\r\n{name}:",
        "a second line that is a proxy's": f"{line}\r\n{name}: {FRONT}",
        "named as hop-by-hop": f"{line}\r\nConnection: close, {name}",
        "underscores": f"{name.replace('-', '_')}: {claim}",
        "a space before the colon": f"{name} : {claim}",
        "folded": f"{name}:\r\n {claim}",
        "a zone": f"{name}: {six}%eth0",
        "a byte beyond ASCII": f"{name}: {claim}\xa0",
        "a control": f"{name}: {claim}\x0b",
    }.items():
        yield label, text.encode("latin-1")


CASES = [(name, *spelling) for name in (*ADDRESS_HEADERS, PLACE_HEADER) for spelling in spellings(name)]


@contextlib.contextmanager
def site(root: Path, trusted: str) -> Iterator[Running]:
    policies = [policy(name, f"notice: {{id: {name}}}", readers=f"{{in: [{name}]}}") for name in NOTICES[:3]]
    said = "notice: {id: country}\n    certainty: inside"
    policies.append(policy("country", said, readers="{in: [RU]}"))
    with gateway(
        root,
        content=write_content(root / "content"),
        policies=write_policies(root / "policies", policies, notices=NOTICES, regions=REGIONS),
        trusted_proxies=trusted,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with site(tmp_path_factory.mktemp("trusting"), f"{FRONT}/32") as running:
        yield running


@pytest.fixture(scope="module")
def distrusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with site(tmp_path_factory.mktemp("distrusting"), "10.0.0.0/8") as running:
        yield running


def shown(port: int, lines: bytes, source: str = SOURCE) -> tuple[int, set[str]]:
    """Status and notices of the page; status 0 where the connection was closed without an answer."""
    with Wire(port, source=source) as wire:
        wire.send(PAGE + lines + (b"\r\n\r\n" if lines else b"\r\n"))
        try:
            answer = wire.response()
        except ConnectionError:
            return 0, set()
    return answer.status, {name for name in NOTICES if f'data-notice="{name}"'.encode() in answer.body}


def try_all(port: int, expected: set[str]) -> Counter[int]:
    """Every case; the statuses by number. A case that changed the place fails, all of them are listed."""
    statuses: Counter[int] = Counter()
    successes = []
    for name, label, lines in CASES:
        status, notices = shown(port, lines)
        statuses[status] += 1
        if notices != expected and (status == 200 or notices):
            successes.append((name, label, status, sorted(notices)))
    assert successes == []
    return statuses


@pytest.mark.parametrize("front", FRONTS, ids=[name for name, _ in FRONTS])
def test_no_header_changes_the_place_of_who_comes_through_a_trusted_proxy(
    front: Front, trusting: Running, tmp_path: Path
) -> None:
    with front[1](tmp_path, trusting.port) as port:
        assert shown(port, b"") == (200, {"here"})
        statuses = try_all(port, {"here"})
    assert len(CASES) == 324
    assert statuses[200] > 200, statuses  # the rest: refused by the proxy or the gateway


@pytest.mark.parametrize("front", FRONTS, ids=[name for name, _ in FRONTS])
def test_no_header_changes_the_place_of_who_comes_through_a_proxy_that_is_not_trusted(
    front: Front, distrusting: Running, tmp_path: Path
) -> None:
    with front[1](tmp_path, distrusting.port) as port:
        assert shown(port, b"") == (200, {"front"})
        assert try_all(port, {"front"})[200] > 200


def test_no_header_changes_the_place_of_who_comes_past_the_proxies(trusting: Running, distrusting: Running) -> None:
    for running in (trusting, distrusting):
        assert shown(running.port, b"") == (200, {"here"})
        assert try_all(running.port, {"here"})[200] > 200


def test_haproxy_adds_a_line_of_its_own_and_that_one_decides(trusting: Running, tmp_path: Path) -> None:
    claim = f"X-Forwarded-For: {CLAIMED}".encode()
    for name in ("seen", "behind"):
        (tmp_path / name).mkdir()
    with recorder() as upstream, haproxy(tmp_path / "seen", upstream.port) as port, Wire(port, source=SOURCE) as wire:
        wire.send(PAGE + claim + b"\r\n\r\n").response()
        lines = [value for name, value in upstream.fields() if name == "x-forwarded-for"]
        assert lines == [CLAIMED, SOURCE]  # two lines, the client's first: what makes "the" header the attacker's
    with haproxy(tmp_path / "behind", trusting.port) as port:
        for _ in range(3):
            assert shown(port, claim) == (200, {"here"})


def test_a_proxy_that_names_nobody_leaves_an_unknown_place_not_its_own(trusting: Running) -> None:
    for lines in (b"", b"X-Real-IP: 6.6.6.6", b"Forwarded: for=6.6.6.6", b"CF-IPCountry: RU"):
        assert shown(trusting.port, lines, source=FRONT) == (200, set())
