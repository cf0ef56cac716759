"""Ask a CMS for one of its pages, for verbs that look at it: what is it, and what does it say of itself?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from gateway.content.message import Request, Response, joined
from gateway.content.origin import Origin
from gateway.content.origin.coding import decode
from gateway.content.origin.error import OriginError
from gateway.doctor.cms import CmsAnswer
from gateway.errors import ContentError
from gateway.events import NoEvents
from gateway.origins import care_of, rules_of
from gateway.render.foreign.recognise import Recognised, recognise
from gateway.settings import Settings
from gateway.web.host import hostname

_AGENT = ("User-Agent", "gateway")


def page_of(settings: Settings, target: str) -> tuple[Response, Recognised | None]:
    """The page as the CMS says it just now, any content coding undone, and what it is. Raises ContentError
    where it is none that readers are shown, or none is to be had.
    """
    try:
        response = asyncio.run(_asked(settings, target))
    except OriginError as error:
        raise ContentError(
            f"{settings.origin}{target} could not be fetched ({error}); see that GATEWAY_CONTENT names the CMS, and "
            "that this machine may ask it"
        ) from error
    if response.status != 200:
        raise ContentError(f"{settings.origin}{target}: the CMS says {response.status} {response.reason}")
    coding = joined(response.fields, "content-encoding")
    limit = care_of(settings).body_bytes
    plain = replace(response, body=decode(response.body, coding, limit)) if coding else response
    return plain, recognise(plain, target, rules_of(settings), hostname(settings.site_url.partition("//")[2]))


def answers_of(settings: Settings) -> tuple[CmsAnswer, CmsAnswer]:
    """What the CMS answers just now for its front page, and for the path of the probe."""
    return asyncio.run(_answer(settings, "GET", "/")), asyncio.run(
        _answer(settings, "HEAD", settings.origin_probe_path)
    )


async def _answer(settings: Settings, method: str, target: str) -> CmsAnswer:
    origin = _origin(settings)
    began, status, error = time.monotonic(), 0, ""
    try:
        async with origin.exchange(Request(method, target, (_AGENT,))) as response:
            status = response.status
    except OriginError as raised:
        error = str(raised)
    finally:
        await origin.aclose()
    return CmsAnswer(f"{method} {settings.origin}{target}", status, time.monotonic() - began, error)


async def _asked(settings: Settings, target: str) -> Response:
    origin = _origin(settings)
    try:
        return await origin.fetch(Request("GET", target, (_AGENT, ("Accept-Encoding", "gzip"))))
    finally:
        await origin.aclose()


def _origin(settings: Settings) -> Origin:
    return Origin(settings.origin, NoEvents(), care_of(settings), host=settings.origin_host)
