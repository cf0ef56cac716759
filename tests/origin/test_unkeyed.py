"""A CMS that repeats whatever it is told tells nobody what another reader said: what is no part of a key is not said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.origin.newsroom import LAGOS, MOSCOW, Newsroom, newsroom, page
from tests.origin.scripted import Heard, Script
from tests.web.test_unkeyed import CANARY, HEADERS
from tests.web.wire import Wire

PASSED_ON = {"Cache-Control", "Origin", "Pragma", "Via"}
"""A cache has to pass these on (RFC 9111 section 5.2, RFC 9110 section 7.6.3); a CMS that repeats one must say Vary."""
SPELT = ["X_Forwarded_Host", "X-Forwarded-Uri", "X-Forwarded_Proto", "X-Original-Method", "X-Envoy-Original-Path"]


def told(heard: Heard) -> Script:
    said = b" ".join(heard.lines).decode("latin-1")
    return [page(said.replace("<", ""), "Cache-Control: max-age=60", f"X-Said: {said}")]


@pytest.fixture(scope="module", params=["on", "off"])
def news(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Each lane in its turn."""
    with newsroom(tmp_path_factory.mktemp("unkeyed"), express=request.param) as running:
        running.cms.default = told
        yield running


@pytest.mark.parametrize("where", ["story", "other"])
def test_what_one_reader_says_is_in_no_answer_to_another(news: Newsroom, where: str) -> None:
    for number, name in enumerate([*HEADERS, *SPELT]):
        if name in PASSED_ON:
            continue
        first = news.running.get(f"/{where}/{number}", {name: CANARY}, reader=MOSCOW)
        assert first.status == 200
        for reader in (LAGOS, MOSCOW, MOSCOW):
            answer = news.get(f"/{where}/{number}", reader)
            assert answer.status == 200
            assert CANARY.encode() not in answer.body + str(answer.headers).encode(), name


def test_a_body_of_one_reader_is_in_no_answer_to_another(news: Newsroom) -> None:
    news.cms.answers["/fat"] = lambda heard: [page(heard.body.decode() or "nothing", "Cache-Control: max-age=60")]
    with Wire(news.running.port) as wire:
        fat = wire.send(b"GET /fat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 6\r\n\r\nc4n4ry").response()
    assert b"c4n4ry" in fat.content
    for _ in range(2):
        assert "nothing" in news.get("/fat").text
