"""The admin port's connections: the same deadlines, bounds and fixed words as the public port's, fewer places."""

from __future__ import annotations

from aiohttp import web

from gateway.events import Events
from gateway.web.connections import Connections
from gateway.web.exchange import Outgoing
from gateway.web.protocol import to_aiohttp
from gateway.web.server import Server, speaks

MOST_CONNECTIONS = 256
END_SECONDS = 3.0
"""What a request that is still under way gets when the gateway stops."""


class AdminRunner(web.AppRunner):
    """Runs the admin port's application on our own server: aiohttp's waits for a head or a body for ever, and tells a
    malformed request whose versions it met.
    """

    def __init__(self, application: web.Application, events: Events) -> None:
        super().__init__(application, access_log=None, shutdown_timeout=END_SECONDS)
        self._events = events

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await made.request_handler(request) if speaks(request) else to_aiohttp(_refusal(505))

        places = Connections(self._events, most=MOST_CONNECTIONS)
        return Server(handle, self._events, _refusal, all=places, request_factory=made.request_factory)


def _refusal(status: int) -> Outgoing:
    """A fixed answer, in which nothing of the request stands."""
    headers = [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Outgoing(status, headers, b'{"error":"the request could not be read"}', close=True)
