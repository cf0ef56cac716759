"""How long a CMS may take, and how it is asked whether it is well: as the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings import load_settings
from tests.origin.newsroom import Newsroom, newsroom, story
from tests.origin.scripted import response
from tests.running import Answer, exchange

SENT = response(story("sent"), "200 OK", "Content-Type: text/html")
HEAD, BODY = SENT.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", SENT.partition(b"\r\n\r\n")[2]


def post(news: Newsroom, path: str) -> Answer:
    return exchange(news.running.port, path, {}, "POST", b"a=1")


def test_a_form_is_worked_on_for_longer_than_a_page_may_take_and_then_told_in_full(tmp_path: Path) -> None:
    with newsroom(tmp_path, origin_first_byte_seconds="0.5", origin_total_seconds="1") as news:
        news.cms.answers["/story/send"] = [1.6, HEAD, 0.3, BODY]
        answer = post(news, "/story/send")
        assert (answer.status, answer.body.count(b"What sent brought")) == (200, 20)


def test_a_form_has_no_longer_than_its_own_deadline(tmp_path: Path) -> None:
    with newsroom(tmp_path, origin_unsafe_first_byte_seconds="0.3") as news:
        news.cms.answers["/story/send"] = [5.0, SENT]
        assert post(news, "/story/send").status == 504


def test_the_probe_asks_what_the_settings_say(tmp_path: Path) -> None:
    with newsroom(tmp_path, origin_probe_path="/-/health?deep=1") as news:
        news.cms.answers["/-/health?deep=1"] = [response(b"", "503 Service Unavailable")]
        news.apart.refuse()
        news.lose()
        news.apart.listen()
        news.until(lambda: "/-/health?deep=1" in [heard.target for heard in news.cms.heard])
        assert not news.running.events("origin_restored")
        news.cms.answers["/-/health?deep=1"] = [response(b"", "200 OK")]
        news.running.wait_for("origin_restored")
        assert {heard.target for heard in news.cms.heard if heard.method == "HEAD"} == {"/-/health?deep=1"}


@pytest.mark.parametrize(
    "path", ["health", "//other.example/", "/a b", "/a#b", "https://other.example/", "/a\r\nX: y", ""]
)
def test_a_probe_path_that_is_none_is_refused_with_a_remedy(path: str) -> None:
    with pytest.raises(SettingsError, match="write it as /health"):
        load_settings({"content": "https://cms.internal"}, {"GATEWAY_ORIGIN_PROBE_PATH": path})
