"""The whole way in front of a CMS, at the socket: asked, kept, recognised, decided, treated, told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.origin.newsroom import LAGOS, MOSCOW, Newsroom, newsroom, page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("passage")) as running:
        yield running


def test_a_page_is_asked_for_once_and_each_reader_sees_what_is_owed_from_the_cache(site: Newsroom) -> None:
    site.cms.answers["/story/harbour"] = [page("The harbour", "Cache-Control: max-age=60", 'ETag: "v1"')]
    before = len(site.running.events("request"))
    first = site.get("/story/harbour", LAGOS)
    assert first.status == 200
    assert 'data-notice="warned"' not in first.text
    warned = site.get("/story/harbour", MOSCOW)
    assert 'data-notice="warned"' in warned.text
    assert site.get("/story/harbour", LAGOS).body == first.body
    assert site.cms.asked["/story/harbour"] == 1
    assert first.headers["cache-control"] == warned.headers["cache-control"] == "private, no-cache"
    assert warned.headers["etag"] not in (first.headers["etag"], '"v1"')
    events = site.running.wait_for("request", count=before + 3)[before:]
    assert [event["gateway.cache.status"] for event in events] == ["miss", "hit", "hit"]
    assert {event["gateway.article.id"] for event in events} == {"/story/harbour"}
