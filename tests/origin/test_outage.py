"""What readers get while the CMS behind the gateway is in trouble: faults O1 to O14, at the public socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.origin.newsroom import LAGOS, MOSCOW, NOTED, WARNED, Newsroom, healthy, newsroom, page, story
from tests.origin.scripted import CUT, HANG, RESET, Heard, Script, response
from tests.sites import write_policies


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """For faults of single pages; its front page is always well."""
    with newsroom(tmp_path_factory.mktemp("well")) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Newsroom]:
    """For faults of the whole CMS."""
    with newsroom(tmp_path) as running:
        yield running


def notices(news: Newsroom, path: str, reader: str) -> tuple[int, set[str]]:
    answer = news.get(path, reader)
    return answer.status, {name for name in ("warned", "noted") if f'data-notice="{name}"' in answer.text}


def test_o1_refused_what_is_kept_is_served_under_the_policies_of_now(own: Newsroom) -> None:
    own.warm("/story/1", "/story/2")
    own.apart.refuse()
    assert notices(own, "/story/1", MOSCOW) == (200, {"warned"})
    assert notices(own, "/story/1", LAGOS) == (200, set())
    own.lose()
    write_policies(own.policies, [WARNED, NOTED])
    own.running.wait_for("policy_reloaded")
    assert notices(own, "/story/1", LAGOS) == (200, {"noted"})
    assert notices(own, "/story/2", MOSCOW) == (200, {"warned", "noted"})
    never = own.get("/story/never")
    assert (never.status, never.headers["retry-after"].isdecimal()) == (503, True)
    assert "no-store" in never.headers["cache-control"] or "no-cache" in never.headers["cache-control"]
    heard = len(own.cms.heard)
    own.cms.default = lambda heard: healthy(heard) if heard.method == "HEAD" else [page("again")]
    own.cms.answers.clear()
    own.apart.listen()
    own.running.wait_for("origin_restored")
    assert own.cms.heard[heard].method == "HEAD"
    own.until(lambda: "again" in own.get("/story/1").text)
    assert notices(own, "/story/1", MOSCOW) == (200, {"warned", "noted"})


def test_o2_a_cms_that_hangs_costs_one_wait_and_is_then_left_alone(own: Newsroom) -> None:
    paths = [f"/story/{n}" for n in range(8)]
    own.warm(*paths)
    own.cms.answers.clear()
    own.cms.default = [HANG]
    asked = own.cms.asked.total()
    with ThreadPoolExecutor(16) as readers:
        got = list(readers.map(lambda n: own.get(paths[n % 8]).status, range(48)))
    own.running.wait_for("origin_lost")
    for _ in range(3):
        got += [own.get(path).status for path in paths]
    assert Counter(got) == {200: 72}
    assert own.cms.asked.total() - asked <= 16  # where the machine is late itself, once more
    assert own.get("/story/never").status == 503


STATUSES = ["500 Broken", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", "408 Request Timeout", "429 Too Many Requests"]  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
def test_o4_a_failing_status_is_hidden_by_what_is_kept_and_passed_on_where_nothing_is(
    well: Newsroom, status: str
) -> None:
    kept, never = f"/story/o4-{status[:3]}", f"/story/o4-never-{status[:3]}"
    well.warm(kept)
    well.cms.answers[kept] = well.cms.answers[never] = [
        response(b"sorry", status, "Retry-After: 77", "Content-Type: text/plain")
    ]
    for _ in range(3):
        assert notices(well, kept, MOSCOW) == (200, {"warned"})
    assert well.cms.asked[kept] == 2
    answer = well.get(never)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (int(status[:3]), b"sorry", "77")
    well.cms.answers[never] = [page("better")]
    assert "better" in well.get(never).text


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "451 Unavailable For Legal Reasons"])
def test_o5_what_is_gone_is_gone_and_nothing_brings_it_back(own: Newsroom, status: str) -> None:
    own.warm("/story/gone")
    assert notices(own, "/story/gone", MOSCOW) == (200, {"warned"})
    own.cms.answers["/story/gone"] = [response(b"gone", status, "Content-Type: text/plain")]
    for reader in (LAGOS, MOSCOW):
        assert own.get("/story/gone", reader).status == int(status[:3])
    own.apart.refuse()
    for reader in (LAGOS, MOSCOW, LAGOS):
        answer = own.get("/story/gone", reader)
        assert answer.status in (int(status[:3]), 502, 503)
        assert b"paragraph" not in answer.body


def test_o10_an_empty_page_and_another_kind_of_page_do_not_replace_an_article(well: Newsroom) -> None:
    for name, bad in (
        ("empty", response(b"", "200 OK", "Content-Type: text/html")),
        ("other", response(b"Fatal error: out of memory", "200 OK", "Content-Type: text/plain")),
    ):
        path = f"/story/o10-{name}"
        well.warm(path)
        well.cms.answers[path] = [bad]
        assert notices(well, path, MOSCOW) == (200, {"warned"})


@pytest.mark.parametrize("ending", [CUT, RESET])
def test_o12_a_kept_connection_that_ends_costs_nobody_anything(well: Newsroom, ending: Script) -> None:
    seen: set[int] = set()

    def once(heard: Heard) -> Script:
        if heard.connection in seen:
            return [ending]  # type: ignore[list-item]
        seen.add(heard.connection)
        return [page("o12")]

    well.cms.answers["/story/o12"] = once
    assert [well.get("/story/o12").status for _ in range(12)] == [200] * 12


def test_o13_one_slow_page_leaves_the_others_alone(well: Newsroom) -> None:
    well.cms.answers["/slow"] = [HANG]
    well.cms.answers["/quick"] = [page("quick", "Cache-Control: no-store")]
    with ThreadPoolExecutor(40) as readers:
        slow = [readers.submit(well.get, f"/slow?{n}") for n in range(30)]
        assert [well.get("/quick").status for _ in range(30)] == [200] * 30
        assert {each.result().status for each in slow} <= {503, 504}
    heard = well.cms.asked.total()
    for n in range(5):
        well.get(f"/slow?{n}")
    assert well.cms.asked.total() - heard <= 5


def test_o14_after_an_outage_the_cms_is_asked_a_little_more_every_moment(own: Newsroom) -> None:
    paths = [f"/story/{n}" for n in range(40)]
    own.warm(*paths)
    own.apart.refuse()
    own.lose()
    own.apart.listen()
    own.running.wait_for("origin_restored")
    asked = own.cms.asked.total()
    assert {own.get(path).status for path in paths} == {200}
    first = own.cms.asked.total() - asked
    assert first < 40
    own.until(lambda: [own.get(paths[0]).status, own.get(paths[0]).status] == [200, 200] and _all_asked(own, paths))


def _all_asked(news: Newsroom, paths: list[str]) -> bool:
    before = news.cms.asked.total()
    for path in paths[:10]:
        news.get(path)
    return news.cms.asked.total() - before == 10


def test_a_page_stays_what_it_was_while_its_cms_is_down(own: Newsroom) -> None:
    own.warm("/story/1", "/other/1")
    read = [
        (path, reader, own.get(path, reader).body) for path in ("/story/1", "/other/1") for reader in (LAGOS, MOSCOW)
    ]
    assert read[2][2] == read[3][2] == story("/other/1")
    own.apart.refuse()
    for path, reader, body in read:
        assert own.get(path, reader).body == body
