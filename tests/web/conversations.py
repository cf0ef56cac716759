"""Conversations as browsers, proxies and attackers hold them, for one connection: what hypothesis draws them from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from tests.web.wire import HOST, SITE
from tests.web.world import ARTICLES, PLAIN, READERS

TARGETS = [
    *(f"/articles/{slug}" for slug in ARTICLES),
    *(f"/articles/{slug}.json" for slug in ARTICLES),
]
ODD_TARGETS = [
    "/", "/feed.xml", "/robots.txt", "/nothing", "/media/pixel.png", "/-/transparency", "/articles/none", "*", "",
    f"/articles/{PLAIN}?", f"/articles/{PLAIN}?utm_source=x", f"/articles/{PLAIN}/", f"/articles/{PLAIN}.html",
    "/articles/%6darket-day", f"/articles/{PLAIN.upper()}", f"//articles/{PLAIN}", f"/articles/./{PLAIN}",
    f"/articles/{PLAIN}#top", f"/articles/{PLAIN};x", f"http://{SITE}/articles/{PLAIN}", f"http://evil/articles/{PLAIN}",
    f"/articles/{PLAIN}?preview=x", f'/articles/{PLAIN}"', "/articles/ferry%00", "/articles/" + "a" * 3000,
]  # fmt: skip
HOSTS = [
    SITE, SITE.upper(), f"{SITE}:80", f"{SITE}.", f"{SITE}:", "mirror.example", "mirror.example.:8080", "evil.example", "",
    f"user@{SITE}", f"{SITE}:80@evil", f"{SITE}/x", f"evil:{SITE}", "[::1]", f"{SITE},evil", f"{SITE} ", f"{SITE}:123456",
    f"xn--{SITE}", f"{SITE}\xa0", f".{SITE}", f"{SITE}..",
]  # fmt: skip
ACCEPTS = [
    "*/*", "text/html", "application/json", "text/html;q=0.1, application/json;q=0.2", "application/json;q=0",
    "application/json;q=1.0000", "application/json;q=nan", "application/json;q=1_0", "APPLICATION/JSON", "json",
    "application/json\xa0", "application/json;q=\xb9", "application/json ;q=0.9,text/html; q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "", ",", "application/json;q=0.9;x=y",
]  # fmt: skip
CODINGS = [
    "gzip, deflate, br, zstd", "gzip", "br", "identity", "gzip;q=0", "*;q=0", "br;q=0.5, gzip;q=1.0", "x-gzip", "GZIP",
    "", "*", "identity;q=0", "gzip;q=2", "gzip;q=0.5, gzip;q=0", "br\xa0", "gzip\t;q=0.1, br", "zstd", "gzip;q=0.0001",
]  # fmt: skip
ADDRESSES = [*READERS.values(), "6.6.6.6, " + READERS["RU"], READERS["NG"] + ", 127.0.0.1", "nonsense", "", "::1", ",,",
             "::ffff:" + READERS["DE"], READERS["DE"] + ":80", READERS["DE"] + "\xa0", ", ".join(["127.0.0.1"] * 40)]  # fmt: skip
CASES: Sequence[Callable[[str], str]] = (str.lower, str.upper, str.title, str)


def spelt(draw: st.DrawFn, name: str, values: Sequence[str]) -> bytes:
    """A field with its name, spaces and value in one of their spellings."""
    value = draw(st.sampled_from(values))
    before, after = draw(st.sampled_from([("", ""), (" ", ""), ("\t ", " \t"), ("  ", "")]))
    raw = value.encode(draw(st.sampled_from(["utf-8", "latin-1"])))
    return draw(st.sampled_from(CASES))(name).encode() + b":" + before.encode() + raw + after.encode()


@st.composite
def heads(draw: st.DrawFn, tags: Sequence[str], *, plain: bool = False) -> bytes:
    """One request's head: mostly what a browser sends, with whatever a proxy, a cache or an attacker adds."""
    odd = not plain and draw(st.integers(0, 3)) == 0
    method = draw(st.sampled_from(["GET", "GET", "GET", "HEAD"]))
    if odd and draw(st.integers(0, 4)) == 0:
        method = draw(st.sampled_from(["OPTIONS", "POST", "get", "TRACE", "PUT", "CONNECT", "HEAD ", "G", ""]))
    target = draw(st.sampled_from(ODD_TARGETS if odd and draw(st.booleans()) else TARGETS))
    version = draw(st.sampled_from(["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", ""])) if odd else "HTTP/1.1"  # fmt: skip
    lines = [spelt(draw, "Host", HOSTS) if odd and draw(st.booleans()) else HOST[:-2]]
    for name, values in (("Accept", ACCEPTS), ("Accept-Encoding", CODINGS), ("X-Forwarded-For", ADDRESSES)):
        lines += [spelt(draw, name, values) for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2])))]
    if draw(st.integers(0, 3)) == 0:
        lines.append(spelt(draw, "If-None-Match", conditions(tags)))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        lines.append(draw(st.sampled_from(UNKNOWN)))
    if not plain and draw(st.integers(0, 3)) == 0:
        lines.append(draw(st.sampled_from(HANDED_OVER)))
    if odd and draw(st.integers(0, 4)) == 0:
        lines.append(draw(st.sampled_from(MALFORMED)))
    lines = list(draw(st.permutations(lines)))
    return f"{method} {target} {version}".encode() + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def conditions(tags: Sequence[str]) -> list[str]:
    known = list(tags)
    return [
        *known[:12], "*", '"none"', f"W/{known[0]}", ", ".join(known), f'"none", {known[1]}', f"{known[0]} {known[1]}",
        known[0].strip('"'), f",{known[0]},", '"open', '"a\xff", ' + known[0], f"{known[0]}\xa0", "", f"w/{known[0]}",
    ]  # fmt: skip


UNKNOWN = [
    b"User-Agent: canary/1", b"CF-Ray: 1", b"X-Forwarded-Host: evil", b"X-Original-URL: /x", b"Cookie: a=b", b"DNT: 1",
    b"Sec-Fetch-Mode: navigate", b"Accept-Language: de", b"Accept-Language: ar,en;q=0.1", b"X-Empty:", b"X-Bytes: \xff\xfe",
    b"Referer: http://evil/", b"Cache-Control: no-cache", b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    b"traceparent: nonsense", b"X-Forwarded-Proto: https", b"X-Accept: application/json", b"X-Real-IP: 6.6.6.6",
    b"Connection: keep-alive", b"Connection: Keep-Alive", b"Upgrade-Insecure-Requests: 1", b"Pragma: no-cache",
]  # fmt: skip
HANDED_OVER = [
    b"Connection: close", b"Connection: x-forwarded-for", b"Connection: keep-alive, close", b"Range: bytes=0-10",
    b'If-Range: "x"', b"If-Match: *", b"If-Modified-Since: Mon, 23 Nov 2026 11:00:00 GMT", b"Upgrade: h2c",
    b"If-Unmodified-Since: Mon, 23 Nov 2020 11:00:00 GMT", b"Expect: 100-continue", b"Content-Length: 0", b"TE: trailers",
    b"Content-Length: 5", b"Authorization: Bearer x", b"Keep-Alive: 5",
    b"Connection: upgrade\r\nUpgrade: websocket", b"Trailer: x", b"Proxy-Connection: close", b"Connection:",
]  # fmt: skip
MALFORMED = [
    b"No-Colon", b"Space : x", b" Folded: x", b"X: a\rb", b"X: a\x00b", b": empty", b"H\xc3\xa9: x", b"X: a\nY: b",
    b"Host: twice", b"X: a\x7fb", b"X: a\x0bb", b"X" * 9000 + b": a", b"X(: a", b"Content-Length: +1",
    b"Content-Length: 1, 2", b"Transfer-Encoding: chunked, identity",
]  # fmt: skip


@st.composite
def conversations(draw: st.DrawFn, tags: Sequence[str]) -> list[bytes]:
    """What one connection sends, cut into segments: whole heads, several in one, halves, or cut anywhere."""
    sent = [draw(heads(tags, plain=draw(st.booleans()))) for _ in range(draw(st.integers(1, 4)))]
    how = draw(st.sampled_from(["whole", "whole", "whole", "joined", "cut", "half"]))
    if how == "joined":
        return [b"".join(sent)]
    if how == "half":
        sent[-1] = sent[-1][: draw(st.integers(1, len(sent[-1]) - 1))]
    if how == "cut":
        together = b"".join(sent)
        places = sorted(draw(st.sets(st.integers(1, len(together) - 1), min_size=1, max_size=4)))
        return [together[a:b] for a, b in zip([0, *places], [*places, len(together)], strict=True)]
    return sent
