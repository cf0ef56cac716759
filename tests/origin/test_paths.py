"""However a path is spelt, a policy for it is asked, or the CMS is not: Java's path parameters and dot segments, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.render.foreign.hosts import canonical_path
from gateway.web.paths import passable
from tests.origin.newsroom import MOSCOW, Newsroom, newsroom, page
from tests.sites import policy, write_policies
from tests.web.wire import Wire

SAME = [
    "/story/a", "/story/a/", "//story/a", "/story//a", "/%73tory/a", "/story/%61?x=1", "/story;x/a", "/story;x=y/a;z",
    "/;/story/a", "/story/a;.css", "/story/a;jsessionid=0/", "/story;/;/a", "/story;x//a", "/story/a.css",
    "http://127.0.0.1/story;x/a",
]  # fmt: skip
"""What one CMS or another takes for a path below `/story/`."""
DOUBTFUL = [
    "/x/../story/a", "/x/%2e%2e/story/a", "/x/.%2E/story/a", "/./story/a", "/%2e/story/a", "/story/./a", "/story/x/../a",
    "/x/..;/story/a", "/x/..;y=z/story/a", "/x/..%3b/story/a", "/x/%2e%2e;/story/a", "/.;/story/a", "/x/;/../story/a",
    "/story%2fa", "/x%2F..%2Fstory/a", "/story\\a", "/x\\..\\story\\a", "/story%5ca", "/story%5Ca", "/%2573tory/a",
    "/story%252fa", "/story%c0%afa", "/story/a%00", "/story/a%0a", "/story/a#b", "/story%/a", "/%e0%80%afstory/a",
    "/story;%00/a", "/story;\\..\\/a",
]  # fmt: skip
"""What has more than one reading."""


@pytest.fixture(scope="module", params=["newsroom", "rfc9111"])
def news(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Before a CMS that has one story under every path."""
    with newsroom(tmp_path_factory.mktemp("paths"), origin_profile=request.param) as running:
        running.cms.default = lambda _heard: [page("story", "Cache-Control: max-age=60")]
        yield running


@pytest.mark.parametrize("target", [*SAME, *DOUBTFUL])
def test_no_spelling_gets_a_page_of_the_cms_past_the_policy_for_its_path(news: Newsroom, target: str) -> None:
    for _ in range(3):  # from the CMS, from what is kept, and by the express lane
        with Wire(news.running.port) as wire:
            head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {MOSCOW}\r\n\r\n"
            answer = wire.send(head.encode()).response()
        assert answer.status == (200 if target in SAME else 400)
        assert (b'data-notice="warned"' in answer.content) == (target in SAME)
    assert target in SAME or not news.cms.asked[target]


def test_where_no_policy_is_in_force_the_rfcs_profile_passes_on_each_spelling_as_it_is(tmp_path: Path) -> None:
    with newsroom(tmp_path, origin_profile="rfc9111") as news:
        write_policies(news.policies, [policy("warn", "notice: {id: warned}", state="off")])
        assert news.running.admin("/reload", {}).status == 200
        for target in DOUBTFUL:
            with Wire(news.running.port) as wire:
                assert wire.send(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()).response().status == 404
            assert news.cms.asked[target] == 1


def test_what_a_path_is_matched_by_has_no_parameters_and_no_dots() -> None:
    for target in SAME[:-1]:
        assert canonical_path(target).startswith("/story/a"), target
        assert passable(target), target
    assert {canonical_path(target) for target in ("/a;x/b", "/a;/b;y", "/c/..;/a/b")} == {"/a/b"}
    assert canonical_path("/a%3bx/b") == "/a%3Bx/b"  # encoded, it is part of a name (RFC 3986, section 2.2)
