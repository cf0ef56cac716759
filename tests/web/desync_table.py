"""Requests that two servers in a row could read as a different number of requests."""

from __future__ import annotations

from tests.web.wire import SITE, get

MARK = "c4n4ry"
CANARY = get("/articles/market-day", f"X-Mark: {MARK}")
TARGET = "/articles/ferry"


def post(*lines: str, body: str = "") -> bytes:
    return get(TARGET, *lines, f"X-Mark: {MARK}", method="POST") + body.encode()


def raw(text: str) -> bytes:
    return text.encode("latin-1")


MALFORMED = {
    "CL.TE": post("Content-Length: 6", "Transfer-Encoding: chunked", body="0\r\n\r\nG"),
    "TE.CL": post("Transfer-Encoding: chunked", "Content-Length: 4", body="5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"),
    "TE.TE, unknown coding": post("Transfer-Encoding: chunked", "Transfer-Encoding: cow", body="0\r\n\r\n"),
    "TE twice": post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
    "TE unknown": post("Transfer-Encoding: xchunked", body="0\r\n\r\n"),
    "TE identity": post("Transfer-Encoding: identity", body="0\r\n\r\n"),
    "TE chunked not last": post("Transfer-Encoding: chunked, identity", body="0\r\n\r\n"),
    "TE with a space before the colon": post("Transfer-Encoding : chunked", body="0\r\n\r\n"),
    "TE with a tab before the colon": post("Transfer-Encoding\t: chunked", body="0\r\n\r\n"),
    "TE with a vertical tab": post("Transfer-Encoding: \x0bchunked", body="0\r\n\r\n"),
    "TE quoted": post('Transfer-Encoding: "chunked"', body="0\r\n\r\n"),
    "TE in HTTP/1.0": get(TARGET, "Transfer-Encoding: chunked", method="POST", version="HTTP/1.0") + b"0\r\n\r\n",
    "two lengths": post("Content-Length: 5", "Content-Length: 6", body="xxxxxx"),
    "two equal lengths": post("Content-Length: 5", "Content-Length: 5", body="xxxxx"),
    "a list of lengths": post("Content-Length: 5, 5", body="xxxxx"),
    "length with plus": post("Content-Length: +5", body="xxxxx"),
    "length with minus": post("Content-Length: -5", body="xxxxx"),
    "length with underscore": post("Content-Length: 1_0", body="xxxxxxxxxx"),
    "length in hexadecimal": post("Content-Length: 0x5", body="xxxxx"),
    "length with a point": post("Content-Length: 5.0", body="xxxxx"),
    "length empty": post("Content-Length:"),
    "length with inner space": post("Content-Length: 1 0", body="xxxxxxxxxx"),
    "length beyond 64 bits": post("Content-Length: 18446744073709551621", body="xxxxx"),
    "length in other digits": post("Content-Length: \u0665", body="xxxxx"),
    "chunk size in hexadecimal with prefix": post("Transfer-Encoding: chunked", body="0x1\r\nx\r\n0\r\n\r\n"),
    "chunk size with plus": post("Transfer-Encoding: chunked", body="+1\r\nx\r\n0\r\n\r\n"),
    "chunk extension with bare LF": post("Transfer-Encoding: chunked", body="1;a\nx\r\n0\r\n\r\n"),
    "chunk without its CRLF": post("Transfer-Encoding: chunked", body="1\r\nxx0\r\n\r\n"),
    "chunk size beyond 64 bits": post("Transfer-Encoding: chunked", body="fffffffffffffffff\r\nx\r\n0\r\n\r\n"),
    "chunk with bare LF": post("Transfer-Encoding: chunked", body="1\nx\n0\n\n"),
    "bare LF at the ends of lines": raw(f"GET {TARGET} HTTP/1.1\nHost: {SITE}\nX-Mark: {MARK}\n\n"),
    "bare LF once": raw(f"GET {TARGET} HTTP/1.1\r\nHost: {SITE}\nX: y\r\n\r\n"),
    "bare LF hides a head": raw(
        f"GET {TARGET} HTTP/1.1\r\nHost: {SITE}\r\nX: y\n\nGET /{MARK} HTTP/1.1\r\nHost: a\r\n\r\n"
    ),
    "bare CR": raw(f"GET {TARGET} HTTP/1.1\r\nHost: {SITE}\rX: {MARK}\r\n\r\n"),
    "CR CR LF": raw(f"GET {TARGET} HTTP/1.1\r\nHost: {SITE}\r\r\nX: {MARK}\r\n\r\n"),
    "obs-fold with space": get(TARGET, "X: a", f" {MARK}"),
    "obs-fold with tab": get(TARGET, "X: a", f"\t{MARK}"),
    "obs-fold first": raw(f"GET {TARGET} HTTP/1.1\r\n Host: {SITE}\r\n\r\n"),
    "space before the colon": get(TARGET, f"X-Mark : {MARK}"),
    "space in a name": get(TARGET, f"X Mark: {MARK}"),
    "no colon": get(TARGET, f"X-Mark {MARK}"),
    "no name": get(TARGET, f": {MARK}"),
    "NUL in a value": get(TARGET, f"X: a\x00{MARK}"),
    "NUL in a name": get(TARGET, f"X\x00: {MARK}"),
    "DEL in a value": get(TARGET, f"X: a\x7f{MARK}"),
    "name beyond ASCII": get(TARGET, f"X\u00e9: {MARK}"),
    "no host": raw(f"GET {TARGET} HTTP/1.1\r\nX: {MARK}\r\n\r\n"),
    "two hosts": get(TARGET, f"Host: {MARK}.example"),
    "tab in the first line": raw(f"GET\t{TARGET}\tHTTP/1.1\r\nHost: {SITE}\r\n\r\n"),
    "space in the target": raw(f"GET {TARGET} {MARK} HTTP/1.1\r\nHost: {SITE}\r\n\r\n"),
    "space after the version": raw(f"GET {TARGET} HTTP/1.1 \r\nHost: {SITE}\r\n\r\n"),
    "no version": raw(f"GET {TARGET}\r\n\r\n"),
    "lower-case version": raw(f"GET {TARGET} http/1.1\r\nHost: {SITE}\r\n\r\n"),
    "version 1.2": get(TARGET, version="HTTP/1.2"),
    "version 2.0": get(TARGET, version="HTTP/2.0"),
    "version 0.9": get(TARGET, version="HTTP/0.9"),
    "version 1.10": get(TARGET, version="HTTP/1.10"),
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "lower-case method": get(TARGET, method="get"),
    "unknown method": get(TARGET, method=MARK.upper()),
    "no method": raw(f" {TARGET} HTTP/1.1\r\nHost: {SITE}\r\n\r\n"),
    "NUL in the target": raw(f"GET {TARGET}\x00{MARK} HTTP/1.1\r\nHost: {SITE}\r\n\r\n"),
    "relative target": raw(f"GET articles/ferry HTTP/1.1\r\nHost: {SITE}\r\n\r\n"),
    "a TLS ClientHello": bytes.fromhex("1603010200010001fc0303") + bytes(64),
    "PROXY protocol v1": b"PROXY TCP4 6.6.6.6 10.0.0.1 1 2\r\n" + get(TARGET),
    "PROXY protocol v2": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12) + get(TARGET),
    "a line too long": get(TARGET, f"X: {MARK * 1500}"),
    "a target too long": get("/" + MARK * 1500),
    "a method too long": get(TARGET, method="A" * 9000),
    "too many fields": get(TARGET, *["X: y"] * 140),
}
"""By name; the first answer is 400 (505 for another version of HTTP), and nothing after it is answered."""

WITH_A_BODY = {
    "POST": (post("Content-Length: 5", body="xxxxx"), 405),
    "POST, chunked": (post("Transfer-Encoding: chunked", body="1\r\nx\r\n0\r\n\r\n"), 405),
    "POST, compressed and chunked": (post("Transfer-Encoding: gzip, chunked", body="0\r\n\r\n"), 405),
    "POST, chunked, with trailers": (
        post("Transfer-Encoding: chunked", "Trailer: Host", body="1\r\nx\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"),
        405,
    ),
    "POST that waits to be told to go on": (post("Content-Length: 5", "Expect: 100-continue", body="xxxxx"), 405),
    "GET that waits to be told to go on": (get(TARGET, "Content-Length: 5", "Expect: 100-continue") + b"xxxxx", 413),
    "GET, chunked, with trailers": (
        get(TARGET, "Transfer-Encoding: chunked") + b"0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n",
        413,
    ),
    "GET": (get(TARGET, "Content-Length: 5") + b"xxxxx", 413),
    "GET, a request as its body": (get(TARGET, f"Content-Length: {len(CANARY)}"), 413),
    "GET, chunked": (get(TARGET, "Transfer-Encoding: chunked") + b"0\r\n\r\n", 413),
    "HEAD": (get(TARGET, "Content-Length: 1", method="HEAD") + b"x", 413),
    "OPTIONS": (get("*", "Content-Length: 1", method="OPTIONS") + b"x", 413),
    "CONNECT": (get(f"{SITE}:443", method="CONNECT"), 405),
    "TRACE": (get(TARGET, f"X: {MARK}", method="TRACE"), 405),
    "PUT": (get(TARGET, method="PUT"), 405),
    "DELETE": (get(TARGET, method="DELETE"), 405),
}
UPGRADES = {
    "to HTTP/2": get(TARGET, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "to websockets": get(
        TARGET, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"
    ),
    "to TLS": get(TARGET, "Connection: upgrade", "Upgrade: TLS/1.0"),
    "to what only its own field names": get(TARGET, "Upgrade: h2c"),
}
IGNORED = {
    "two spaces in the first line": raw(f"GET  {TARGET} HTTP/1.1\r\nHost: {SITE}\r\n\r\n"),
    "an expectation": get(TARGET, "Expect: 100-continue"),
    "a length of nothing": get(TARGET, "Content-Length: 0"),
    "empty lines before it": b"\r\n\r\n" + get(TARGET),
    "an override of the method": get(TARGET, "X-HTTP-Method-Override: DELETE"),
}
