"""At the socket, in both lanes: an address in whatever form a proxy may write it, and what is none leaves nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies
from tests.web.wire import Wire

HERE = ["8.8.8.8", "8.8.8.8:80", "\t8.8.8.8 ", ", 8.8.8.8 ,,", "::ffff:8.8.8.8", "::FFFF:808:808", "[::ffff:8.8.8.8]:443",
        "2002:808:808::1", "64:ff9b::8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888", "[2001:4860:4860::8888]",
        "[2001:4860:4860:0:0:0:0:8888]:65535", "6.6.6.6, 8.8.8.8", "6.6.6.6,8.8.8.8,127.0.0.9", "garbage, 8.8.8.8"]  # fmt: skip
NOWHERE = ["", " ", ",", "8.8.8.08", "0x8.8.8.8", "134744072", "8.8.8", "8.8.8.8.", "8.8.8.8:port", "8.8.8.8:123456", "8.8.8.8/32",
           "[8.8.8.8]", "8.8.8.8%eth0", "::ffff:8.8.8.8%x", "2001:4860:4860::8888%eth0", "2001:0:808:808::1", "::8.8.8.8",
           "unknown", "_x", "localhost", "8.8.8.8 8.8.8.8", "8.8.8.8;", '"8.8.8.8"', "\uff18.8.8.8", "8.8.8.8, unknown",
           "8.8.8.8, 127.0.0.9, x, 127.0.0.9", "127.0.0.9", "::1", "::ffff:127.0.0.1", ",".join(["8.8.8.8", *["127.0.0.9"] * 40])]  # fmt: skip
FORWARDED = [
    *((f'for="{value}"', True) for value in ("8.8.8.8", "8.8.8.8:_x", "[2001:4860:4860::8888]:_x", "8.8.8\\.8")),
    ("For=8.8.8.8 ;PROTO=http;by=6.6.6.6", True),
    ('for=6.6.6.6;x=",for=7.7.7.7", for=8.8.8.8, for="127.0.0.9:80"', True),
    ('for=6.6.6.6\r\nForwarded: for="[::ffff:8.8.8.8]"', True),
    *((value, False) for value in ("for=unknown", "for=_x", 'for="2001:4860:4860::8888"', "for=8.8.8.8, by=6.6.6.6", "for=8.8.8.8;for=8.8.8.8",
                                   'for="8.8.8.8', "for = 8.8.8.8", "8.8.8.8", "for=8.8.8.8, for=_x, for=127.0.0.9", 'for="8.8.8.8%x"')),
]  # fmt: skip
REGIONS = """\
    regions:
      here: {networks: [8.8.8.0/24, "2001:4860:4860::/48"]}
"""


@pytest.fixture(scope="module", params=["x-forwarded-for", "forwarded"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Running]]:
    root = tmp_path_factory.mktemp("forms")
    policies = [policy(name, f"notice: {{id: {name}}}", readers=f"{{in: [{name}]}}") for name in ("here", "unknown")]
    with gateway(
        root,
        content=write_content(root / "content"),
        policies=write_policies(root / "policies", policies, notices=("here", "unknown"), regions=REGIONS),
        client_address_header=request.param,
    ) as running:
        yield request.param, running


def test_each_form_is_that_address_or_nobodys(site: tuple[str, Running]) -> None:
    header, running = site
    plain = [*((value, True) for value in HERE), *((value, False) for value in NOWHERE)]
    for value, known in FORWARDED if header == "forwarded" else plain:
        with Wire(running.port) as wire:
            for _ in range(3):
                head = f"GET /articles/market-day HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}: {value}\r\n\r\n"
                body = wire.send(head.encode()).response().content
                assert (b'data-notice="here"' in body, b'data-notice="unknown"' in body) == (known, not known), value
    assert {event["gateway.lane"] for event in running.logged()} == {"express", "natural"}
