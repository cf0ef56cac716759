"""The admin port: health, readiness, metrics, purge and reload. Its own port, and a token for all that tells or changes."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson
from aiohttp import web

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
OPEN = ("/healthz", "/readyz")
ACTOR_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether readers may be sent here. `reasons`: what is missing; `warnings`: what is old but serves."""

    ready: bool
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Controls(Protocol):
    """What the admin port can ask of the running gateway."""

    def readiness(self) -> Readiness:
        """Ready or not, and why."""

    def metrics(self) -> str:
        """Prometheus' text format."""

    async def reload(self, *, actor: str, accept_removals: bool) -> Mapping[str, object]:
        """Read policies, content and evidence again; what changed, or the problems that kept the old set in force."""

    async def purge(self, *, article: str | None, tag: str | None, everything: bool) -> Mapping[str, object]:
        """Remove stored pages; what was removed, and what a read-back found."""


def admin_application(controls: Controls, token: str) -> web.Application:
    """The admin port's application."""

    @web.middleware
    async def authorised(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path not in OPEN:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.encode()):
                return _json(
                    {"error": "a token is needed: Authorization: Bearer …"}, 401, {"WWW-Authenticate": "Bearer"}
                )
            if "Origin" in request.headers:
                return _json({"error": "not from a page of another site"}, 403)
        return await handler(request)

    async def healthz(_request: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        state = controls.readiness()
        body = {"ready": state.ready, "reasons": state.reasons, "warnings": state.warnings}
        return _json(body, 200 if state.ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", **NO_STORE}
        return web.Response(body=controls.metrics().encode(), headers=headers)

    async def reload(request: web.Request) -> web.Response:
        given = await _body(request)
        actor = str(given.get("actor", "admin"))[:ACTOR_LIMIT]
        result = await controls.reload(actor=actor, accept_removals=given.get("accept_removals") is True)
        return _json(result, 200 if result.get("accepted") else 422)

    async def purge(request: web.Request) -> web.Response:
        given = await _body(request)
        article, tag = (
            value if isinstance(value := given.get(name), str) and value else None for name in ("article", "tag")
        )
        everything = given.get("all") is True
        if sum((article is not None, tag is not None, everything)) != 1:
            return _json({"error": 'name exactly one: {"article": SLUG}, {"tag": TAG} or {"all": true}'}, 400)
        return _json(await controls.purge(article=article, tag=tag, everything=everything))

    application = web.Application(middlewares=[authorised], client_max_size=64 * 1024)
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", metrics)
    application.router.add_post("/reload", reload)
    application.router.add_post("/purge", purge)
    return application


async def _body(request: web.Request) -> Mapping[str, object]:
    raw = await request.read()
    try:
        given = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text='the body must be a JSON object, as {"all": true}')
    return given


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(value),
        content_type="application/json",
        headers={**NO_STORE, **(headers or {})},
    )
