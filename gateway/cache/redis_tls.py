"""TLS to Redis: what a URL says of it, and whom to believe, made ready once. redis-py reads the system's authorities
again for each connection, which holds the event loop for longer than Redis itself may take.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import AbstractConnection, ConnectionPool, SSLConnection, parse_url

PARAMETERS = frozenset(
    {
        "ssl_ca_certs",
        "ssl_ca_data",
        "ssl_cert_reqs",
        "ssl_certfile",
        "ssl_check_hostname",
        "ssl_ciphers",
        "ssl_exclude_verify_flags",
        "ssl_include_verify_flags",
        "ssl_keyfile",
        "ssl_min_version",
    }
)
"""What the URL of a sentinel or a cluster may say, with the meaning that redis-py gives it in a `rediss://` URL."""


def tls_of(url: str) -> dict[str, Any]:
    """What the URL of a sentinel or a cluster says of TLS, as redis-py takes it. Raises ValueError."""
    parts = urlsplit(url)
    said = {name: value for name, value in parse_url(f"redis:///?{parts.query}").items() if name != "db"}
    for name in said:
        if name not in PARAMETERS:
            raise ValueError(f"unknown parameter {name[:40]!r}")
    secure = parts.scheme.startswith("rediss")
    if said and not secure:
        raise ValueError(f"{min(said)!r} is of use with TLS alone; begin with rediss+")
    return {"ssl": True, **said} if secure else {}


def ready(pool: ConnectionPool) -> None:
    """Let all connections of a pool share what says whom to believe; for one without TLS there is nothing to do.

    Raises ValueError if a file that the URL names cannot be used.
    """
    pool.connection_class = _sharing(pool.connection_class, pool.connection_kwargs)


def ready_cluster(client: RedisCluster) -> None:
    """The same for all nodes of a cluster, those that are yet to be learnt too. Raises ValueError as `ready` does."""
    kind = _sharing(client.connection_kwargs["connection_class"], client.startup_nodes[0].connection_kwargs)
    client.connection_kwargs["connection_class"] = kind
    for node in client.startup_nodes:
        node.connection_class = kind  # type: ignore[assignment]


def _sharing(kind: type[AbstractConnection], options: dict[str, Any]) -> type[AbstractConnection]:
    if not issubclass(kind, SSLConnection):
        return kind
    context = kind(**options).ssl_context
    try:
        context.get()
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"its certificates cannot be read ({error.strerror or type(error).__name__})") from error

    class Shared(kind):  # type: ignore[misc, valid-type]
        def __init__(self, **options: object) -> None:
            super().__init__(**options)
            self.ssl_context = context

    return Shared
