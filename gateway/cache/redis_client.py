"""Connect to Redis as `GATEWAY_REDIS_URL` names it, and say in our own words what went wrong.

redis-py's defaults would hold a reader for a minute (ten retries) and skip the check that a connection has no
unread answer (maintenance notifications): both are off here (reliability, findings 1 to 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    MaxConnectionsError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from gateway.cache.redis_cluster import PORT, Client, cluster_of
from gateway.cache.redis_tls import ready, ready_cluster, tls_of
from gateway.errors import Problem, SettingsError

SETTING = "GATEWAY_REDIS_URL"
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
CLUSTER_SCHEMES = ("redis+cluster", "rediss+cluster")
FAILURES = (
    RedisError, RedisClusterException, OSError, TimeoutError,
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip
"""What a command may raise when Redis cannot be used; a cluster of which no node answers raises what is no RedisError.
The rest is redis-py, and `octets`, over answers that no Redis gives: something else listens there, or answers have
slipped.
"""


@dataclass(slots=True)
class Connected:
    """A client, and whatever must be closed with it."""

    client: Client
    sentinel: Sentinel | None = None

    async def aclose(self) -> None:
        """Close every connection; a server that is gone is no reason to complain."""
        for closing in (self.client, self.sentinel):
            if closing is not None:
                try:
                    await closing.aclose()
                except FAILURES:
                    continue


def octets(answer: object) -> bytes:
    """The answer to a command that reads a string. Raises TypeError for any other."""
    if not isinstance(answer, bytes):
        raise TypeError("no string")
    return answer


def connect(url: str, *, timeout_seconds: float | None, max_connections: int = 32) -> Connected:
    """A client for `redis://`, `rediss://`, `unix://`, `redis+sentinel://host:port,host:port/service[/db]` or
    `redis+cluster://host:port,host:port`. With `rediss+…` sentinels and all nodes are spoken to by TLS, as the URL's
    `ssl_…` parameters say.

    Nothing is sent yet. Raises SettingsError if the URL names nothing that we know; a password in it is not shown.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        "driver_info": None,
        "protocol": 2,
        "decode_responses": False,
    }
    try:
        scheme = urlsplit(url).scheme
        if scheme in SENTINEL_SCHEMES:
            return _through_sentinel(url, options, max_connections)
        if scheme in CLUSTER_SCHEMES:
            return _to_cluster(url, options, max_connections)
        if scheme in ("redis", "rediss", "unix"):
            if scheme == "unix":
                del options["socket_connect_timeout"]
            client = Redis.from_url(url, max_connections=max_connections, **options)
            ready(client.connection_pool)
            return Connected(client)
    except ValueError as error:
        raise _unusable(str(error)) from error
    raise _unusable(f"unknown scheme {scheme!r}")


def _named(url: str, port: int) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """Credentials, as redis-py takes them, and the hosts of a URL that names several."""
    credentials, _, hosts = urlsplit(url).netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    said = {"username": unquote(username) or None, "password": unquote(password) or None} if credentials else {}
    found = []
    for host in filter(None, hosts.split(",")):
        name, _, given = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", str(port))
        found.append((name.strip("[]"), int(given)))
    return said, found


def _to_cluster(url: str, options: dict[str, Any], max_connections: int) -> Connected:
    credentials, hosts = _named(url, PORT)
    if not hosts or urlsplit(url).path.strip("/"):
        raise ValueError("a cluster URL names hosts, and no database: a cluster has one")
    client = cluster_of(hosts, {**options, **credentials, **tls_of(url)}, max_connections)
    ready_cluster(client)
    return Connected(client)


def _through_sentinel(url: str, options: dict[str, Any], max_connections: int) -> Connected:
    credentials, watchers = _named(url, 26379)
    parts = urlsplit(url)
    service, _, database = parts.path.strip("/").partition("/")
    if not service or not watchers:
        raise ValueError("a sentinel URL names hosts and a service")
    tls = tls_of(url)
    sentinel = Sentinel(watchers, sentinel_kwargs={**options, **tls})  # type: ignore[no-untyped-call]
    client = sentinel.master_for(
        service,
        db=int(database or 0),
        max_connections=max_connections,
        **options,
        **credentials,
        **tls,
    )
    for asked in (client, *sentinel.sentinels):
        ready(asked.connection_pool)
    return Connected(client, sentinel)


def _unusable(what: str) -> SettingsError:
    remedy = (
        "write redis://host:6379/0, rediss://…, unix:///path, redis+sentinel://host:26379,host:26379/service "
        "or redis+cluster://host:6379,host:6379"
    )
    return SettingsError(f"{SETTING}: {what}; {remedy}", [Problem(SETTING, 0, 0, "bad-setting", what, remedy)])


def reason_of(error: BaseException) -> str:
    """One word for what went wrong, fit for a log and a metric: it never holds data, addresses or credentials."""
    kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
        ((AuthenticationError, AuthorizationError), "authentication"),
        (NoPermissionError, "permission"),
        (BusyLoadingError, "loading"),
        (MaxConnectionsError, "busy"),
        (OutOfMemoryError, "out-of-memory"),
        (ReadOnlyError, "read-only"),
        ((RedisTimeoutError, TimeoutError), "timeout"),
        ((RedisConnectionError, RedisClusterException, OSError), "connection"),
    )
    for kind, word in kinds:
        if isinstance(error, kind):
            return word
    if isinstance(error, ResponseError):
        return "wrong-type" if str(error).startswith("WRONGTYPE") else "refused"
    return "error"
