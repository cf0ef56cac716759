"""Requests and answers at the public socket as octets."""

from __future__ import annotations

import socket

from tests.origin.newsroom import LAGOS, Newsroom
from tests.origin.scripted import Heard


def raw(news: Newsroom, request: bytes, *, ends: bytes = b"") -> bytes:
    """All that comes back until the connection closes, or until these bytes came."""
    with socket.create_connection(("127.0.0.1", news.running.port), 10) as connection:
        connection.sendall(request)
        got = b""
        while data := connection.recv(65536):
            got += data
            if ends and got.endswith(ends):
                break
        return got


def ask(method: str, target: str, *lines: str, body: bytes = b"") -> bytes:
    given = [
        f"{method} {target} HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-Forwarded-For: {LAGOS}",
        "Connection: close",
        *lines,
        "",
        "",
    ]
    return "\r\n".join(given).encode("latin-1") + body


def last(news: Newsroom) -> Heard:
    heard: Heard = news.cms.heard[-1]
    return heard


def without_ours(got: bytes) -> list[bytes]:
    """The lines of a head but for those that the gateway adds."""
    ours = (b"date:", b"via:", b"cache-status:", b"connection:", b"age:")
    return [line for line in got.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.lower().startswith(ours)]
