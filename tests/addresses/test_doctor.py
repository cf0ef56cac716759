"""`gateway doctor` finds what commonly goes wrong, says why it matters and what to do, and is quiet where all is well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.cache.redis_probe import FORGOTTEN_SECONDS, fingerprint, node_name
from gateway.doctor.address import OLD_LIST, address_source, arrivals, lists_of_ranges
from gateway.doctor.check import Check, Status
from gateway.doctor.evidence import evidence
from gateway.doctor.machine import Entry, Ground, http_parser, running, state_directory
from gateway.doctor.numbers import Numbers, numbers_of
from gateway.doctor.rules import policies
from gateway.doctor.store import StoreFacts, clock, redis, signing_key
from gateway.events import NoEvents
from gateway.geo.client_address import TrustedProxies
from gateway.geo.evidence import load_witnesses
from gateway.geo.presets import Preset, preset
from gateway.geo.region import Region
from gateway.policy.loading import read_and_parse
from tests.geo.worlds import geoip2, write_mmdb
from tests.running import POLICIES, SAMPLE, exchange, gateway
from tests.servers import valkey
from tests.sites import policy, write_policies

NEAR = TrustedProxies((ip_network("127.0.0.0/8"),))
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STORE = StoreFacts("redis://cache.internal:6379/0", embedded=False, round_trips=(0.0004,) * 10, skew=0.01,
                   max_memory=2**28, policy="allkeys-lru", user="gateway", nodes={"a": "f", "b": "f"}, node="a")  # fmt: skip


def only(checks: Iterable[Check], name: str) -> Check:
    found = [check for check in checks if check.name == name]
    assert len(found) == 1, (name, found)
    return found[0]


def complaints(checks: Iterable[Check]) -> list[tuple[str, Status]]:
    """What is not well; each says why, and what to do."""
    found = [check for check in checks if check.status is not Status.OK]
    assert all(check.why and check.remedy for check in found)
    return [(check.name, check.status) for check in found]


Complaints = list[tuple[str, Status]]
F, W = Status.FAILED, Status.WARNING


@pytest.mark.parametrize(
    ("trusted", "presets", "urls", "expected"),
    [
        (TrustedProxies(), [], ["http://news.example"], []),
        (TrustedProxies(), [], ["https://news.example"], [("reader's address", F)]),
        (NEAR, [], ["https://news.example"], []),
        (TrustedProxies((ip_network("0.0.0.0/0"),)), [], [], [("reader's address", F)]),
        (TrustedProxies((ip_network("::/0"),)), [], [], [("reader's address", F)]),
        (replace(NEAR, header="cf-connecting-ip"), [], [], [("reader's address", W)]),
        (TrustedProxies(preset("cloudflare").networks, "cf-connecting-ip"), [preset("cloudflare")], [], []),
        (replace(NEAR, header="forwarded"), [], [], []),
        (replace(NEAR, header="proxy-protocol"), [], [], []),
    ],
)
def test_the_source_of_the_address(
    trusted: TrustedProxies, presets: list[Preset], urls: list[str], expected: Complaints
) -> None:
    checks = list(address_source(trusted, presets, urls))
    assert complaints(checks) == expected
    assert all(check.status is not Status.OK or "trust" in check.what or "mind" in check.what for check in checks)


@pytest.mark.parametrize(
    ("days", "expected"), [(0, []), (OLD_LIST.days, []), (OLD_LIST.days + 1, [("ranges of fastly", W)])]
)
def test_a_list_of_ranges_that_is_old(days: int, expected: list[tuple[str, Status]]) -> None:
    today = date(2026, 11, 23)
    lists = [replace(preset("fastly"), as_of=today - timedelta(days)), preset("loopback")]
    checks = list(lists_of_ranges(lists, today))
    assert complaints(checks) == expected
    assert (today - timedelta(days)).isoformat() in checks[0].what


def numbers(sources: Mapping[str, int], seen: Iterable[str] = (), alarms: Iterable[str] = ()) -> Numbers:
    return numbers_of(
        {
            "gateway_client_address_source_total": [[[source], [count]] for source, count in sources.items()],
            "gateway_address_header_seen": [[[name], [1]] for name in seen],
            "gateway_locating_own_proxy": [[[reason], [1]] for reason in alarms] + [[["quiet"], [0]]],
        }
    )


@pytest.mark.parametrize(
    ("trusted", "met", "expected"),
    [
        (NEAR, numbers({"header": 5000}, ["x-forwarded-for"]), []),
        (NEAR, numbers({"header": 5000, "none": 3, "peer": 90}, ["x-forwarded-for"]), []),
        (NEAR, numbers({"none": 19}), []),
        (NEAR, numbers({"header": 50, "none": 50}, ["x-real-ip"]), [("readers so far", F)]),
        (NEAR, numbers({"peer": 500}, ["x-forwarded-for"]), [("readers so far", F)]),
        (TrustedProxies(), numbers({"peer": 500}), []),
        (TrustedProxies(), numbers({"peer": 500}, ["x-forwarded-for"]), [("readers so far", W)]),
        (NEAR, numbers({"header": 500}, alarms=["hosting"]), [("own proxy", F)]),
        (NEAR, numbers_of(None), []),
        (NEAR, numbers_of(["?"]), []),
    ],
)
def test_what_the_running_gateway_has_met(trusted: TrustedProxies, met: Numbers, expected: Complaints) -> None:
    assert complaints(arrivals(met, trusted)) == expected


def test_evidence_that_is_old_blind_to_ipv6_or_too_coarse(tmp_path: Path) -> None:
    names = [Region("UA-43", wholly=frozenset({"UA-43"}))]
    built = int((NOW - timedelta(days=31)).timestamp())
    old = write_mmdb(tmp_path / "old.mmdb", {"8.8.8.0/24": geoip2("US")}, kind="Test-Country", version=4, built=built)
    found = list(evidence(load_witnesses([old], NoEvents()), names, NOW))
    assert complaints(found) == [("evidence old", W), ("evidence on IPv6", W), ("evidence on subdivisions", F)]
    assert "31 days" in found[0].what
    fine = write_mmdb(
        tmp_path / "fine.mmdb",
        {"91.241.128.0/24": geoip2("UA", "43"), "2a02:6b8::/32": geoip2("RU", "MOW")},
        built=int(NOW.timestamp()),
    )
    assert complaints(evidence(load_witnesses([fine], NoEvents()), names, NOW)) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (STORE, []),
        (replace(STORE, problem="authentication"), [("Redis", F)]),
        (replace(STORE, problem="connection", embedded=True), [("embedded Valkey", W)]),
        (replace(STORE, round_trips=(0.03,) * 10), [("Redis", W)]),
        (replace(STORE, max_memory=0), [("Redis memory", W)]),
        (replace(STORE, policy="noeviction"), [("Redis memory", W)]),
        (replace(STORE, max_memory=None, policy=None), [("Redis memory", W)]),
        (replace(STORE, user="default"), [("Redis user", W)]),
        (replace(STORE, url="rediss://u:p@cache.internal/0"), []),
        (replace(STORE, url="redis://u:p@127.0.0.1/0"), []),
    ],
)
def test_redis(facts: StoreFacts, expected: list[tuple[str, Status]]) -> None:
    checks = list(redis(facts))
    assert [found for found in complaints(checks) if found[0] != "Redis transport"] == expected
    far = facts.url.startswith("redis://cache") and not facts.problem and not facts.embedded
    assert ("Redis transport" in [check.name for check in checks]) is far
    assert "u:p" not in str(checks)


@pytest.mark.parametrize(
    ("skew", "expected"), [(0.9, Status.OK), (-0.9, Status.OK), (2.0, W), (-2.0, W), (31.0, F), (-3600.0, F), (None, W)]
)
def test_a_clock_that_is_wrong(skew: float | None, expected: Status) -> None:
    assert clock(replace(STORE, skew=skew)).status is expected
    assert clock(replace(STORE, skew=skew, embedded=True)).status is Status.OK


def test_nodes_that_sign_with_different_keys() -> None:
    assert signing_key(STORE).status is Status.OK
    assert "2 nodes" in signing_key(STORE).what
    found = signing_key(replace(STORE, nodes={"a": "f", "b": "f", "c": "g"}))
    assert found.status is F
    assert found.what.startswith("c signs")
    assert signing_key(replace(STORE, nodes={})).status is Status.OK


def test_a_state_directory_that_others_may_read() -> None:
    good = Ground([Entry("s", 0o40700, 7), Entry("s/signing-key", 0o100600, 7)], 7, 10**12)
    assert complaints(state_directory(good, "s")) == []
    for ground, status in (
        (replace(good, entries=[Entry("s", 0o40750, 7)]), F),
        (replace(good, entries=[Entry("s", 0o40700, 7), Entry("s/signing-key", 0o100604, 7)]), F),
        (replace(good, user=8), W),
        (replace(good, free_bytes=2**20), W),
        (None, W),
    ):
        assert complaints(state_directory(ground, "s")) == [("state directory", status)]


def test_parser_and_readiness() -> None:
    assert (http_parser(strict=True).status, http_parser(strict=False).status) == (Status.OK, F)
    told = [
        ({"ready": True, "reasons": [], "warnings": []}, Status.OK),
        ({"ready": True, "reasons": [], "warnings": ["evidence is old"]}, W),
        ({"ready": False, "reasons": ["a worker does not answer"], "warnings": []}, F),
        (None, W),
        ("?", W),
    ]
    assert [running(answer, "s").status for answer, _ in told] == [status for _, status in told]


def test_policies_that_are_broken_or_past_their_review(tmp_path: Path) -> None:
    write_policies(tmp_path, [policy("late", "protect: all").replace("2031-01-01", "2026-11-22")])
    _, parsed = read_and_parse(tmp_path)
    assert complaints(policies(parsed.policies, parsed.problems, "p", NOW)) == [("policy late", W)]
    assert complaints(policies(parsed.policies, parsed.problems, "p", NOW - timedelta(days=2))) == []
    lists = "regions:\n  {}: {{networks: [192.0.2.0/24], kind: relay{}}}\n"
    for name, day, wrong in (("new", ", as_of: 2026-11-01", []), ("old", ", as_of: 2026-01-01", [("networks old", W)]),
                             ("some", "", [("networks some", W)])):  # fmt: skip
        (tmp_path / "regions.yaml").write_text(lists.format(name, day))
        _, parsed = read_and_parse(tmp_path)
        assert complaints(policies(parsed.policies, parsed.problems, "p", NOW - timedelta(days=2))) == wrong
    (tmp_path / "broken.yaml").write_text("policy: broken\nreaders: all\nreaders: all\n")
    _, parsed = read_and_parse(tmp_path)
    found = list(policies(parsed.policies, parsed.problems, "p", NOW))
    assert complaints(found) == [("policies", F)]
    assert "broken.yaml:3" in found[0].what
    (tmp_path / "nothing").mkdir()
    _, parsed = read_and_parse(tmp_path / "nothing")
    assert complaints(policies(parsed.policies, parsed.problems, "p", NOW)) == [("policies", F)]


def doctor(*arguments: str, **settings: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment |= {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    environment |= {"GATEWAY_CONTENT": str(SAMPLE), "GATEWAY_POLICIES": settings.get("policies", str(POLICIES))}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "doctor", *arguments],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def test_a_node_that_is_well(tmp_path: Path) -> None:
    with (
        valkey(tmp_path / "v", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru") as server,
        gateway(tmp_path, redis_url=server.url) as running,
    ):
        for _ in range(30):
            assert running.get("/", reader="8.8.8.8").status == 200
        settings = {"state": str(running.state), "redis_url": server.url, "trusted_proxies": "loopback"}
        code, printed = doctor(**settings)
        assert code == 0, printed
        assert not re.search(r"^failed", printed, re.MULTILINE)
        assert "\x1b" not in printed  # colours are for terminals
        code, printed = doctor("--json", **settings)
        told = json.loads(printed)
        assert told["well"] is True
        by_name = {check["name"]: check for check in told["checks"]}
        assert by_name["readers so far"]["status"] == "ok"
        assert "30 by header" in by_name["readers so far"]["what"]
        assert "x-forwarded-for" in by_name["readers so far"]["what"]
        assert by_name["signing key"]["what"] == "the same on 1 node"
        assert by_name["clock"]["status"] == "ok"
        assert set(by_name) > {
            "Redis",
            "Redis memory",
            "Redis user",
            "state directory",
            "HTTP parser",
            "running gateway",
            "policies",
        }
        assert all(set(check) == {"name", "status", "what", "why", "remedy"} for check in told["checks"])


def test_a_node_on_which_everything_is_wrong(tmp_path: Path) -> None:
    with (
        valkey(tmp_path / "v") as server,
        gateway(tmp_path, redis_url=server.url, trusted_proxies="", base_url="https://news.example") as running,
    ):
        server.command("SET", "gw1:node:other-machine", fingerprint(b"another key"))
        for _ in range(30):
            exchange(running.port, "/", {"X-Forwarded-For": "8.8.8.8", "Host": "news.example"})
        running.state.chmod(0o755)
        code, printed = doctor(
            "--json",
            state=str(running.state),
            redis_url=server.url,
            base_url="https://news.example",
            policies=str(tmp_path),
        )
    assert code == 1
    told = {check["name"]: check["status"] for check in json.loads(printed)["checks"]}
    assert {name for name, status in told.items() if status == "failed"} == {
        "reader's address", "policies", "signing key", "state directory",
    }  # fmt: skip
    assert {name for name, status in told.items() if status == "warning"} >= {
        "readers so far",
        "Redis user",
        "Redis memory",
    }


def test_every_node_says_which_key_it_has_and_never_the_key(tmp_path: Path) -> None:
    key = "a-secret-that-is-long-enough"
    with valkey(tmp_path / "v") as server:
        with gateway(tmp_path, redis_url=server.url, signing_key=key) as running:
            name = f"gw1:node:{node_name(running.state)}"
            assert running.get("/").status == 200
            kept = server.command("GET", name)
            assert 0 < int(str(server.command("TTL", name))) <= FORGOTTEN_SECONDS
            assert running.admin("/purge", {"all": True}).status == 200
            assert server.command("GET", name) == kept  # it is no page
        assert kept == fingerprint(key.encode()).encode()
        assert key.encode() not in kept
        (tmp_path / "b").mkdir()
        for other, code in ((key, 0), ("another-secret-altogether", 1)):
            with gateway(tmp_path / "b", redis_url=server.url, signing_key=other) as second:
                settings = {
                    "state": str(second.state),
                    "redis_url": server.url,
                    "signing_key": other,
                    "trusted_proxies": "loopback",
                }
                assert doctor(**settings)[0] == code


def test_a_node_that_was_never_started_is_looked_at_without_being_changed(tmp_path: Path) -> None:
    code, printed = doctor("--json", state=str(tmp_path / "none"))
    assert code == 0, printed
    assert list(tmp_path.iterdir()) == []
