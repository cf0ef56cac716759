"""What policies make of a page that somebody else made: recognised once, decided for each reader, made once for each
outcome. What no policy touches stays the CMS's own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import blake2b

from gateway.cache.fetch import Fetches
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import target_name
from gateway.cache.memory import MemoryPages
from gateway.cache.page import PageStore, StoredPage
from gateway.cache.variant import tags_of, variant_key
from gateway.collection import own_treatments, sum_up
from gateway.content.article import Facts
from gateway.content.message import Fields, Response, joined, without
from gateway.content.origin.coding import decode
from gateway.content.origin.error import OriginError
from gateway.delivery import Reading
from gateway.events import Events
from gateway.passage.sight import ByPath, Sight, kept_page
from gateway.policy.decision import Decision, Treatments
from gateway.render.foreign.recognise import Recognised, recognise
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.treat import treat

MEMO_SIZE = 16_384
BODY_BYTES = 8 * 2**20
"""Of a page that may be treated, decoded."""

_TREATABLE = ("html", "xml", "json", "x-component", "multipart/byteranges")
_OF_THE_MOMENT = ("age", "cache-control", "date", "etag", "expires", "last-modified")


@dataclass(frozen=True, slots=True)
class Known:
    """What a response turned out to be. `version` names all of it that can show on a treated page."""

    found: Recognised | None
    version: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    """Decisions on a page and on each of its entries; `decision` sums them up."""

    found: Recognised
    decision: Decision
    page: Decision
    entries: tuple[Decision, ...]

    @property
    def untouched(self) -> bool:
        return all(one.treatments == Treatments() for one in (self.page, *self.entries))


def treatable(fields: Fields) -> bool:
    """Whether a body of this type may be an article, or show one, or a part; where no type is said, browsers guess."""
    kind = (joined(fields, "content-type") or "text/html").partition(";")[0].strip(" \t").lower()
    return kind.startswith("text/html") or (any(word in kind for word in _TREATABLE) and not kind.startswith("image/"))


class Treatment:
    """Holds what was recognised and what was made. `host`: the name under which readers know the site."""

    def __init__(
        self, memory: MemoryPages, store: PageStore, fetches: Fetches, rules: Rules, host: str, events: Events
    ) -> None:
        self._memory = memory
        self._store = store
        self._fetches = fetches
        self._rules = rules
        self._host = host
        self._events = events
        self._by_path = ByPath()
        self._known: OrderedDict[tuple[str, str, int], Known] = OrderedDict()

    def known(self, stored: Stored) -> Known:
        """What a stored response is; looked at once. Raises OriginError where its coding cannot be undone."""
        key = (stored.uri, stored.digest, hash(stored.fields))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look(stored.response, stored.uri, stored.digest)
            while len(self._known) > MEMO_SIZE:
                self._known.popitem(last=False)
        return known

    def tags(self, stored: Stored) -> tuple[str, ...]:
        """The names of the articles that it shows; none where it cannot be read."""
        try:
            return self.known(stored).tags
        except OriginError:
            return ()

    async def of_stored(self, reading: Reading, stored: Stored) -> Sight:
        """What this reader sees of a response that is kept."""
        known = self.known(stored)
        if known.found is None:
            return self._by_path.sight(reading, stored.uri)
        return await self._sight(reading, known, known.found, stored.response, keeps=not reading.preview)

    async def of_passing(self, reading: Reading, response: Response, target: str) -> Sight:
        """The same of a response that nobody may keep."""
        known = self._look(response, target, "")
        if known.found is None:
            return self._by_path.sight(reading, target)
        return await self._sight(reading, known, known.found, response, keeps=False)

    def of_unseen(self, reading: Reading, target: str) -> Sight:
        """The same of a response that is not looked into."""
        return self._by_path.sight(reading, target)

    async def purge(self, tags: frozenset[str]) -> None:
        """Forget what was made of these articles; nothing can lead to it any more."""
        self._memory.purge(tags)
        await self._store.purge(tags)

    def _look(self, response: Response, target: str, digest: str) -> Known:
        if not response.body or not treatable(response.fields):
            return Known(None, digest)
        found = recognise(_plain(response), target, self._rules, self._host, digest=digest)
        if found is None:
            return Known(None, digest)
        found = replace(found, facts=_told_apart(found.facts), entries=tuple(map(_told_apart, found.entries)))
        named = [found.facts] if found.article else []
        tags = [tag for facts in (*named, *found.entries) for tag in tags_of(facts)]
        return Known(found, _version(response, digest), tuple(dict.fromkeys((target_name(target), *tags))))

    async def _sight(
        self, reading: Reading, known: Known, found: Recognised, response: Response, *, keeps: bool
    ) -> Sight:
        judged = _judge(reading, found)
        facts = found.facts if found.article else None
        if judged.untouched:
            return Sight(judged.decision, facts, found.door)
        key = self._key(reading, known, judged)

        def make() -> StoredPage:
            return self._made(reading, known, judged, response, key)

        if not keeps:
            return Sight(judged.decision, facts, found.door, make(), "render")
        page = self._memory.get(key)
        if page is not None:
            return Sight(judged.decision, facts, found.door, page, "memory")
        page, _, level = await self._fetches.page(key, make)
        return Sight(judged.decision, facts, found.door, page, level)

    def recall(self, reading: Reading, stored: Stored) -> Sight | None:
        """The same as far as it is at hand; None where something would have to be made or fetched."""
        known = self.known(stored)
        if known.found is None:
            sight = self._by_path.sight(reading, stored.uri)
            return sight if sight.page is None else None
        judged = _judge(reading, known.found)
        facts = known.found.facts if known.found.article else None
        if judged.untouched:
            return Sight(judged.decision, facts, known.found.door)
        page = self._memory.get(self._key(reading, known, judged))
        return None if page is None else Sight(judged.decision, facts, known.found.door, page, "memory")

    def _key(self, reading: Reading, known: Known, judged: _Judged) -> str:
        found, templates = judged.found, reading.snapshot.renderer.version
        return variant_key(found.facts, judged.decision, found.door, templates, (self._rules.version, known.version))

    def _made(self, reading: Reading, known: Known, judged: _Judged, response: Response, key: str) -> StoredPage:
        site = reading.snapshot.renderer.site
        treated = treat(
            _plain(response), judged.found, judged.page, self._rules, site, entries=judged.entries, host=self._host
        )
        for alarm in treated.alarms:
            self._events.emit(alarm.event, level="error", message=alarm.what)
        fields = without(treated.fields, ("content-type", "content-encoding", "content-length"))
        return kept_page(key, treated.page, known.tags, fields)


def _told_apart(facts: Facts) -> Facts:
    """Facts with a version that names all of them: a CMS shows one text under many paths, and says more in headers."""
    said = f"{facts.version}\0{facts!r}".encode("utf-8", "surrogatepass")
    return replace(facts, version=blake2b(said, digest_size=16).hexdigest())


def _judge(reading: Reading, found: Recognised) -> _Judged:
    snapshot = reading.snapshot

    def decide(facts: Facts) -> Decision:
        return snapshot.decide(facts, reading.location, found.door, reading.now)

    page = decide(found.facts)
    if not found.article:
        page = own_treatments(page)
    if not found.entries:
        return _Judged(found, page, page, ())
    entries = tuple(map(decide, found.entries))
    return _Judged(found, sum_up([(found.facts, page), *zip(found.entries, entries, strict=True)]), page, entries)


def _plain(response: Response) -> Response:
    """The response with its content coding undone."""
    coding = joined(response.fields, "content-encoding")
    return response if not coding else replace(response, body=decode(response.body, coding, BODY_BYTES))


def _version(response: Response, digest: str) -> str:
    summed = blake2b(digest.encode() or response.body, digest_size=16)
    for name, value in without(response.fields, _OF_THE_MOMENT):
        summed.update(f"\n{name.lower()}:{value}".encode("utf-8", "surrogatepass"))
    return summed.hexdigest()
