"""The admin port's answers for several workers: every one of them is asked, and the answers are put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import aiohttp
import orjson

from gateway.telemetry.metrics import Metrics, Snapshot, merge
from gateway.web.admin import Readiness

TIMEOUT = aiohttp.ClientTimeout(total=90)


class Fleet:
    """Implements the admin port's Controls. A worker that doesn't answer is left out, and makes the fleet unready.
    `own`: what the parent counts.
    """

    def __init__(self, workers: Callable[[], Sequence[Path]], token: str, own: Metrics) -> None:
        self._workers = workers
        self._own = own
        self._headers = {"Authorization": f"Bearer {token}"}

    async def readiness(self) -> Readiness:
        """Ready when every worker is."""
        answers = await self._ask_all("GET", "/readyz")
        silent = ("a worker does not answer",) if None in answers else ()
        told = [answer for answer in answers if answer is not None]
        reasons = {str(reason) for answer in told for reason in _texts(answer, "reasons")}
        warnings = {str(warning) for answer in told for warning in _texts(answer, "warnings")}
        ready = not silent and all(answer.get("ready") for answer in told)
        return Readiness(ready, (*sorted(reasons), *silent), tuple(sorted(warnings)))

    async def snapshot(self) -> Snapshot:
        """All workers' numbers together, as values."""
        answers = await self._ask_all("GET", "/metrics.json")
        return merge([self._own.snapshot(), *(cast("Snapshot", answer) for answer in answers if answer is not None)])

    async def reload(self, *, actor: str, accept_removals: bool) -> Mapping[str, object]:
        """Every worker reads again; accepted when all of them accepted the same revision."""
        answers = await self._ask_all("POST", "/reload", {"actor": actor, "accept_removals": accept_removals})
        return _agreed([answer for answer in answers if answer is not None])

    async def roll_back(self, *, actor: str, revision: str) -> Mapping[str, object]:
        """One worker goes first and says which revision that is; the others follow."""
        workers = self._workers()
        body = {"actor": actor, "revision": revision}
        first = await self._ask(workers[0], "POST", "/rollback", body) if workers else None
        if first is None or not first.get("accepted"):
            return _agreed([first] if first else [])
        body["revision"] = str(first["revision"])
        rest = await asyncio.gather(*(self._ask(worker, "POST", "/rollback", body) for worker in workers[1:]))
        return _agreed([first, *(answer for answer in rest if answer is not None)])

    async def purge(self, *, article: str | None, tag: str | None, url: str | None) -> Mapping[str, object]:
        """Every worker purges its memory; what each removed is added up, what is left is read back by each."""
        named = {"article": article, "tag": tag, "url": url}
        body: dict[str, object] = {name: value for name, value in named.items() if value} or {"all": True}
        told = [answer for answer in await self._ask_all("POST", "/purge", body) if answer is not None]
        found: dict[str, object] = {name: _total(told, name) for name in ("memory", "store", "left")}
        errors = [answer["error"] for answer in told if "error" in answer]
        return {**found, "error": errors[0]} if errors and len(errors) == len(told) else found

    async def foresee(self, *, article: str, within: str) -> Mapping[str, object]:
        """As the first worker that answers says."""
        answers = await self._ask_all("POST", "/preview", {"article": article, "in": within})
        return next((answer for answer in answers if answer is not None), {"error": "no worker answers"})

    async def _ask_all(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> list[dict[str, object] | None]:
        return list(await asyncio.gather(*(self._ask(worker, method, path, body) for worker in self._workers())))

    async def _ask(
        self, worker: Path, method: str, path: str, body: Mapping[str, object] | None
    ) -> dict[str, object] | None:
        try:
            connector = aiohttp.UnixConnector(str(worker))
            async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, headers=self._headers) as session:
                sent = None if body is None else orjson.dumps(body)
                async with session.request(method, f"http://worker{path}", data=sent) as response:
                    answer = orjson.loads(await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError, orjson.JSONDecodeError):
            return None
        return answer if isinstance(answer, dict) else None


def _texts(answer: Mapping[str, object], name: str) -> Sequence[object]:
    value = answer.get(name)
    return value if isinstance(value, list) else ()


def _agreed(answers: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    if not answers:
        return {"accepted": False, "problems": ["no worker answers"]}
    refused = next((answer for answer in answers if not answer.get("accepted")), None)
    return refused or answers[0]


def _total(answers: Sequence[Mapping[str, object]], name: str) -> int | None:
    numbers = [value for answer in answers if isinstance(value := answer.get(name), int)]
    return sum(numbers) if len(numbers) == len(answers) else None
