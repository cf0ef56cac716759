"""The admin port: health, readiness, metrics, purge, reload, rollback; a token for what tells or changes anything."""

from __future__ import annotations

import asyncio
import hmac
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson
from aiohttp import web

from gateway.telemetry.metrics import Snapshot, render
from gateway.web.guesses import Guesses

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
OPEN = ("/healthz", "/readyz")
ACTOR_LIMIT = 100
BODY_SECONDS = 10.0
CHALLENGE = {"WWW-Authenticate": "Bearer"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether readers may be sent here. `reasons`: what is missing; `warnings`: what is old but serves."""

    ready: bool
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Controls(Protocol):
    """What the admin port can ask of the running gateway."""

    async def readiness(self) -> Readiness:
        """Ready or not, and why."""

    async def snapshot(self) -> Snapshot:
        """Every number, as values."""

    async def reload(self, *, actor: str, accept_removals: bool) -> Mapping[str, object]:
        """Read policies, content and evidence again; what changed, or the problems that kept the old set in force."""

    async def roll_back(self, *, actor: str, revision: str) -> Mapping[str, object]:
        """Put a former policy set into force ("": the one before); as `reload` answers."""

    async def purge(self, *, article: str | None, tag: str | None, url: str | None) -> Mapping[str, object]:
        """Remove stored pages (none named: all); what was removed, and what a read-back found. `error`: what was named
        is nothing, and nothing was there.
        """

    async def foresee(self, *, article: str, within: str) -> Mapping[str, object]:
        """Whether a preview link would show the article as read there ("": at an unknown place): `error` if not."""


def admin_application(controls: Controls, token: str) -> web.Application:
    """The admin port's application."""
    admin = _Admin(controls, token)
    application = web.Application(middlewares=[admin.authorised], client_max_size=64 * 1024)
    application.on_response_prepare.append(_modestly)
    application.router.add_get("/healthz", admin.healthz)
    application.router.add_get("/readyz", admin.readyz)
    application.router.add_get("/metrics", admin.metrics)
    application.router.add_get("/metrics.json", admin.numbers)
    application.router.add_post("/reload", admin.reload)
    application.router.add_post("/rollback", admin.rollback)
    application.router.add_post("/purge", admin.purge)
    application.router.add_post("/preview", admin.preview)
    return application


async def _modestly(_request: web.Request, response: web.StreamResponse) -> None:
    """On everything, aiohttp's own errors included: kept by nobody, and no word of whose versions answer."""
    response.headers["Server"] = "gateway"
    response.headers.update(NO_STORE)


class _Admin:
    """Handlers: each translates, asks the controls, translates back."""

    def __init__(self, controls: Controls, token: str) -> None:
        self._controls = controls
        self._token = token.encode()
        self._guesses = Guesses()

    @web.middleware
    async def authorised(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in whoever has the token, and no page of another site that a browser was led to."""
        if request.path not in OPEN:
            peer, now = request.remote or "", time.monotonic()
            barred = self._guesses.barred(peer, now)
            if barred:
                return _json({"error": "too many wrong tokens"}, 429, {"Retry-After": str(math.ceil(barred))})
            scheme, _, said = request.headers.get("Authorization", "").partition(" ")
            given = said.encode("utf-8", "replace")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given, self._token):
                if given:
                    self._guesses.wrong(peer, given, now)
                return _json({"error": "a token is needed: Authorization: Bearer …"}, 401, CHALLENGE)
            if "Origin" in request.headers:
                return _json({"error": "not from a page of another site"}, 403)
        return await handler(request)

    async def healthz(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return _json({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Readers may be sent here, or why not."""
        state = await self._controls.readiness()
        body = {"ready": state.ready, "reasons": state.reasons, "warnings": state.warnings}
        return _json(body, 200 if state.ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus' text format."""
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", **NO_STORE}
        return web.Response(body=render([await self._controls.snapshot()]).encode(), headers=headers)

    async def numbers(self, _request: web.Request) -> web.Response:
        """The same as values: what a parent asks its workers for."""
        return _json(await self._controls.snapshot())

    async def reload(self, request: web.Request) -> web.Response:
        """Read everything again now."""
        given = await _body(request)
        result = await self._controls.reload(actor=_actor(given), accept_removals=given.get("accept_removals") is True)
        return _json(result, 200 if result.get("accepted") else 422)

    async def rollback(self, request: web.Request) -> web.Response:
        """Put a former policy set into force: {"revision": REVISION}, or the one before."""
        given = await _body(request)
        result = await self._controls.roll_back(actor=_actor(given), revision=_text(given, "revision") or "")
        return _json(result, 200 if result.get("accepted") else 422)

    async def purge(self, request: web.Request) -> web.Response:
        """Remove stored pages."""
        given = await _body(request)
        article, tag, url = _text(given, "article"), _text(given, "tag"), _text(given, "url")
        everything = given.get("all") is True
        if sum((article is not None, tag is not None, url is not None, everything)) != 1:
            named = '{"article": SLUG}, {"tag": TAG}, {"url": URL} or {"all": true}'
            return _json({"error": f"name exactly one: {named}"}, 400)
        result = await self._controls.purge(article=article, tag=tag, url=url)
        return _json(result, 404 if "error" in result else 200)

    async def preview(self, request: web.Request) -> web.Response:
        """Would a preview link show anything: {"article": SLUG, "in": REGION}, or without the region."""
        given = await _body(request)
        article = _text(given, "article")
        if article is None:
            return _json({"error": 'name an article: {"article": SLUG}'}, 400)
        result = await self._controls.foresee(article=article, within=_text(given, "in") or "")
        return _json(result, 404 if "error" in result else 200)


def _actor(given: Mapping[str, object]) -> str:
    """Who asks, as they say."""
    return (_text(given, "actor") or "admin")[:ACTOR_LIMIT]


def _text(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) and value else None


async def _body(request: web.Request) -> Mapping[str, object]:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="the rest of the body did not come") from error
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
