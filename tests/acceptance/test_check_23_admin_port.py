"""The admin port, every route for every caller: only who has the token, and no page of another site, gets anything."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import write_site
from tests.running import Running, exchange, gateway
from tests.web.wire import Wire

ROUTES = [
    ("GET", "/metrics"), ("GET", "/metrics.json"), ("POST", "/reload"), ("POST", "/rollback"), ("POST", "/purge"), ("POST", "/preview"),
    ("GET", "/reload"), ("PUT", "/purge"), ("DELETE", "/purge"), ("OPTIONS", "/purge"), ("TRACE", "/metrics"),
    ("GET", "/"), ("GET", "/metrics/"), ("GET", "//metrics"), ("GET", "/healthz/../metrics"), ("GET", "/%6detrics"),
    ("GET", "/console"), ("GET", "/history"), ("GET", "/preview"), ("GET", "/static/x.css"), ("GET", "/nothing"),
]  # fmt: skip
OPEN = ("/healthz", "/readyz")
CALLERS = {
    "anonymous": {},
    "wrong token": {"Authorization": "Bearer wrong"},
    "empty token": {"Authorization": "Bearer "},
    "basic": {"Authorization": "Basic YWRtaW46YWRtaW4="},
    "in the query": {"Referer": "http://127.0.0.1/?token=wrong"},
    "evil Origin": {"Origin": "https://evil.example", "Authorization": "Bearer TOKEN"},
    "null Origin": {"Origin": "null", "Authorization": "Bearer TOKEN"},
    "evil Host, no token": {"Host": "evil.example"},
    "says it is the worker": {"Host": "worker", "X-Forwarded-For": "127.0.0.1"},
}
GUESSES = 1000

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def test_every_route_for_every_caller(tmp_path: Path, check: Recording) -> None:
    row = check(23, "admin endpoints")
    content, policies = write_site(tmp_path, warm=1, cold=1)
    let_in, broke, told = [], [], 0
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", "2"]) as running:
        for method, path in ROUTES:
            for name, headers in CALLERS.items():
                sent = {key: value.replace("TOKEN", running.token) for key, value in headers.items()}
                answer = exchange(running.admin_port, path, sent, method, b"{}" if method in ("POST", "PUT") else None)
                told += 1
                if answer.status < 400:
                    let_in.append((method, path, name, answer.status))
                if answer.status >= 500:
                    broke.append((method, path, name, answer.status))
                assert answer.headers["cache-control"] == "no-store"
                assert running.token.encode() not in answer.body
            public = exchange(running.port, path, {"Authorization": f"Bearer {running.token}"}, "GET")
            if public.status < 400 and path not in ("/", "/healthz/../metrics"):
                let_in.append(("GET", path, "reader port", public.status))
        assert running.admin("/metrics").status == 200
        broke += fuzzed(running)
        revision = running.events("gateway_started")[0]["gateway.policy.revision"]
        assert {event["gateway.policy.revision"] for event in running.events("policy_reloaded")} <= {revision}
    row.figure(f"{told} route × caller: {len(let_in)} × 2xx; {len(broke)} × 5xx, of 500 bodies too")
    assert let_in == broke == []


def fuzzed(running: Running) -> list[object]:
    """Bodies that are no requests, by somebody who has the token; what broke."""
    r, broke = random.Random(23), []
    pieces = (
        b"{",
        b"}",
        b"[",
        b'"',
        b":",
        b",",
        b"null",
        b"1e999",
        b"\xff",
        b'"tag"',
        b'"all"',
        b'"actor"',
        b'"url"',
        b'"http://[x"',
        b'"revision"',
        b"\\ud800",
    )
    for _ in range(500):
        body = b"".join(r.choice(pieces) for _ in range(r.randrange(0, 12)))
        method, path = r.choice([("POST", "/reload"), ("POST", "/rollback"), ("POST", "/purge")])
        answer = exchange(running.admin_port, path, {"Authorization": f"Bearer {running.token}"}, method, body)
        if answer.status >= 500:
            broke.append((path, body, answer.status))
    return broke


def test_a_thousand_wrong_tokens(tmp_path: Path, check: Recording) -> None:
    row = check(23, "1,000 wrong tokens")
    content, policies = write_site(tmp_path, warm=1, cold=1)
    with gateway(tmp_path, content=content, policies=policies) as running, Wire(running.admin_port) as wire:
        statuses = []
        for number in range(GUESSES):
            wire.send(f"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {number:064x}\r\n\r\n".encode())
            statuses.append(wire.response().status)
        row.figure(f"{statuses.count(401)} looked at within the minute, {statuses.count(429)} told to wait")
        assert statuses.count(401) == 10
        assert statuses.count(401) + statuses.count(429) == GUESSES
        with Wire(running.admin_port, source="127.0.0.7") as elsewhere:
            head = f"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token}\r\n\r\n"
            assert elsewhere.send(head.encode()).response().status == 200
