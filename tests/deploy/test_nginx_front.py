"""The nginx front that `deploy/` ships hands the reader's address on, takes nobody's word for it, and forgets it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.front import DEPLOY, SITE, Front, front
from tests.deploy.recorder import recorder
from tests.running import gateway

ARTICLE = "/articles/the-ferry-that-still-runs"
MOSCOW, LAGOS = "77.88.8.8", "105.112.0.1"
NOTICE = b'data-notice="undesirable-organization"'
CLAIMED = "6.6.6.6"
CLAIMS = {
    "X-Forwarded-For": CLAIMED,
    "x_forwarded_for": CLAIMED,
    "Forwarded": f"for={CLAIMED}",
    "X-Real-IP": CLAIMED,
    "X-Client-IP": CLAIMED,
    "X-Cluster-Client-IP": CLAIMED,
    "X-Original-Forwarded-For": CLAIMED,
    "True-Client-IP": CLAIMED,
    "CF-Connecting-IP": CLAIMED,
    "Fastly-Client-IP": CLAIMED,
    "CloudFront-Viewer-Address": f"{CLAIMED}:443",
}
# Only for these tests: the client tells nginx where it is, as a CDN in front of it would.
AS_BEHIND_A_CDN = "set_real_ip_from 127.0.0.0/8; real_ip_header X-Reader-Of-The-Test;"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_the_gateway_hears_the_address_of_the_socket_and_no_claim_of_the_client(nginx: Path, version: str) -> None:
    with recorder() as upstream, front(nginx, upstream.port) as running:
        answer = running.get("/", CLAIMS, source="127.0.0.5", version=version)
        assert answer.status == 200
        assert [value for name, value in upstream.fields() if name == "x-forwarded-for"] == ["127.0.0.5"]
        assert CLAIMED.encode() not in upstream.heads[-1]
        assert ("host", SITE) in upstream.fields()
        assert ("x-forwarded-proto", "https") in upstream.fields()


def test_naming_the_header_in_connection_does_not_make_nginx_drop_it(nginx: Path) -> None:
    with recorder() as upstream, front(nginx, upstream.port) as running:
        running.get("/", {"Connection": "close, X-Forwarded-For"}, source="127.0.0.6", version="--http1.1")
        assert ("x-forwarded-for", "127.0.0.6") in upstream.fields()


@pytest.mark.parametrize("target", ["/a%2fb/..%2fc//d;x=1?q=%20", "/a/../b", "//x", "/articles/%D0%B0.json"])
def test_the_path_reaches_the_gateway_exactly_as_sent(nginx: Path, target: str) -> None:
    with recorder() as upstream, front(nginx, upstream.port) as running:
        running.get(target, version="--http1.1")
        assert upstream.heads[-1].split(b" ")[1] == target.encode()


def test_a_body_and_what_frames_it_stay_at_the_front(nginx: Path) -> None:
    smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    with recorder() as upstream, front(nginx, upstream.port) as running:
        running.get("/first", version="--http1.1", arguments=["--data-binary", smuggled])
        running.get(
            "/second", version="--http1.1", arguments=["-H", "Transfer-Encoding: chunked", "--data-binary", smuggled]
        )
        assert [head.split(b" ")[1] for head in upstream.heads] == [b"/first", b"/second"]
        for head in upstream.heads:
            assert b"smuggled" not in head
            assert not {"content-length", "transfer-encoding"} & {
                line.split(b":")[0].decode().lower() for line in head.split(b"\r\n")
            }


def test_plain_http_is_sent_to_the_site_by_name_not_to_what_the_client_called_it(nginx: Path) -> None:
    with recorder() as upstream, front(nginx, upstream.port) as running:
        with socket.create_connection(("127.0.0.1", running.plain_port), 5) as connection:
            connection.sendall(b"GET /a?b HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 308 ")
        assert f"Location: https://{SITE}/a?b\r\n".encode() in answer
        assert not upstream.heads


def test_readers_of_two_places_behind_tls_and_http2_get_their_own_page_whatever_they_claim(
    nginx: Path, tmp_path: Path
) -> None:
    with (
        gateway(tmp_path, base_url=f"https://{SITE}") as site,
        front(nginx, site.port, extra=AS_BEHIND_A_CDN) as running,
    ):
        for _ in range(2):  # cold, then from the gateway's cache; nginx must have kept neither
            moscow = running.get(ARTICLE, {"X-Reader-Of-The-Test": MOSCOW, "X-Forwarded-For": LAGOS})
            lagos = running.get(ARTICLE, {"X-Reader-Of-The-Test": LAGOS, "X-Forwarded-For": MOSCOW})
            assert (moscow.version, moscow.status) == (lagos.version, lagos.status) == ("HTTP/2", 200)
            assert NOTICE in moscow.body
            assert NOTICE not in lagos.body
            assert moscow.headers["etag"] != lagos.headers["etag"]
            assert "private" in lagos.headers["cache-control"]
            assert "max-age" in lagos.headers["strict-transport-security"]
            assert lagos.headers.get("server", "nginx") == "nginx"
        again = running.get(
            ARTICLE,
            {"X-Reader-Of-The-Test": LAGOS, "Accept-Encoding": "identity", "If-None-Match": lagos.headers["etag"]},
        )
        other = running.get(
            ARTICLE,
            {"X-Reader-Of-The-Test": MOSCOW, "Accept-Encoding": "identity", "If-None-Match": lagos.headers["etag"]},
        )
        assert (again.status, other.status) == (304, 200)


def test_a_page_for_a_slow_reader_waits_in_memory_not_on_the_fronts_disk(nginx: Path) -> None:
    body = b"x" * 16_000_000  # more than nginx's buffers and the sockets hold
    with recorder() as upstream, front(nginx, upstream.port) as running:
        upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        assert _parked(running, seconds=1.5) == []
        shipped = nginx / "front.conf"
        shipped.write_text(shipped.read_text().replace("proxy_max_temp_file_size 0;", ""))
        subprocess.run(["kill", "-HUP", str(running.process.pid)], check=True)
        assert _parked(running, seconds=15), "or the assertion above would show nothing"


def _parked(running: Front, *, seconds: float) -> list[str]:
    """Where on the disk nginx keeps what a reader who takes nothing has asked for. It unlinks such a file at once: only
    its descriptor tells.
    """
    found: set[str] = set()
    with contextlib.ExitStack() as stack:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not found:
            reader = _connect(stack, running, "127.0.0.7", SITE)
            reader.sendall(f"GET / HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
            assert reader.recv(1)
            time.sleep(0.2)
            for entry in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if (entry / "comm").read_text() == "nginx\n":
                        opened = (str(link.readlink()) for link in (entry / "fd").iterdir())
                        found |= {name for name in opened if name.startswith(f"{running.directory}/temporary/")}
    return sorted(found)


def test_no_readers_address_is_written_by_nginx_or_the_gateway_whatever_goes_wrong(nginx: Path, tmp_path: Path) -> None:
    sources = ["127.0.0.21", "127.0.0.22", "127.0.0.23", "127.0.0.24", "127.0.0.25", "127.0.0.26", "127.0.0.27"]
    with gateway(tmp_path, base_url=f"https://{SITE}") as site, front(nginx, site.port) as running:
        running.get(ARTICLE, source=sources[0])
        running.get("/nowhere", CLAIMS, source=sources[1])
        _say(running, sources[2], b"\x16\x03\x01\x00\x05hello\r\n\r\n")  # no TLS handshake
        _say(running, sources[3], b"GET / HTTP/1.1\r\nHost: news.example\r\n\r\n")  # plain HTTP to the TLS port
        _say(running, sources[4], b"GET / HTTP/1.1\r\nbroken header\r\n\r\n", tls=SITE)
        _say(running, sources[4], b"GET / HTTP/1.1\r\nA: " + b"a" * 40_000 + b"\r\n\r\n", tls=SITE)
        with contextlib.suppress(ssl.SSLError, OSError):
            _say(running, sources[5], b"", tls="other.example")  # no certificate for that name
        assert running.get("/", source=sources[5], arguments=["--data-binary", "x" * 5000]).status == 413
        site.stop()
        assert running.get(ARTICLE, CLAIMS, source=sources[6]).status == 502
        written = running.everything_written()
        assert '"http.response.status_code":"502"' in written
        assert '"http.response.status_code":"413"' in written
        assert '"http.response.status_code":"400"' in written
        assert '"http.response.status_code":"200"' not in written  # the gateway's line is the one line
        assert ARTICLE not in written
        gateway_wrote = site.log.read_text() + (tmp_path / "console.txt").read_text()
        assert '"/nowhere"' in gateway_wrote
        for address in [*sources, CLAIMED]:
            assert address not in written
            assert address not in gateway_wrote


def test_the_shipped_files_are_accepted_by_nginx_without_a_warning(nginx: Path) -> None:
    with recorder() as upstream, front(nginx, upstream.port) as running:
        checked = subprocess.run(
            ["nginx", "-e", "stderr", "-t", "-q", "-p", str(running.directory), "-c", str(nginx / "nginx.conf")],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert (checked.returncode, checked.stderr) == (0, "")
    for file in ("nginx.conf", "site.conf", "front.conf"):
        assert "log_format" not in (text := (DEPLOY / "nginx" / file).read_text()) or "$remote_addr" not in text


def _connect(stack: contextlib.ExitStack, running: Front, source: str, tls: str = "") -> socket.socket:
    """A connection from this source address; `tls` is the name that is asked for."""
    plain = socket.create_connection(("127.0.0.1", running.port), 5, source_address=(source, 0))
    stack.enter_context(plain)
    if not tls:
        return plain
    trust = ssl.create_default_context(cafile=str(running.directory / "tls" / "fullchain.pem"))
    return stack.enter_context(trust.wrap_socket(plain, server_hostname=tls))


def _say(running: Front, source: str, sent: bytes, *, tls: str = "") -> bytes:
    """Send bytes from this source address; what came back."""
    with contextlib.ExitStack() as stack:
        connection = _connect(stack, running, source, tls)
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(4096), b""))
    return b""
