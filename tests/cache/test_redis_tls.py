"""Redis over TLS: who is there is checked, and whatever is wrong with it, nothing is said in the clear (R17)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.cache.redis_client import connect
from gateway.errors import SettingsError
from tests.cache.conftest import Open, Remembered, page
from tests.servers import running
from tests.tls import Authority, TlsServer


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
