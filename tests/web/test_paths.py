"""Every spelling of a path is the one resource under its one key, or a clean refusal; a policy never sees another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.paths import canonical
from tests.running import Running
from tests.web.wire import HOST, SITE, Response, Wire
from tests.web.world import READERS, serve, write_world

SECRET = "s3cret-of-the-house"
HEART = "ferry"  # a policy warns readers in RU of this article
SAME = [
    "/articles/ferry", "/articles/ferry?", "/articles/ferry?a=b", "/articles/ferry?a=../../court", "/articles/ferry?/x.css",
    "/articles/%66erry", "/articles/f%65rry", "/%61rticles/ferry", "/articles/ferr%79", "/articles/ferry?%00",
    "/articles/ferry?x=%2e%2e%2f", "/articles/ferry?;x", "/articles/ferry?\\", "/articles/ferry??", "/articles/ferry?preview",
    f"http://{SITE}/articles/ferry", f"HTTP://{SITE.upper()}:80/articles/ferry", f"https://{SITE}./articles/ferry?x",
]  # fmt: skip
"""Other ways to write the same target (RFC 3986 section 6.2.2.2), and queries, which name nothing here."""

DOTS = [
    ".",
    "..",
    "...",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%2e.",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "\uff0e\uff0e",
    "..;",
    "..%00",
    "..%20",
    "..\\",
    "%u002e",
]
SLASHES = [
    "//",
    "/%2f",
    "%2f",
    "%2F",
    "\\",
    "%5c",
    "%5C",
    "/./",
    "/../",
    "/%2e/",
    "%252f",
    "%c0%af",
    "\u2215",
    "/;/",
    "/%3b/",
    "/ ",
    "%20/",
    "/\t",
]
ENDS = [
    "/", "//", "/.", "/..", "/%2e", "/index.html", "/x.css", "/x.js", ".css", ".js", ".html", ".json/", ".json.css", ".JSON",
    ".jsonp", ".json%00", "%00", "%00.css", "%0a", "%0d%0a", "%20", "%09", "+", ".", "..", ";", ";x=.css", "%3b.css", "%3Bx",
    "#", "#x", "%23", "%3f", "%3fx.css", "~", "%7e", "'", '"', "%22", "<", ">", "%3cscript%3e", "|", "`", "^", "{", "}", "*", ",", "@", ":",
    "%ff", "%80", "%c3", "%e2%80%ae", "%ef%bb%bf", "\u00e9", "e\u0301", "%cc%81", "%f0%9f%98%80", "%ed%a0%80", "%25", "%", "%g1", "%1",
    "%2", "%u0041", "%%36%36", "&", "=", "!", "$", "(", ")", "\x7f", "%7f", "\u200b", "\u00ad", "\u2028",
]  # fmt: skip
TRICKS = [
    "/../articles/ferry", "/./articles/ferry", "//articles/ferry", "///articles/ferry", "/articles//ferry", "/articles/./ferry",
    "/articles/../articles/ferry", "/articles/court/../ferry", "/articles/court/..%2fferry", "/articles/court%2f..%2fferry",
    "/articles/ferry/../court", "/articles\\ferry", "/articles%5cferry", "/articles%2fferry", "/ARTICLES/ferry", "/Articles/Ferry",
    "/articles/FERRY", "/articles/Ferry", "/articles/f\u0435rry", "/articles/\uff46erry", "/articles/f%D0%B5rry", "/articles/fer%C2%ADry",
    "/articles;x/ferry", "/articles/;x/ferry", "/;/articles/ferry", "/articles/ferry/court", "/x/../articles/ferry", "/%2e/articles/ferry",
    "/%2e%2e/articles/ferry", "/media/../articles/ferry", "/-/../articles/ferry", "/-/assets/../../articles/ferry", "articles/ferry",
    "/articles/%2566erry", "/articles/%%366erry", "/articles/ferry%", "/articles/fe%rry", "/articles/%0aferry", "/articles/ ferry",
    "/articles/%20ferry", "/articles/\tferry", f"http://{SITE}//articles/ferry", f"http://{SITE}/../articles/ferry", f"http://{SITE}",
    f"//{SITE}/articles/ferry", "http:/articles/ferry", "http:///articles/ferry", f"ftp://{SITE}/articles/ferry", "file:///etc/passwd",
    f"http://{SITE}@evil/articles/ferry", f"http://evil@{SITE}/articles/ferry", f"http://{SITE}:99999999/articles/ferry",
    "/media/../secret.txt", "/media/%2e%2e/secret.txt", "/media/..%2fsecret.txt", "/media/..%5csecret.txt", "/media/....//secret.txt",
    "/media/linked.png", "/media/outside/secret.png", "/media/.hidden.png", "/media/.git/config", "/media//etc/passwd", "/media//pixel.png",
    "/media/./pixel.png", "/media/x/../pixel.png", "/media/pixel.png/", "/media/pixel.png%00.html", "/media/PIXEL.png", "/media/pixel.PNG",
    "/media/pixel.png.yaml", "/media/%2fetc%2fpasswd", "/media/%ffpixel.png", "/media/\\pixel.png", "/media/C:\\secret.txt",
    "/media/pixel.png;.css", "/media/pixel%2epng%20", "/articles/../site.yaml", "/site.yaml", "/articles/en/ferry.md", "/articles/ferry.md",
    "/secret.txt", "/.gateway/signing-key", "/state/signing-key", "/-/assets/../../../secret.txt", "/-/assets/..%2f..%2fsecret.txt",
    "/-/assets/%2e%2e/page.html", "/-/notices/../warned", "/-/notices/warned%2f..", "/-/notices/..%2f..%2fpolicies", "/metrics", "/readyz",
    "/healthz", "/purge", "/reload", "/-/admin", "/sections/..", "/sections/world%2f..", "/sections/WORLD", "/feed.xml/", "/feed.xml%00",
    "/sitemap-0.xml", "/sitemap-99999999999.xml", "/sitemap-\u0661.xml", "/robots.txt/", "/robots.txt%20", "", "*", "?", "/?", "/%",
]  # fmt: skip
SPELLINGS = list(
    dict.fromkeys(
        [
            *TRICKS,
            *(f"/articles{slash}ferry" for slash in SLASHES),
            *(f"/articles/{dots}/ferry" for dots in DOTS),
            *(f"/articles/court/{dots}/ferry" for dots in DOTS),
            *(f"/media/{dots}/secret.txt" for dots in DOTS),
            *(f"/articles/ferry{end}" for end in ENDS),
        ]
    )
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A site with secrets all around it, which writes down every file that it opens from a sign on."""
    root = tmp_path_factory.mktemp("guarded")
    content, policies = write_world(root)
    outside = root / "outside"
    outside.mkdir()
    for place in (root, content, outside, content / "articles"):
        (place / "secret.txt").write_text(SECRET)
    (outside / "secret.png").write_text(SECRET)
    (content / "media" / "linked.png").symlink_to(outside / "secret.png")
    (content / "media" / "outside").symlink_to(outside)
    (content / "media" / ".hidden.png").write_text(SECRET)
    opened = root / "opened.txt"
    hooks = root / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(
        "import os, sys\n"
        f"sink = os.open({str(opened)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "def hook(event, arguments):\n"
        "    if event == 'open' and not os.path.isdir(arguments[0]):\n"  # the watcher lists directories
        "        os.write(sink, (repr(arguments[0]) + '\\n').encode())\n"
        "sys.addaudithook(hook)\n"
    )
    os.environ["PYTHONPATH"] = str(hooks)
    try:
        with serve(root, (content, policies)) as running:
            yield running, opened
    finally:
        del os.environ["PYTHONPATH"]


def ask(running: Running, target: str, reader: str = "RU") -> Response:
    """One raw target; a connection of its own, since many of them end it."""
    with Wire(running.port) as wire:
        head = f"GET {target} HTTP/1.1\r\n".encode("utf-8", "surrogateescape")
        return wire.send(head + HOST + f"X-Forwarded-For: {READERS[reader]}\r\n\r\n".encode()).response()


@pytest.mark.parametrize("target", SAME)
def test_another_way_to_write_it_is_the_same_page_under_the_same_tag(site: Running, target: str) -> None:
    plain, other = ask(site, "/articles/ferry"), ask(site, target)
    assert (other.status, other["etag"], other.body) == (200, plain["etag"], plain.body)
    assert b'data-notice="warned"' in other.body


def test_two_hundred_other_spellings_are_refused_without_the_page_its_policy_or_a_file(
    guarded: tuple[Running, Path],
) -> None:
    running, opened = guarded
    assert len(SPELLINGS) > 200
    plain = ask(running, "/articles/ferry")
    passage = b"The first paragraph of ferry."
    assert passage in plain.body
    assert ask(running, "/media/pixel.png").status == 200
    for target in ("/nothing", "/articles/\\", "/", "http://evil/"):
        ask(running, target)  # the pages that are refusals, and the front page, are made once
    pages, before = running.admin("/metrics").text, len(opened.read_text().splitlines())
    for target in SPELLINGS:
        answer = ask(running, target)
        if target in ("/?", "?", f"http://{SITE}", ""):
            assert answer.status in (200, 400), target
            continue
        assert answer.status in (400, 404, 421), (target, answer.status)
        assert passage not in answer.body, target
        for echo in (SECRET, "passwd", "evil", "secret"):
            assert echo.encode() not in answer.raw, target
        assert answer["cache-control"].startswith("private, no-"), target
    files = [line for line in opened.read_text().splitlines()[before:] if "gateway.log" not in line]
    assert [file for file in files if not file.startswith("'/proc")] == []
    kept = "gateway_cache_memory_bytes"
    assert value(running.admin("/metrics").text, kept) <= value(pages, kept)  # less where one was compressed anew


def value(exposition: str, name: str) -> float:
    return float(next(line for line in exposition.splitlines() if line.startswith(name)).split()[-1])


@given(st.text(st.sampled_from("/.%2fFeE5cC;?#\\ab-0\x00 \u00e9")))
@settings(max_examples=2000, deadline=None)
def test_what_is_canonical_has_no_second_reading(text: str) -> None:
    found = canonical("/" + text)
    if found is None:
        return
    path, _ = found
    segments = path.split("/")
    assert path.startswith("/")
    assert "" not in segments[1:-1]
    assert not {".", ".."} & set(segments)
    assert not set("\\;%\x00 ") & set(path)
    assert canonical(path) == (path, "")  # what is canonical is its own spelling
