"""What is withheld from a page is withheld at its own address: from whom, as long, and wherever the page was read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.render.foreign.held_media import MEDIUM, held_media, medium_keys
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.rules import Rules
from tests.geo.addresses import ADDRESSES
from tests.origin.newsroom import LAGOS, Newsroom, newsroom, story
from tests.origin.scripted import response
from tests.running import Answer
from tests.servers import valkey
from tests.sites import policy, write_policies

KYIV = ADDRESSES["Kyiv"]
FOLDER = "/wp-content/uploads/2026/11"
NAMES = ["pier.jpg", "pier-300x200.jpg", "pier-scaled.jpg", "pier.webp", "poster.png", "film.mp4"]
HELD = [
    *(f"{FOLDER}/{name}" for name in NAMES),
    "/_next/image?url=%2Fwp-content%2Fuploads%2F2026%2F11%2Fpier.jpg&w=640&q=75",
    "/picture?id=7",
    "/styles/large/pier.jpg?itok=x",
]
FREE = [f"{FOLDER}/harbour.jpg", "/wp-content/uploads/2025/01/pier.jpg", "/picture?id=8", "/logo.svg"]
SECRET = (
    f'<figure id="secret"><img src="{FOLDER}/pier-300x200.jpg" srcset="{FOLDER}/pier.jpg 1024w, '
    f'/_next/image?url=%2Fwp-content%2Fuploads%2F2026%2F11%2Fpier.jpg&amp;w=640&amp;q=75 640w" data-src="{FOLDER}/pier-scaled.jpg">'
    f'<img src="/picture?id=7"><video poster="{FOLDER}/poster.png" src="{FOLDER}/film.mp4"></video></figure>'
)
META = '<meta property="og:image" content="https://news.example/styles/large/pier.jpg?itok=x">' + (
    '<script type="application/ld+json">'
    + json.dumps({"@type": "NewsArticle", "image": f"https://news.example{FOLDER}/pier.webp"}).replace("/", "\\/")
    + "</script>"
)
OTHERS = f'<img src="{FOLDER}/harbour.jpg"><img src="/picture?id=8"><img src="/logo.svg">'
ARTICLE = (
    story("ferry")
    .replace(b"</article>", f"{SECRET}{OTHERS}</article>".encode())
    .replace(b"</head>", f"{META}</head>".encode())
)
CUT = policy(
    "cut", 'withhold: {parts: ["selector:#secret"], notice: cut}', readers="{in: [UA]}", articles="{paths: [/story/*]}"
)
SITE = {"base_url": "https://news.example"}


def publish(news: Newsroom, *policies: str) -> None:
    write_policies(news.policies, policies, notices=("warned", "noted", "cut"))
    assert news.running.admin("/reload", {"accept_removals": True}).status == 200
    for path in (*HELD, *FREE):
        kind = "Content-Type: image/jpeg" if "mp4" not in path else "Content-Type: video/mp4"
        news.cms.answers[path] = [response(path.encode() * 50, "200 OK", kind, "Cache-Control: public, max-age=3600")]
    for path in ("/story/ferry", "/open/ferry"):
        news.cms.answers[path] = [response(ARTICLE, "200 OK", "Content-Type: text/html", "Cache-Control: max-age=3600")]


def get(news: Newsroom, path: str, reader: str) -> Answer:
    return news.get(path, reader, host="news.example")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("site"), **SITE) as running:
        yield running


@pytest.fixture
def news(site: Newsroom) -> Newsroom:
    publish(site, CUT)
    return site


def refused(news: Newsroom, path: str, reader: str = KYIV) -> bool:
    answer = get(news, path, reader)
    assert answer.status in (200, 451), (path, answer.status)
    assert (path.encode() in answer.body) == (answer.status == 200)
    return answer.status == 451


def test_every_address_of_it_is_refused_once_somebody_has_read_the_page(news: Newsroom) -> None:
    assert not refused(news, HELD[0])
    assert get(news, "/story/ferry", LAGOS).status == 200
    news.until(lambda: refused(news, HELD[0]))
    for path in HELD:
        news.until(lambda path=path: refused(news, path))  # type: ignore[misc]
        assert refused(news, path, LAGOS) is False, path
        assert refused(news, path), path
    for path in FREE:
        assert not refused(news, path), path


def test_nobody_further_on_may_keep_it_for_another_reader(news: Newsroom) -> None:
    get(news, "/story/ferry", LAGOS)
    news.until(lambda: refused(news, HELD[0]))
    assert "public" not in get(news, HELD[0], LAGOS).headers["cache-control"]
    assert "public" in get(news, FREE[0], LAGOS).headers["cache-control"]
    held = get(news, HELD[0], KYIV)
    assert 'rel="blocked-by"' in held.headers["link"]
    assert "About cut" in held.text or "cut" in held.text


def test_a_part_of_it_and_a_reader_who_has_it_already_are_refused_too(news: Newsroom) -> None:
    get(news, "/story/ferry", LAGOS)
    news.until(lambda: refused(news, HELD[0]))
    assert news.get(HELD[0], KYIV, host="news.example", range="bytes=0-9").status == 451
    assert news.get(HELD[0], KYIV, host="news.example", if_none_match="*").status == 451
    assert news.get(HELD[0], LAGOS, host="news.example", range="bytes=0-9").status == 206


def test_what_no_policy_withholds_any_more_is_free_at_once(news: Newsroom) -> None:
    get(news, "/story/ferry", LAGOS)
    news.until(lambda: refused(news, HELD[0]))
    publish(news, CUT.replace("state: active", "state: off"))
    assert not refused(news, HELD[0])
    publish(news, CUT.replace("paths: [/story/*]", "paths: [/another/*]"))
    assert not refused(news, HELD[0])


def test_a_page_that_was_kept_before_the_policy_came_counts_from_its_next_reader_on(news: Newsroom) -> None:
    publish(news, CUT.replace("/story/", "/another/"))
    get(news, "/open/ferry", KYIV)
    publish(news, CUT.replace("/story/", "/open/"))
    assert not refused(news, HELD[0])
    get(news, "/open/ferry", KYIV)
    news.until(lambda: refused(news, HELD[0]))


def test_a_medium_that_a_policy_names_is_refused_in_every_size(news: Newsroom) -> None:
    publish(news, CUT.replace('parts: ["selector:#secret"]', f'media: ["{FOLDER.removeprefix("/")}/harbour.jpg"]'))
    get(news, "/story/ferry", LAGOS)
    news.until(lambda: refused(news, FREE[0]))
    assert not refused(news, HELD[0])


def test_another_process_that_never_saw_the_page_knows_it(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with valkey(tmp_path) as server:
        shared = {**SITE, "redis_url": server.url, "signing_key": "k" * 32}
        with newsroom(tmp_path / "one", **shared) as one, newsroom(tmp_path / "two", **shared) as two:
            publish(one, CUT)
            publish(two, CUT)
            assert not refused(two, FREE[0])
            get(one, "/story/ferry", LAGOS)
            two.until(lambda: refused(two, HELD[0]))
            assert "/story/ferry" not in two.cms.asked


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("/A/b-300x200.JPG?x=1", {"/a/b."}),
        ("https://news.example/a/b@2x.webp", {"/a/b."}),
        ("//static.news.example/a/b.png", {"/a/b."}),
        ("c.jpg", {"/news/c."}),
        ("/image?id=5", {"/image?id=5"}),
        ("/image", {"/image"}),
        ("/_next/image?url=%2Fa%2Fb.jpg&w=64", {"/_next/image?url=%2Fa%2Fb.jpg&w=64", "/a/b."}),
        ("https://other.example/a/b.jpg", set()),
        ("data:image/png;base64,AAAA", set()),
        ("http://[", set()),
    ],
)
def test_an_address_is_known_by_what_all_its_sizes_have_in_common(address: str, keys: set[str]) -> None:
    assert medium_keys(address, Hosts("news.example"), "/news/boats") == keys


def test_what_stands_in_the_part_and_its_other_sizes_go_and_nothing_else() -> None:
    found = held_media(
        ARTICLE.decode(),
        ["selector:#secret", "selector:#gone", f"{MEDIUM}a/b.jpg"],
        Rules(),
        Hosts("news.example"),
        "/x",
    )
    expected = {key for path in HELD for key in medium_keys(path, Hosts("news.example"))}
    assert found["selector:#secret"] == expected
    assert found[f"{MEDIUM}a/b.jpg"] == {"/a/b."}
