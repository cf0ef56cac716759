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
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from gateway.cache.redis_tls import ready
from gateway.errors import Problem, SettingsError

Client = Redis
SETTING = "GATEWAY_REDIS_URL"
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
FAILURES = (RedisError, OSError, TimeoutError)
"""What a command may raise when Redis cannot be used."""


@dataclass(slots=True)
class Connected:
    """A client, and whatever must be closed with it."""

    client: Redis
    sentinel: Sentinel | None = None

    async def aclose(self) -> None:
        """Close every connection; a server that is gone is no reason to complain."""
        for closing in (self.client, self.sentinel):
            if closing is not None:
                try:
                    await closing.aclose()
                except FAILURES:
                    continue


def connect(url: str, *, timeout_seconds: float | None, max_connections: int = 32) -> Connected:
    """A client for `redis://`, `rediss://`, `unix://` or `redis+sentinel://host:port,host:port/service[/db]`.

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
        if scheme in ("redis", "rediss", "unix"):
            if scheme == "unix":
                del options["socket_connect_timeout"]
            client = Redis.from_url(url, max_connections=max_connections, **options)
            ready(client.connection_pool)
            return Connected(client)
    except ValueError as error:
        raise _unusable(str(error)) from error
    raise _unusable(f"unknown scheme {scheme!r}")


def _through_sentinel(url: str, options: dict[str, Any], max_connections: int) -> Connected:
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not service or not hosts:
        raise ValueError("a sentinel URL names hosts and a service")
    watchers = []
    for host in hosts.split(","):
        name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "26379")
        watchers.append((name.strip("[]"), int(port)))
    sentinel = Sentinel(watchers, sentinel_kwargs=dict(options))  # type: ignore[no-untyped-call]
    if password or username:
        options |= {"username": unquote(username) or None, "password": unquote(password) or None}
    client = sentinel.master_for(
        service,
        db=int(database or 0),
        max_connections=max_connections,
        ssl=parts.scheme.startswith("rediss"),
        **options,
    )
    ready(client.connection_pool)
    return Connected(client, sentinel)


def _unusable(what: str) -> SettingsError:
    remedy = "write redis://host:6379/0, rediss://…, unix:///path or redis+sentinel://host:26379,host:26379/service"
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
        ((RedisConnectionError, OSError), "connection"),
    )
    for kind, word in kinds:
        if isinstance(error, kind):
            return word
    if isinstance(error, ResponseError):
        return "wrong-type" if str(error).startswith("WRONGTYPE") else "refused"
    return "error"
