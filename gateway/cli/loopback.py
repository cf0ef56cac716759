"""One page on loopback, for the browser of whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def one_page(html: str, port: int = 0) -> Iterator[str]:
    """Serve a page at an address that is yielded. Raises OSError where the port is taken.

    It answers to its own name alone: a page elsewhere that has its name lead here (DNS rebinding) reads nothing.
    """
    body = html.encode("utf-8", "replace")

    class Handler(BaseHTTPRequestHandler):
        server_version = "gateway"
        sys_version = ""

        def do_GET(self) -> None:
            """Answer with the page, or not at all."""
            named = self.headers.get("Host", "") == address.removeprefix("http://").rstrip("/")
            self.send_response(200 if named and self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("X-Frame-Options", "DENY")
            self.end_headers()
            if named and self.path == "/":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join(5)
