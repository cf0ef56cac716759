"""Raw bytes to a gateway's public port, and what came back: for what no HTTP library would send."""

from __future__ import annotations

import contextlib
import gzip
import re
import select
import socket
import time
from dataclasses import dataclass
from typing import Self

import brotli

SITE = "news.example"
HOST = f"Host: {SITE}\r\n".encode()
_SECOND = re.compile(rb"\r\nDate: [^\r]*")
_WARMTH = re.compile(rb"\r\nCache-Status: gateway; (?:hit|fwd=[a-z]+)")


def get(target: str, *lines: str | bytes, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    """A request's head with the site's Host."""
    fields = b"".join((line.encode("utf-8") if isinstance(line, str) else line) + b"\r\n" for line in lines)
    return f"{method} {target} {version}\r\n".encode() + HOST + fields + b"\r\n"


@dataclass(frozen=True, slots=True)
class Response:
    """One response; `fields` with lower-case names, as sent."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes
    raw: bytes

    def __getitem__(self, name: str) -> str:
        values = [value for key, value in self.fields if key == name]
        assert len(values) == 1, (name, self.fields)
        return values[0]

    def get(self, name: str, default: str) -> str:
        """The one value of a field, or this."""
        return self[name] if name in self else default  # noqa: SIM401

    @property
    def content(self) -> bytes:
        """The body without its coding: a page that many ask for is coded again, better, while a test runs."""
        coding = self.get("content-encoding", "identity")
        if coding == "gzip":
            return gzip.decompress(self.body)
        return bytes(brotli.decompress(self.body)) if coding == "br" else self.body

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


class Wire:
    """A connection; the client's address may be any of loopback's."""

    def __init__(self, port: int, *, source: str = "127.0.0.1", seconds: float = 10.0, buffer: int = 0) -> None:
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((source, 0))
        self.socket.settimeout(seconds)
        self.socket.connect(("127.0.0.1", port))
        self.left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *segments: bytes, pause: float = 0.0) -> Self:
        """Each segment by a write of its own; a connection that is gone takes no more."""
        for number, segment in enumerate(segments):
            if number and pause:
                time.sleep(pause)
            with contextlib.suppress(ConnectionError):
                self.socket.sendall(segment)
        return self

    def ask(self, target: str, *lines: str | bytes, method: str = "GET") -> Response:
        """A request and its response."""
        return self.send(get(target, *lines, method=method)).response(method)

    def response(self, method: str = "GET") -> Response:
        """The next response, told from what follows by its own framing."""
        while b"\r\n\r\n" not in self.left:
            self._more()
        head, _, rest = self.left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        status = int(first.split(" ")[1])
        assert "transfer-encoding" not in dict(fields)
        length = 0 if method == "HEAD" or status in (204, 304) else int(dict(fields)["content-length"])
        while len(rest) < length:
            self._more()
            rest = self.left.partition(b"\r\n\r\n")[2]
        raw = head + b"\r\n\r\n" + rest[:length]
        self.left = self.left[len(raw) :]
        return Response(status, fields, rest[:length], raw)

    def everything(self) -> bytes:
        """All bytes until the other side closes. Raises TimeoutError where it does not."""
        with contextlib.suppress(ConnectionError):
            while data := self.socket.recv(1 << 16):
                self.left += data
        found, self.left = self.left, b""
        return found

    def closed_within(self, seconds: float) -> bool:
        """Whether the other side closes in that time; what it says until then is kept for `response`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                try:
                    data = self.socket.recv(1 << 16)
                except ConnectionError:
                    return True
                if not data:
                    return True
                self.left += data
        return False

    def more_within(self, seconds: float) -> bool:
        """Take what comes in that time; False for nothing, or the end."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return False
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            return False
        self.left += data
        return bool(data)

    def _more(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError(f"closed after {self.left!r}")
        self.left += data


def timeless(raw: bytes) -> bytes:
    """A response without what may differ from second to second: Date, and whether the page was in a cache already."""
    return _WARMTH.sub(b"\r\nCache-Status: -", _SECOND.sub(b"", raw))
