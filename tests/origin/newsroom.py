"""A gateway in front of a scripted CMS, with two policies: a notice for readers in Russia on stories, and one for all."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.geo.addresses import ADDRESSES
from tests.origin.scripted import Apart, Heard, Script, Scripted, apart, response
from tests.running import Answer, Running, gateway
from tests.sites import policy, write_policies

MOSCOW, LAGOS = ADDRESSES["Moscow"], ADDRESSES["Lagos"]
WARNED = policy("warn", "notice: {id: warned}", readers="{in: [RU]}", articles="{paths: [/story/*]}")
NOTED = policy("note", "notice: {id: noted}", articles="{paths: [/story/*]}")
DEADLINES = {"origin_connect_seconds": "1", "origin_first_byte_seconds": "1", "origin_total_seconds": "2"}
"""Short enough for tests that wait for them, long enough for a machine that does other things, too."""
ASK_ALWAYS = "Cache-Control: max-age=0"


def story(title: str) -> bytes:
    """A page as a CMS writes it."""
    words = f"<p>What {title} brought, in a paragraph that is as long as it needs to be.</p>" * 20
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>"
        f'<meta property="og:type" content="article"><meta property="article:published_time" content="2026-05-01T08:00:00Z">'
        f"</head><body><article><h1>{title}</h1>{words}</article></body></html>"
    ).encode()


def page(title: str, *fields: str, status: str = "200 OK") -> bytes:
    """The whole response, to be asked about again each time unless the fields say otherwise."""
    said = fields if any(field.lower().startswith("cache-control") for field in fields) else (*fields, ASK_ALWAYS)
    return response(story(title), status, "Content-Type: text/html; charset=utf-8", *said)


def healthy(heard: Heard) -> Script:
    """The front page, and an answer to whoever only asks how it is."""
    return [response(b"" if heard.method == "HEAD" else story("front"), length=len(story("front")))]


@dataclass(slots=True)
class Newsroom:
    """The CMS and the gateway in front of it; `policies` is the directory of its policies."""

    apart: Apart
    running: Running
    policies: Path

    @property
    def cms(self) -> Scripted:
        return self.apart.origin

    def get(self, path: str, reader: str = LAGOS, **headers: str) -> Answer:
        return self.running.get(path, {name.replace("_", "-"): value for name, value in headers.items()}, reader=reader)

    def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.running.log.read_text()[-3000:]
            time.sleep(0.02)

    def warm(self, *paths: str) -> None:
        """Read each of these once, so that it is kept."""
        for path in paths:
            self.cms.answers.setdefault(path, [page(path)])
            answer = self.get(path)
            assert (answer.status, path in answer.text) == (200, True), self.running.log.read_text()[-3000:]

    def read(self, *paths: str) -> None:
        """Read each of these once, many at a time, from a CMS that has them all."""
        with ThreadPoolExecutor(8) as readers:
            assert {answer.status for answer in readers.map(self.get, paths)} == {200}

    def lose(self) -> None:
        """Ask for what nobody has kept until the gateway gives the CMS up."""
        before = len(self.running.events("origin_lost"))
        self.until(lambda: self.get("/never-read").status >= 500 and len(self.running.events("origin_lost")) > before)


@contextlib.contextmanager
def newsroom(root: Path, *, arguments: Sequence[str] = (), **settings: str) -> Iterator[Newsroom]:
    """Both, running."""
    policies = write_policies(root / "policies", [WARNED], notices=("warned", "noted"))
    with apart() as running_apart:
        running_apart.origin.answers["/"] = healthy
        content = running_apart.origin.url
        given = {**DEADLINES, **settings}
        with gateway(root, content=content, policies=policies, arguments=arguments, **given) as running:
            yield Newsroom(running_apart, running, policies)
