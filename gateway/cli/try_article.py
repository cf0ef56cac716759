"""`gateway try`: the newsroom's own article as five readers would get it, before any gateway stands in front of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from gateway import __version__
from gateway.cli.serve import PREVIEWS
from gateway.content.message import Request, Response, joined, values
from gateway.content.origin import Care, Origin, OriginError
from gateway.content.origin.coding import decode
from gateway.errors import ContentError
from gateway.events import NoEvents
from gateway.geo.locate import unknown_location
from gateway.geo.location import Location
from gateway.passage.judging import held, named, only_refused
from gateway.policy.cases import locate_in
from gateway.policy.decide import decide
from gateway.policy.decision import Decision
from gateway.policy.model import PolicySet
from gateway.render.foreign.charset import decoded
from gateway.render.foreign.document import Document, attribute, parse, put
from gateway.render.foreign.hosts import host_of
from gateway.render.foreign.recognise import Recognised, recognise
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.treat import Treated, treat
from gateway.render.site import Site

MOST_BYTES = 8 * 2**20
_CARE = Care(connect_seconds=10, first_byte_seconds=30, total_seconds=60, silence_seconds=30, breaker=False)
_TYPES = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml", ".xml": "application/xml",
    ".rss": "application/rss+xml", ".atom": "application/atom+xml", ".json": "application/json",
}  # fmt: skip
_HOST_ALONE = re.compile(r"(?<= )((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=[ ;]|$)")
_ASKING = (
    ("User-Agent", f"newsroom-gateway/{__version__} try"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Encoding", "gzip"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """An article as it was fetched or saved. `url`: where it stands, "" where a file does not say it."""

    response: Response
    url: str

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return urlunsplit(("", "", parts.path or "/", parts.query, ""))

    @property
    def host(self) -> str:
        """The site's name."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Reader:
    """What one of the readers gets. `shown`: the page for a frame; "" where it is no HTML."""

    name: str
    region: str
    decision: Decision
    entries: tuple[Decision, ...]
    treated: Treated
    shown: str
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """What is done to the page, and to entries of its list, each once."""
        return tuple(dict.fromkeys(name for one in (self.decision, *self.entries) for name in one.treatments.names()))

    @property
    def briefly(self) -> str:
        """The same in a line for people."""
        done = [name for name in self.names if not name.startswith("protect:")]
        done += [f"{len(self.away)} kinds of danger taken away"] * bool(self.away)
        return ", ".join(done) or ("as published" if self.treated.untouched else "as published, previews warned")

    @property
    def away(self) -> tuple[str, ...]:
        """What is taken away, in the words of `protect`."""
        return tuple(name.removeprefix("protect:") for name in self.names if name.startswith("protect:"))


@dataclass(frozen=True, slots=True)
class Tried:
    """The whole trial. `found`: None where the response is nothing that a policy could treat."""

    source: Source
    found: Recognised | None
    readers: tuple[Reader, ...]
    policies: PolicySet
    at: datetime

    @property
    def alarms(self) -> tuple[str, ...]:
        """What a person should look at, each once."""
        return tuple(
            dict.fromkeys(f"{alarm.event}: {alarm.what}" for one in self.readers for alarm in one.treated.alarms)
        )


def fetched(url: str) -> Source:
    """The article at an address. Raises ContentError with a remedy where there is none to be had."""
    parts = urlsplit(url)
    base, target = f"{parts.scheme}://{parts.netloc}", urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        response = asyncio.run(_fetch(base, target))
        coding = joined(response.fields, "content-encoding")
        body = decode(response.body, coding, MOST_BYTES) if coding else response.body
    except OriginError as error:
        raise ContentError(
            f"{url} could not be fetched ({error}); try it in a browser, or save the page and try the file"
        ) from error
    if response.status in (301, 302, 303, 307, 308):
        there = next(iter(values(response.fields, "location")), "nowhere")
        raise ContentError(f"{url} has moved to {there}; try that address")
    if response.status != 200:
        raise ContentError(f"{url} answers {response.status} {response.reason}; try an article that is published")
    return Source(Response(200, response.reason, response.fields, body), url)


async def _fetch(base: str, target: str) -> Response:
    origin = Origin(base, NoEvents(), _CARE)
    try:
        return await origin.fetch(Request("GET", target, _ASKING), limit=MOST_BYTES)
    finally:
        await origin.aclose()


def saved(file: Path, url: str) -> Source:
    """A page that was saved. Its address is what it says itself, where none is given."""
    kind = _TYPES.get(file.suffix.lower(), "text/html")
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ContentError(
            f"{file} cannot be read: {error.strerror}; name a saved page, or an address with https://"
        ) from error
    response = Response(200, "OK", (("Content-Type", kind),), body)
    if not url and kind.endswith("html"):
        link = parse(body.decode("utf-8", "replace")).css_first("link[rel='canonical'][href]")
        said = attribute(link, "href") if link is not None else ""
        url = said if urlsplit(said).scheme in ("http", "https") and host_of(said) else ""
    return Source(response, url or f"file:///{file.name}")


def tried(source: Source, policies: PolicySet, rules: Rules, at: datetime, say: Callable[[str], None]) -> Tried:
    """The article as each of the readers would get it."""
    found = recognise(source.response, source.target, rules, source.host)
    if found is None:
        return Tried(source, None, (), policies, at)
    found = named(found, policies)
    readers = []
    for name, region in PREVIEWS:
        location = locate_in(region, policies.regions) if region else unknown_location(policies.regions, "hypothetical")
        readers.append(_reader(source, found, policies, rules, location, at, name, region))
        say(f"{name}: {readers[-1].briefly}")
    return Tried(source, found, tuple(readers), policies, at)


def _reader(
    source: Source,
    found: Recognised,
    policies: PolicySet,
    rules: Rules,
    location: Location,
    at: datetime,
    name: str,
    region: str,
) -> Reader:
    whole = decide(policies, found.facts, location, found.door, at, whole_trace=True)
    found, decision = held(found, policies, whole)
    entries = only_refused(found, [decide(policies, facts, location, found.door, at) for facts in found.entries])
    treated = treat(source.response, found, decision, rules, Site(), entries=entries, host=source.host)
    html = "html" in treated.page.content_type or not treated.page.content_type
    text, _ = decoded(treated.page.body, treated.page.content_type)
    return Reader(name, region, decision, entries, treated, _framed(text, source, treated) if html else "", text)


def _framed(text: str, source: Source, treated: Treated) -> str:
    """The page for a frame: its addresses mean what they mean on the newsroom's site, and what the treatment forbids it
    to fetch it cannot fetch here.
    """
    document = Document(text)
    tree = document.tree
    if tree.head is None or not document.whole:
        return text
    extra = ""
    if tree.css_first("base[href]") is None and source.url.startswith("http"):
        base = tree.create_node("base")
        base.attrs["href"] = source.url
        extra = base.html or ""
    for policy in values(treated.fields, "content-security-policy"):
        meta = tree.create_node("meta")
        meta.attrs["http-equiv"] = "Content-Security-Policy"
        # in a frame without an origin of its own a host needs its scheme
        meta.attrs["content"] = _HOST_ALONE.sub(r"http://\1:* https://\1:*", policy)
        extra += meta.html or ""
    first = tree.head.first_child
    put(tree, extra, first if first is not None else tree.head, "before" if first is not None else "last-in")
    return document.html()
