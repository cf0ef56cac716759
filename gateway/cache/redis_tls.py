"""TLS to Redis, made ready once. redis-py reads the system's authorities again for each connection, which holds the
event loop for longer than Redis itself may take.
"""

from __future__ import annotations

import ssl

from redis.asyncio.connection import ConnectionPool, SSLConnection


def ready(pool: ConnectionPool) -> None:
    """Let all connections of a pool share what says whom to believe; for one without TLS there is nothing to do.

    Raises ValueError if a file that the URL names cannot be used.
    """
    kind = pool.connection_class
    if not issubclass(kind, SSLConnection):
        return
    context = kind(**pool.connection_kwargs).ssl_context
    try:
        context.get()
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"its certificates cannot be read ({error.strerror or type(error).__name__})") from error

    class Shared(kind):  # type: ignore[misc, valid-type]
        def __init__(self, **options: object) -> None:
            super().__init__(**options)
            self.ssl_context = context

    pool.connection_class = Shared
