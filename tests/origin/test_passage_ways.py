"""How an answer comes about in front of a CMS: asked once for all, from either lane, refreshed, forgotten, previewed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest

from gateway.cli.admin import preview_link
from gateway.state import StateDirectory
from tests.origin.newsroom import LAGOS, MOSCOW, Newsroom, newsroom, page, story
from tests.origin.scripted import Heard, Script, chunked, head, response
from tests.sites import policy, write_policies
from tests.web.wire import SITE, Wire, get

KEPT = "Cache-Control: max-age=600"
WARNED = policy("warn", "notice: {id: warned}", readers="{in: [RU]}", articles="{paths: [/story/*]}")
EVERYWHERE = policy("every", "notice: {id: noted}")
MUTE = b"<!doctype html><title>Notes</title><h1>Notes</h1><p>He keeps the boat.</p><p>Nobody asks why.</p>"
"""A page that does not say what it is."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("ways"), base_url=f"http://{SITE}", mode="enforce") as running:
        yield running


def picture(body: bytes, *fields: str) -> bytes:
    return response(body, "200 OK", "Content-Type: image/x", *fields)


def put_into_force(site: Newsroom, *policies: str) -> None:
    write_policies(site.policies, policies, notices=("warned", "noted"))
    assert site.running.admin("/reload", {"accept_removals": True}).status == 200


def lines_of(
    site: Newsroom, reader: str, target: str, *fields: str | bytes, method: str = "GET"
) -> tuple[list[bytes], bytes]:
    """Head and body as sent, but for what the moment changes."""
    with Wire(site.running.port) as wire:
        answer = wire.ask(target, f"X-Forwarded-For: {reader}", *fields, method=method)
    head = answer.raw.split(b"\r\n\r\n")[0].split(b"\r\n")
    return [line for line in head if not line.startswith((b"Age:", b"Date:"))], answer.body


def test_both_lanes_send_the_same_bytes(site: Newsroom) -> None:
    site.cms.answers["/story/lanes"] = [page("lanes", KEPT, 'ETag: "l"', "X-Odd: 1")]
    site.cms.answers["/%D0%BD%D0%BE?a=1&b"] = [page("other", KEPT, 'ETag: "o"')]
    site.cms.answers["/lanes.png"] = [picture(b"p" * 3000, KEPT, 'ETag: "p"', f"Date: {formatdate(usegmt=True)}")]
    site.cms.answers["/untagged.png"] = [picture(b"u" * 3000, KEPT)]
    site.cms.answers["/foreign.png"] = [picture(b"f" * 3000, KEPT, 'ETag: "\xe9"')]
    site.cms.answers["/empty.png"] = [picture(b"e" * 3000, KEPT, "ETag:")]
    met = 0
    targets = ("/story/lanes", "/%D0%BD%D0%BE?a=1&b", "/lanes.png", "/untagged.png", "/foreign.png", "/empty.png")
    asked: list[tuple[str | bytes, ...]] = [(), ("Accept-Encoding: gzip, br",)]
    asked += [(b"If-None-Match: " + tags,) for tags in (b'"p"', b"*", b'W/"\xe9"', b'""')]
    for target in targets:
        for reader in (LAGOS, MOSCOW):
            for method in ("GET", "HEAD"):
                for fields in asked:
                    natural = lines_of(site, reader, target, "TE: trailers", *fields, method=method)
                    natural = lines_of(site, reader, target, "TE: trailers", *fields, method=method)
                    assert lines_of(site, reader, target, *fields, method=method) == natural, (target, reader, fields)
                    met += 1
    events = site.running.wait_for("request", count=3 * met)
    assert [event["url.path"] for event in events[2::3] if event["gateway.lane"] != "express"] == []
    assert max(site.cms.asked[target] for target in targets) <= 2


def test_an_entity_tag_that_is_none_makes_no_difference_between_the_lanes(site: Newsroom) -> None:
    for number, tag in enumerate(("abc", '"a", "b"', 'w/"x"')):
        site.cms.answers[f"/spoilt-{number}.png"] = [picture(b"s" * 300, KEPT, f"ETag: {tag}")]
        for condition in ("*", tag, '"b"'):
            asked = f"/spoilt-{number}.png", f"If-None-Match: {condition}"
            lines_of(site, LAGOS, *asked, "TE: trailers")
            assert lines_of(site, LAGOS, *asked) == lines_of(site, LAGOS, *asked, "TE: trailers"), asked


def test_what_a_cms_says_differently_by_accept_goes_to_whom_it_was_said(site: Newsroom) -> None:
    def by_accept(heard: Heard) -> Script:
        return [picture(heard.fields["accept"].encode(), KEPT, "Vary: Accept")]

    site.cms.answers["/negotiated.png"] = by_accept
    for _ in range(2):
        for accept in ("image/avif", "image/webp,*/*;q=0.8", "*/*"):
            assert lines_of(site, LAGOS, "/negotiated.png", f"Accept: {accept}")[1] == accept.encode()


def test_age_counts_by_the_second_and_nothing_outlives_its_freshness(site: Newsroom) -> None:
    site.cms.answers["/brief.png"] = [picture(b"brief", "Cache-Control: max-age=3", "Age: 1")]
    ages = []
    deadline = time.monotonic() + 8
    while site.cms.asked["/brief.png"] < 2 and time.monotonic() < deadline:
        answer = site.running.get("/brief.png", {"Host": SITE})
        ages.append(int(answer.headers.get("age", 0)))
        time.sleep(0.05)
    assert site.cms.asked["/brief.png"] == 2
    assert {1, 2} <= set(ages) <= {1, 2, 3}


def test_max_age_counts_down_in_both_lanes_at_once(site: Newsroom) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=30.3)).isoformat()
    later = policy("later", "notice: {id: noted}", effective=f"effective: [{{from: '{soon}', until: lifted}}]\n")
    put_into_force(site, policy("every", "notice: {id: noted}", articles="{paths: [/story/*]}"), later)
    site.cms.answers["/story/count"] = [page("count", "Cache-Control: max-age=6")]
    site.cms.answers["/count"] = [page("count", KEPT)]
    until = f"Expires: {formatdate(time.time() + 600, usegmt=True)}"
    site.cms.answers["/expires"] = [response(story("expires"), "200 OK", "Content-Type: text/html", until)]
    for target in ("/story/count", "/count", "/expires"):
        met = len(site.running.events("request"))
        said, deadline = [], time.monotonic() + 1.6
        while time.monotonic() < deadline:
            before, between, after = (
                [line for line in lines_of(site, LAGOS, target, *fields)[0] if line.startswith(b"Cache-Control")]
                for fields in (("TE: trailers",), (), ("TE: trailers",))
            )
            assert between in (before, after)
            said.append(between)
        assert len(set(map(str, said))) > 1
        lanes = [event["gateway.lane"] for event in site.running.logged()[met:]]
        assert lanes.count("express") > len(lanes) // 6


async def ask(port: int, target: str, *fields: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(get(target, "Connection: close", *fields))
    try:
        return await reader.read(-1)
    finally:
        writer.close()


async def test_a_thousand_at_once_ask_the_cms_once(site: Newsroom) -> None:
    def slowly(_heard: Heard) -> Script:
        return [0.4, page("crowd", KEPT)]

    site.cms.answers["/story/crowd"] = slowly
    answers = await asyncio.gather(*(ask(site.running.port, "/story/crowd") for _ in range(1000)))
    assert {answer[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}
    assert len({answer.partition(b"\r\n\r\n")[2] for answer in answers}) == 1
    assert site.cms.asked["/story/crowd"] == 1


async def test_what_turns_out_to_be_for_one_reader_is_never_given_to_those_who_waited(site: Newsroom) -> None:
    def mine(heard: Heard) -> Script:
        return [0.2, page(f"for {heard.fields.get('cookie')}", "Cache-Control: private")]

    site.cms.answers["/story/mine"] = mine
    asking = [ask(site.running.port, "/story/mine", f"Cookie: id={number}") for number in range(30)]
    for number, answer in enumerate(await asyncio.gather(*asking)):
        assert answer.count(f"for id={number}<".encode()) >= 1
        assert b"no-cache" in answer or b"private" in answer


def test_a_page_past_its_time_is_sent_once_more_and_refreshed_behind_under_the_policies_of_now(site: Newsroom) -> None:
    said = iter(["first", "second", "second", "second"])
    site.cms.answers["/story/swr"] = lambda _heard: [
        page(next(said), "Cache-Control: max-age=1, stale-while-revalidate=60")
    ]
    assert "first" in site.get("/story/swr", LAGOS, Host=SITE).text
    time.sleep(1.1)
    put_into_force(site, WARNED, EVERYWHERE)
    stale = site.get("/story/swr", LAGOS, Host=SITE)
    assert "first" in stale.text
    assert 'data-notice="noted"' in stale.text
    site.until(lambda: "second" in site.get("/story/swr", LAGOS, Host=SITE).text)
    put_into_force(site, WARNED)
    assert any(event["gateway.cache.status"] == "stale" for event in site.running.events("request"))
    assert "gateway_stale_served_total" in site.running.admin("/metrics").text


def test_what_is_gone_takes_every_form_of_the_article_along(site: Newsroom) -> None:
    canonical = '<link rel="canonical" href="/story/gone">'
    forms = ("/story/gone", "/story/gone/amp", "/story/gone/print")
    for form in forms:
        body = story("gone").replace(b"<head>", f"<head>{canonical}".encode())
        kept = "Cache-Control: max-age=0" if form == "/story/gone" else KEPT
        site.cms.answers[form] = [response(body, "200 OK", "Content-Type: text/html", kept)]
        assert site.get(form, MOSCOW, Host=SITE).status == 200
    site.cms.answers["/story/gone"] = [response(b"gone", "410 Gone")]
    site.get("/story/gone", LAGOS, Host=SITE)
    for form in forms:
        site.cms.answers[form] = [response(b"gone", "410 Gone")]
        assert site.get(form, LAGOS, Host=SITE).status == 410, form


@pytest.mark.parametrize(
    "named", [{"article": "/story/purged"}, {"tag": "desk"}, {"url": f"http://{SITE}/story/purged"}, {"all": True}]
)
def test_a_purge_takes_what_the_cms_said_and_what_was_made_of_it(site: Newsroom, named: dict[str, object]) -> None:
    site.cms.answers["/story/purged"] = [page("purged", KEPT, "Surrogate-Key: desk news")]
    before = site.cms.asked["/story/purged"]
    for reader in (LAGOS, MOSCOW, LAGOS):
        site.get("/story/purged", reader, Host=SITE)
    assert site.cms.asked["/story/purged"] == before + 1
    removed = site.running.admin("/purge", named).json()
    assert int(str(removed["memory"])) >= 1
    assert removed["left"] == 0
    site.get("/story/purged", LAGOS, Host=SITE)
    assert site.cms.asked["/story/purged"] == before + 2
    site.running.admin("/purge", {"all": True})


def test_a_change_at_the_cms_makes_what_is_kept_of_it_doubtful(site: Newsroom) -> None:
    site.cms.answers["/item.png"] = lambda heard: [picture(heard.method.encode(), KEPT, "Location: /list.png")]
    site.cms.answers["/list.png"] = [picture(b"list", KEPT)]
    for target in ("/item.png", "/list.png"):
        site.running.get(target, {"Host": SITE})
    site.running.get("/item.png", {"Host": SITE}, method="POST")
    for target in ("/item.png", "/list.png"):
        before = site.cms.asked[target]
        site.running.get(target, {"Host": SITE})
        assert site.cms.asked[target] == before + 1


def test_a_preview_shows_anothers_page_and_its_token_stays_here(site: Newsroom) -> None:
    site.cms.answers["/story/preview"] = [page("preview", KEPT)]
    key = StateDirectory(site.running.state).signing_key("")
    link = preview_link("", "/story/preview?id=1", "RU", key, timedelta(minutes=5))
    answer = site.get(link, LAGOS, Host=SITE)
    assert 'data-notice="warned"' in answer.text
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"][:7]) == ("private, no-store", "noindex")
    assert site.get(link.replace("/story/", "/other/"), LAGOS, Host=SITE).status == 403
    assert site.get("/story/preview?preview=true", LAGOS, Host=SITE).status == 200
    asked = [target for target in site.cms.asked if "preview" in target]
    assert sorted(asked) == ["/story/preview?id=1", "/story/preview?preview=true"]


def test_a_name_that_no_page_of_a_cms_can_have_is_refused_with_the_form_that_it_has(site: Newsroom) -> None:
    previewed = site.running.admin("/preview", {"article": "story/x", "in": "RU"})
    purged = site.running.admin("/purge", {"article": "story/x"})
    for answer in (previewed, purged):
        assert answer.status == 404
        assert "named by its path, as /news/story/x" in str(answer.json()["error"])


def test_the_gateways_own_pages_stay_its_own(site: Newsroom) -> None:
    assert site.get("/-/transparency", LAGOS, Host=SITE).status == 200
    assert site.get("/-/notices/warned", LAGOS, Host=SITE).status == 200
    assert site.get("/-/anything", LAGOS, Host=SITE).status == 404
    assert site.running.get("/-/anything", {"Host": SITE}, method="POST").status == 405
    assert not [target for target in site.cms.asked if target.startswith("/-/")]


def test_a_block_and_a_redirection_stand_in_a_cms_pages_place(tmp_path_factory: pytest.TempPathFactory) -> None:
    acts = [
        policy("court", "block: {notice: ordered}", readers="{in: [RU]}", articles="{paths: [/story/a]}", kind="order")
        .replace("do:\n", "do:\n").replace("  - block: {notice: ordered}", "  - block: {notice: ordered}\n    certainty: possible"),
        policy("move", "redirect: {to: https://mirror.example/}", readers="{in: [RU]}", articles="{paths: [/story/b]}")
        .replace("  - redirect: {to: https://mirror.example/}", "  - redirect: {to: https://mirror.example/}\n    certainty: possible"),
    ]  # fmt: skip
    with newsroom(tmp_path_factory.mktemp("acts"), redirect_hosts="mirror.example") as news:
        write_policies(news.policies, acts, notices=("ordered",))
        assert news.running.admin("/reload", {"accept_removals": True}).status == 200
        for path in ("/story/a", "/story/b"):
            news.cms.answers[path] = [page(path, KEPT, "Set-Cookie: a=b", "Link: </x>; rel=preload")]
        blocked, moved = news.get("/story/a", MOSCOW), news.get("/story/b", MOSCOW)
        assert (blocked.status, moved.status, moved.headers["location"]) == (451, 302, "https://mirror.example/")
        assert 'rel="blocked-by"' in blocked.headers["link"]
        assert "The desk" in blocked.text
        assert "What /story" not in blocked.text + moved.text
        assert not {"set-cookie"} & {*blocked.headers, *moved.headers}
        assert news.get("/story/a", LAGOS).status == news.get("/story/b", LAGOS).status == 200


def test_without_the_cms_readers_get_a_page_that_says_when_to_come_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with newsroom(tmp_path_factory.mktemp("down")) as news:
        write_policies(news.policies, [EVERYWHERE], notices=("noted",))
        assert news.running.admin("/reload", {"accept_removals": True}).status == 200
        news.apart.refuse()
        answer = news.get("/never", LAGOS)
        assert answer.status in (502, 503, 504)
        assert int(answer.headers["retry-after"]) >= 1
        assert 'data-notice="noted"' in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        news.apart.listen()


def test_a_page_in_a_coding_that_nobody_can_undo_is_an_error_each_time(site: Newsroom) -> None:
    site.cms.answers["/story/odd"] = [page("odd", "Content-Encoding: odd", KEPT)]
    assert [site.get("/story/odd", reader, Host=SITE).status for reader in (LAGOS, LAGOS, MOSCOW)] == [502] * 3


def test_observing_leaves_every_byte_and_says_what_would_have_been_done(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with newsroom(tmp_path_factory.mktemp("observe"), mode="observe") as news:
        body = story("observed")
        news.cms.answers["/story/o"] = [response(body, "200 OK", "Content-Type: text/html", KEPT, 'ETag: "o"')]
        answer = news.get("/story/o", MOSCOW)
        assert (answer.body, answer.headers["etag"], answer.headers["cache-control"]) == (body, '"o"', "max-age=600")
        event = news.running.wait_for("request")[0]
        assert event["gateway.decision.shadow"] == ["warn=notice:warned"]
        assert event["gateway.decision.treatments"] == []
        large = story("large") * 6000
        for path, sent in (("/story/large", large), ("/story/chunked", large), ("/story/odd", story("odd"))):
            for kept in (KEPT, "Cache-Control: no-store"):
                fields = ["Content-Type: text/html", kept, *(["Content-Encoding: odd"] if "odd" in path else [])]
                script = [response(sent, "200 OK", *fields)]
                if path == "/story/chunked":
                    pieces = (sent[at : at + 2**20] for at in range(0, len(sent), 2**20))
                    script = [head("200 OK", *fields, "Transfer-Encoding: chunked"), chunked(*pieces)]
                news.cms.answers[f"{path}?{kept}".replace(" ", "")] = script
                for reader in (MOSCOW, LAGOS):
                    assert news.get(f"{path}?{kept}".replace(" ", ""), reader).body == sent, (path, kept)


def test_what_policies_cannot_treat_passes_whatever_its_size(tmp_path_factory: pytest.TempPathFactory) -> None:
    film = b"film" * (3 * 2**20)
    with newsroom(tmp_path_factory.mktemp("film")) as news:
        fields = ("Content-Type: video/mp4", KEPT, "Transfer-Encoding: chunked")
        pieces = (film[at : at + 2**20] for at in range(0, len(film), 2**20))
        news.cms.answers["/film"] = [head("200 OK", *fields), chunked(*pieces)]
        assert [news.get("/film", reader).body == film for reader in (MOSCOW, LAGOS)] == [True, True]


def test_what_lies_under_a_blocked_path_is_blocked_whatever_it_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    court = policy("court", "block: {notice: ordered}\n    certainty: possible", readers="{in: [RU]}", articles="{paths: [/court/*]}", kind="order")  # fmt: skip
    with newsroom(tmp_path_factory.mktemp("paths")) as news:
        write_policies(news.policies, [court], notices=("ordered",))
        assert news.running.admin("/reload", {"accept_removals": True}).status == 200
        news.cms.answers["/court/ruling.pdf"] = [response(b"%PDF", "200 OK", "Content-Type: application/pdf", KEPT)]
        news.cms.answers["/court/film"] = [
            response(b"film", "200 OK", "Content-Type: video/mp4", "Cache-Control: no-store")
        ]
        news.cms.answers["/free.pdf"] = [response(b"%PDF", "200 OK", "Content-Type: application/pdf", KEPT)]
        feed = b"<rss version='2.0'><channel><item><title>x</title><link>/else</link></item></channel></rss>"
        news.cms.answers["/court/feed"] = [response(feed, "200 OK", "Content-Type: application/rss+xml", KEPT)]
        news.cms.answers["/court/notes"] = [response(MUTE, "200 OK", "Content-Type: text/html", KEPT)]
        news.cms.answers["/court/page"] = [
            response(MUTE, "200 OK", "Content-Type: text/html", "Cache-Control: no-store")
        ]
        for path in (
            "/court/ruling.pdf",
            "/court/film",
            "/court//ruling%2Epdf",
            "/court/feed",
            "/court/notes",
            "/court/page",
        ):
            news.cms.answers.setdefault(path, news.cms.answers["/court/ruling.pdf"])
            for reader, status in ((LAGOS, 200), (MOSCOW, 451), (LAGOS, 200), (MOSCOW, 451)):
                answer = news.get(path, reader)
                assert answer.status == status, (path, reader)
                assert "max-age=600" not in answer.headers["cache-control"]
        news.cms.answers["/court/none"] = [response(MUTE, "410 Gone", "Content-Type: text/html", KEPT)]
        assert (news.get("/court/none", MOSCOW).status, news.get("/court/none", LAGOS).status) == (410, 410)
        assert news.get("/free.pdf", MOSCOW).headers["cache-control"] == "max-age=600"


def test_a_page_that_a_policy_names_is_meant_whatever_it_says_of_itself(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    held = policy(
        "held", 'withhold: {parts: ["quote:He keeps the boat"], notice: noted}', "notice: {id: warned}",
        readers="{in: [RU]}", articles="{slugs: [/notes]}",
    )  # fmt: skip
    listed = policy(
        "listed", 'withhold: {parts: ["selector:.none", "quote:He keeps no boat"], notice: noted}',
        articles="{paths: [/notes/*]}",
    )  # fmt: skip
    with newsroom(tmp_path_factory.mktemp("named")) as news:
        write_policies(news.policies, [held, listed], notices=("warned", "noted"))
        assert news.running.admin("/reload", {"accept_removals": True}).status == 200
        for path in ("/notes", "/notes/"):
            news.cms.answers[path] = [response(MUTE, "200 OK", "Content-Type: text/html", KEPT)]
        for reader, shown in ((LAGOS, True), (MOSCOW, False), (MOSCOW, False)):
            answer = news.get("/notes", reader)
            assert ("He keeps the boat" in answer.text, 'data-notice="warned"' in answer.text) == (shown, not shown)
        assert news.get("/notes/", MOSCOW).body == MUTE  # a pattern also fits lists: what is not there is not missed
        piece = MUTE.partition(b"</h1>")[2].replace(b"the boat", b"no boat")
        news.cms.answers["/notes/piece"] = [response(piece, "200 OK", "Content-Type: text/html", KEPT)]
        for reader in (LAGOS, MOSCOW):
            answer = news.get("/notes/piece", reader)
            assert ("keeps no boat" in answer.text, "Nobody asks why" in answer.text) == (False, True)


@pytest.mark.parametrize("asked_for", ["bytes=0-99999", "bytes=0-1,5-99999"])
def test_no_range_brings_a_page_past_its_treatment(site: Newsroom, asked_for: str) -> None:
    body = story("ranged")

    def partly(heard: Heard) -> Script:
        if "range" not in heard.fields:
            return [response(body, "200 OK", "Content-Type: text/html", "Cache-Control: no-store")]
        if "," not in heard.fields["range"]:
            part = f"Content-Range: bytes 0-{len(body) - 1}/{len(body)}"
            return [response(body, "206 Partial Content", "Content-Type: text/html", part)]
        parts = b"--x\r\nContent-Type: text/html\r\nContent-Range: bytes 5-9/99\r\n\r\n" + body + b"\r\n--x--\r\n"
        return [response(parts, "206 Partial Content", "Content-Type: multipart/byteranges; boundary=x")]

    site.cms.answers["/story/ranged"] = partly
    answer = site.get("/story/ranged", MOSCOW, Host=SITE, Range=asked_for)
    assert answer.status == 200
    assert 'data-notice="warned"' in answer.text
