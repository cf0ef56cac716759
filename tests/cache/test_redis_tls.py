"""Redis over TLS: who is there is checked, and whatever is wrong with it, nothing is said in the clear (R17)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.cache.redis_client import connect
from gateway.errors import SettingsError
from tests.cache.conftest import Open, Remembered, page
from tests.servers import free_port, running
from tests.tls import Authority, TlsSentinel, TlsServer


async def test_a_certificate_of_the_right_authority_opens_the_way(tmp_path: Path, opened: Open) -> None:
    authority = Authority(tmp_path / "ca")
    with running(TlsServer(tmp_path / "redis", authority)) as server:
        async with opened(f"rediss://127.0.0.1:{server.port}/0?ssl_ca_certs={authority.path}") as store:
            await store.put(page())
            assert await store.get(page().key) == page()


@pytest.mark.parametrize(("name", "known"), [("127.0.0.1", False), ("other.example", True)], ids=["authority", "name"])
async def test_another_authority_or_another_name_is_a_redis_that_is_down(
    tmp_path: Path, opened: Open, events: Remembered, name: str, known: bool
) -> None:
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "stranger")
    trusted = authority if known else stranger
    with running(TlsServer(tmp_path / "redis", authority, name=name)) as server:
        async with opened(f"rediss://127.0.0.1:{server.port}/0?ssl_ca_certs={trusted.path}") as store:
            assert not store.up
            await store.put(page())
            assert await store.get(page().key) is None
    assert events.names() == ["redis_lost"]


@contextlib.asynccontextmanager
async def eavesdropper() -> AsyncIterator[tuple[int, bytearray]]:
    """Somebody in the place of Redis who speaks no TLS, and what they hear."""
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            heard.extend(await reader.read(65536))
            writer.write(b"-ERR speak plainly\r\n")
            heard.extend(await reader.read(65536))
        writer.close()

    listener = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1], heard


async def test_nothing_is_ever_said_in_the_clear(tmp_path: Path, opened: Open) -> None:
    authority = Authority(tmp_path / "ca")
    async with eavesdropper() as (port, heard):
        url = f"rediss://gateway:the-password@127.0.0.1:{port}/0?ssl_ca_certs={authority.path}"
        async with opened(url) as store:
            for _ in range(5):
                await store.put(page())
                assert await store.get(page().key) is None
            assert not store.up
    assert heard.startswith(b"\x16\x03")  # a ClientHello
    assert not [word for word in (b"PING", b"AUTH", b"HELLO", b"gateway", b"the-password", b"gw1:") if word in heard]


def test_an_authority_that_cannot_be_read_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for path in (tmp_path / "absent.pem", tmp_path / "empty.pem"):
        with pytest.raises(SettingsError, match=r"GATEWAY_REDIS_URL: its certificates cannot be read"):
            connect(f"rediss://127.0.0.1/0?ssl_ca_certs={path}", timeout_seconds=1)


async def test_the_authorities_are_read_once_for_all_connections(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: read.append(1))
    authority = Authority(tmp_path / "ca")
    with running(TlsServer(tmp_path / "redis", authority)) as server:
        url = f"rediss://127.0.0.1:{server.port}/0?ssl_ca_certs={authority.path}"
        async with opened(url, deadline_seconds=2.0) as store:
            await store.put(page())
            assert await asyncio.gather(*(store.get(page().key) for _ in range(60))) == [page()] * 60
    assert len(read) == 2  # for readers, and for purges


@contextlib.contextmanager
def watched(tmp_path: Path, authority: Authority, name: str = "127.0.0.1") -> Iterator[str]:
    """A sentinel and its master, by TLS alone; where the URL for it begins to say more. `name`: of the sentinel."""
    with (
        running(TlsServer(tmp_path / "redis", authority)) as master,
        running(TlsSentinel(master, tmp_path / "sentinel", authority, name=name)) as sentinel,  # type: ignore[arg-type]
    ):
        yield f"rediss+sentinel://127.0.0.1:{sentinel.port}/pages"


@contextlib.contextmanager
def clustered(tmp_path: Path, authority: Authority, name: str = "127.0.0.1") -> Iterator[str]:
    """A cluster of one node."""
    options = ("--cluster-enabled", "yes", "--tls-cluster", "yes", "--tls-ca-cert-file", str(authority.path))
    options += ("--cluster-port", str(free_port()))  # else port + 10,000, which anything may have
    with running(TlsServer(tmp_path / "redis", authority, *options, name=name)) as node:
        node.command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        deadline = time.monotonic() + 10
        while b"cluster_state:ok" not in node.command("CLUSTER", "INFO"):  # type: ignore[operator]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"rediss+cluster://127.0.0.1:{node.port}"


MANY = {"sentinel": watched, "cluster": clustered}


@pytest.mark.parametrize("kind", MANY)
async def test_sentinels_and_clusters_take_the_same_parameters(
    tmp_path: Path, opened: Open, events: Remembered, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    authority = Authority(tmp_path / "ca")
    with MANY[kind](tmp_path, authority) as url:
        monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: read.append(1))
        async with opened(f"{url}?ssl_ca_certs={authority.path}", deadline_seconds=2.0) as store:
            await store.put(page())
            assert await asyncio.gather(*(store.get(page().key) for _ in range(20))) == [page()] * 20
            assert store.up
    assert len(read) == {"sentinel": 4, "cluster": 2}[kind]  # for readers and for purges, of all that are asked
    assert events.names() == []


@pytest.mark.parametrize("kind", MANY)
@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_sentinels_and_clusters_that_cannot_be_believed_are_down(
    tmp_path: Path, opened: Open, events: Remembered, kind: str, wrong: str
) -> None:
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "stranger")
    trusted, name = (stranger, "127.0.0.1") if wrong == "authority" else (authority, "other.example")
    with MANY[kind](tmp_path, authority, name) as url:
        async with opened(f"{url}?ssl_ca_certs={trusted.path}") as store:
            await store.put(page())
            assert await store.get(page().key) is None
            assert not store.up
    assert events.names() == ["redis_lost"]


@pytest.mark.parametrize("tail", ["+sentinel://127.0.0.1:1/pages", "+cluster://127.0.0.1:1"])
@pytest.mark.parametrize(
    ("scheme", "query", "message"),
    [
        ("rediss", "ssl_ca_certs=/nowhere.pem", "its certificates cannot be read"),
        ("rediss", "ssl_ca_cert=/ca.pem", "unknown parameter 'ssl_ca_cert'"),
        ("rediss", "host=elsewhere", "unknown parameter 'host'"),
        ("rediss", "ssl_min_version=new", "Invalid value for 'ssl_min_version'"),
        ("redis", "ssl_ca_certs=/ca.pem", "'ssl_ca_certs' is of use with TLS alone"),
    ],
)
def test_what_such_a_url_cannot_mean_is_told_at_the_start(tail: str, scheme: str, query: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"GATEWAY_REDIS_URL: {message}"):
        connect(f"{scheme}{tail}?{query}", timeout_seconds=1)
