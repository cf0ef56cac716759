"""The site answers to its own names and to its mirrors', spelt as HTTP lets them be spelt, and to nobody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.host import addressed, hostname
from tests.running import Running
from tests.web.test_desync import STATUS
from tests.web.wire import SITE, Response, Wire
from tests.web.world import MIRROR, PLAIN, READERS

OWN = [
    SITE,
    SITE.upper(),
    "News.Example",
    f"{SITE}:80",
    f"{SITE}:443",
    f"{SITE}:65535",
    f"{SITE}:",
    f"{SITE}.",
    f"{SITE}.:80",
]
MIRRORED = [MIRROR, MIRROR.upper(), f"{MIRROR}:", f"{MIRROR}.", f"{MIRROR}:8080", f"{MIRROR}.:1"]
FOREIGN = [
    "evil.example", "", f"evil.{SITE}", f"{SITE}.evil", f"evil{SITE}", f".{SITE}", f"{SITE}..", f"..{SITE}", f"{SITE}:80:80",
    f"{SITE}:x", f"{SITE}:-1", f"{SITE}:123456", f"{SITE}:80@evil", f"user@{SITE}", f"user:pass@{SITE}", f"@{SITE}", f"{SITE}@",
    f"{SITE}/", f"{SITE}/x", f"{SITE}?x", f"{SITE}#x", f"{SITE}\\evil", f"{SITE},evil", f"evil,{SITE}", f"{SITE} evil", f"evil {SITE}",
    f"{SITE};x", f"[{SITE}]", f"[{SITE}", f"{SITE}]", "[::1]", "[::1]:80", "[::ffff:127.0.0.1]", "::1", "[::1%25eth0]", "[::1",
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0", "localhost", "localhost.", f"xn--{SITE}", f"http://{SITE}", f"//{SITE}",
    f"{SITE}%00", f"{SITE}%2eevil", f"{SITE}\u00a0", f"\u00a0{SITE}", f"{SITE}\u2024", "news\u3002example", "news\uff0eexample",
    "\u212aews.example", "new\u017f.example", "*", ".", "-", "_", "a" * 300, f"{'a.' * 200}{SITE}",
]  # fmt: skip


def ask(site: Running, host: str, target: str = f"/articles/{PLAIN}", reader: str = "NG") -> Response:
    with Wire(site.port) as wire:
        head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {READERS[reader]}\r\n\r\n"
        return wire.send(head.encode()).response()


@pytest.mark.parametrize("host", [*OWN, *MIRRORED])
def test_an_own_name_is_answered_however_it_is_spelt_and_never_shows_in_the_page(site: Running, host: str) -> None:
    first, second = ask(site, host), ask(site, host)
    assert first.status == second.status == 200
    assert first.body == ask(site, SITE).body


@pytest.mark.parametrize("host", FOREIGN)
def test_another_name_is_misdirected_also_once_the_page_is_warm(site: Running, host: str) -> None:
    assert ask(site, SITE).status == 200
    for answer in (ask(site, host), ask(site, host)):
        assert answer.status in ((421, 400) if host else (421,))
        assert b"evil" not in answer.raw
        assert b"Market day" not in answer.body
        assert answer["cache-control"].startswith("private, no-")


@pytest.mark.parametrize("host", MIRRORED)
def test_who_arrives_by_a_mirror_is_possibly_where_it_is_made_for_however_the_name_is_spelt(
    site: Running, host: str
) -> None:
    assert b'data-notice="mirrored"' in ask(site, host, "/articles/ferry").body
    assert b'data-notice="mirrored"' not in ask(site, SITE, "/articles/ferry").body


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (f"http://{SITE}/articles/{PLAIN}", SITE, 200),
        (f"http://{SITE}:8080/articles/{PLAIN}", SITE, 200),
        (f"https://{SITE}/articles/{PLAIN}", f"{SITE}:443", 200),
        (f"http://evil/articles/{PLAIN}", SITE, 421),
        (f"http://{SITE}/articles/{PLAIN}", "evil", 421),
        (f"http://{SITE}/articles/{PLAIN}", MIRROR, 421),
        (f"http://{SITE}@evil/articles/{PLAIN}", SITE, 421),
        (f"http://evil@{SITE}/articles/{PLAIN}", SITE, 421),
        (f"http://{SITE}\\@evil/articles/{PLAIN}", SITE, 400),
        (f"http:///articles/{PLAIN}", SITE, 400),
    ],
)
def test_an_absolute_target_and_host_must_name_the_same_site(
    site: Running, target: str, host: str, status: int
) -> None:
    assert ask(site, host, target).status == status


def test_http_1_0_without_a_host_is_misdirected(site: Running) -> None:
    with Wire(site.port) as wire:
        said = wire.send(f"GET /articles/{PLAIN} HTTP/1.0\r\n\r\n".encode()).everything()
    assert STATUS.findall(said) == [b"421"]


@given(st.text(max_size=40) | st.from_regex(r"[a-z.:@/\[\]-]{1,20}", fullmatch=True))
def test_a_name_is_read_the_same_way_twice_and_holds_nothing_but_a_name(text: str) -> None:
    name = hostname(text)
    assert hostname(name) == name
    assert name == name.lower()
    assert not set(name) & set("@/\\?# \t,;%")
    assert addressed("/x", text) == ("/x", name)
