"""A server in the gateway's place that keeps the bytes it is sent, to see what the front makes of a request."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\nCache-Control: private, no-cache\r\n\r\nok"
)


class Recorder(socketserver.ThreadingTCPServer):
    """Answers each head with 200; `heads` are the requests as they arrived, body bytes included where some came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.heads: list[bytes] = []
        self.answer = ANSWER

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def fields(self) -> list[tuple[str, str]]:
        """Header fields of the last request, names in lower case."""
        lines = self.heads[-1].decode("latin-1").split("\r\n")[1:]
        pairs = (line.split(": ", 1) for line in lines if ": " in line)
        return [(name.lower(), value) for name, value in pairs]


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Recorder)
        kept = b""
        while True:
            received = self.request.recv(65536)
            if not received:
                return
            kept += received
            if b"\r\n\r\n" in kept:
                self.server.heads.append(kept)
                kept = b""
                with contextlib.suppress(ConnectionError):
                    self.request.sendall(self.server.answer)


@contextlib.contextmanager
def recorder() -> Iterator[Recorder]:
    """A recorder that listens on a free port."""
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
