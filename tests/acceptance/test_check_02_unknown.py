"""Nobody whose place is not known is refused by a rule that wants certainty, or spared a warning that does not."""

from __future__ import annotations

import random
from collections import Counter
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.end_to_end.test_2_protect_when_in_doubt import IN_DOUBT
from tests.load import NOTICE
from tests.running import gateway
from tests.sites import policy, write_content, write_policies
from tests.web.wire import Wire

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

MORE = [
    "", "-", "unknown", "_gazonk", '"unknown"', "for=unknown", "0x7f.1", "2130706433", "1.2.3", "1.2.3.4.5", "01.2.3.4",
    "1.2.3.256", "::ffff:1.2.3.4%x", "2001:db8::g", "[::1", "0.0.0.0", "255.255.255.255", "10.1.2.3", "172.16.0.1",
    "100.64.0.1", "169.254.169.254", "224.0.0.1", "::", "::1", "::1.2.3.4", "fe80::1", "fc00::1", "2001:db8::1", "64:ff9b:1::1",
    "2002:0a01:0203::1", "198.51.100.7", "198.18.0.1", "8.8.8.8" + ", 127.0.0.1" * 40, "١.٢.٣.٤", "8.8.8.8\x0b", "8.8.8.8 8.8.4.4",
]  # fmt: skip


def gibberish(r: random.Random) -> str:
    """Something that is no address, made of what addresses are made of."""
    while True:
        text = "".join(r.choice("0123456789abcdef.:%[]x/-_ ") for _ in range(r.randrange(1, 24))).strip()
        try:
            ip_address(text)
        except ValueError:
            if not plausible(text):
                return text


def plausible(text: str) -> bool:
    """Whether a port or brackets around an address would explain it."""
    for part in (text.rpartition(":")[0], text.partition("]")[0].removeprefix("[")):
        try:
            ip_address(part)
        except ValueError:
            continue
        return True
    return False


@pytest.mark.parametrize("express", ["on", "off"])
def test_whoever_cannot_be_placed_is_warned_and_not_refused(express: str, tmp_path: Path, check: Recording) -> None:
    row = check(2, f"express {express}")
    seed = random.SystemRandom().randrange(1 << 32)
    r = random.Random(seed)
    headers = [*IN_DOUBT.values(), *MORE, *(gibberish(r) for _ in range(500)), None]
    policies = write_policies(
        tmp_path / "policies",
        [
            policy("warn", "notice: {id: warned}", readers="{in: [RU]}"),
            policy("stop", "block: {notice: stopped}", readers="{in: [DE]}", articles="{slugs: [harbour-opens]}", kind="order"),
            policy("only", "block: {notice: only}\n    certainty: possible", readers="{in: [FR]}", articles="{slugs: [market-day]}", kind="order"),
        ],
        notices=("warned", "stopped", "only"),
    )  # fmt: skip
    warned = refused = meant = 0
    asked = Counter[str]()
    with gateway(tmp_path, content=write_content(tmp_path / "content"), policies=policies, express=express) as running:
        for named in headers:
            line = b"" if named is None else f"X-Forwarded-For: {named}\r\n".encode()
            for slug in ("harbour-opens", "market-day"):
                with Wire(running.port) as wire:
                    wire.send(f"GET /articles/{slug} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + line + b"\r\n")
                    answer = wire.response()
                if answer.status == 400:  # a byte that no header may hold
                    assert b"\x0b" in line, (named, answer.body)
                    continue
                asked[slug] += 1
                warned += b"warned" in NOTICE.findall(answer.body)
                refused += slug == "harbour-opens" and answer.status != 200
                meant += slug == "market-day" and answer.status == 451
        lines = running.logged()
        places = [line for line in lines if "unknown:confirmed" in line.get("gateway.standings", [])]  # type: ignore[operator]
    row.figure(
        f"{len(headers)} ways not to be placed (seed {seed}): warned {warned} of {asked.total()}, refused {refused} of "
        f"{asked['harbour-opens']} by a rule that wants certainty, {meant} of {asked['market-day']} by one that says "
        f"`possible`; {len(places)} log lines say unknown"
    )
    assert (warned, refused, meant) == (asked.total(), 0, asked["market-day"])
    assert asked.total() >= 2 * len(headers) - 2
    assert len(places) == asked.total()
