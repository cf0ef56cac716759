"""What policies make of a page that somebody else made: recognised once, decided for each reader, made once for each
outcome. What no policy touches stays the CMS's own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import replace

from gateway.cache.fetch import Fetches
from gateway.cache.fill import Fills
from gateway.cache.http.stored import Stored
from gateway.cache.memory import MemoryPages
from gateway.cache.page import PageStore, StoredPage
from gateway.cache.variant import variant_key
from gateway.content.message import Fields, Response
from gateway.content.origin.error import Fault, OriginError
from gateway.delivery import Reading
from gateway.events import Events
from gateway.passage.aside import Aside, AsideError, packed_in_turns, unpacked_in_turns
from gateway.passage.judging import ENTRIES_RECALLED, Judged, few, judge, judged_in_turns, named
from gateway.passage.look import (
    LOOKED_AT_HERE,
    TREATED_HERE,
    Known,
    light,
    look,
    look_aside,
    remake,
    remake_aside,
    treatable,
    with_entries,
)
from gateway.passage.sight import ByPath, Sight
from gateway.passage.withheld_media import WithheldMedia
from gateway.render.foreign.outcome import Alarm
from gateway.render.foreign.recognise import Recognised
from gateway.render.foreign.rules import Rules

MEMO_SIZE = 16_384


class Treatment:
    """Holds what was recognised and what was made. `host`: the name under which readers know the site; `aside`: where
    large pages are worked on.
    """

    def __init__(
        self, memory: MemoryPages, store: PageStore, fetches: Fetches, rules: Rules, host: str, events: Events,
        aside: Aside, media: WithheldMedia,
    ) -> None:  # fmt: skip
        self._memory = memory
        self._store = store
        self._fetches = fetches
        self._rules = rules
        self._host = host
        self._events = events
        self._aside = aside
        self._media = media
        self._looking: Fills[Known] = Fills()
        self._by_path = ByPath()
        self._known: OrderedDict[tuple[str, str, int], Known] = OrderedDict()

    def known(self, stored: Stored) -> Known | None:
        """What a stored response is, if that is at hand or soon found out. Raises OriginError where its coding cannot
        be undone.
        """
        key = _key_of(stored)
        known = self._known.get(key)
        if known is None and (not treatable(stored.fields) or light(stored.response, LOOKED_AT_HERE)):
            known = self._learnt(key, look(stored.response, stored.uri, stored.digest, self._rules, self._host))
        return known

    async def tags(self, stored: Stored) -> tuple[str, ...]:
        """The names of the articles that it shows; none where it cannot be read."""
        try:
            return (await self._looked_at(stored)).tags
        except OriginError:
            return ()

    async def of_stored(self, reading: Reading, stored: Stored) -> Sight:
        """What this reader sees of a response that is kept."""
        known = await _for(reading, self._looked_at(stored))
        if known.found is None:
            return await self.of_unseen(reading, stored.uri, stored.fields)
        self._media.note(reading, known, stored.response, stored.uri)
        return await self._sight(reading, known, known.found, stored.response, keeps=not reading.preview)

    async def of_passing(self, reading: Reading, response: Response, target: str) -> Sight:
        """The same of a response that nobody may keep."""
        known = await _for(reading, self._look(response, target, ""))
        if known.found is None:
            return await self.of_unseen(reading, target, response.fields)
        self._media.note(reading, replace(known, version=""), response, target)  # each reader has another version
        return await self._sight(reading, known, known.found, response, keeps=False)

    async def of_unseen(self, reading: Reading, target: str, fields: Fields) -> Sight:
        """The same of a response that is not looked into."""
        sight = self._by_path.sight(reading, target)
        if sight.page is not None or not self._media.concerns(reading, fields):
            return sight
        return await self._media.sight(reading, target) or sight

    async def purge(self, tags: frozenset[str]) -> None:
        """Forget what was made of these articles; nothing can lead to it any more."""
        self._memory.purge(tags)
        await self._store.purge(tags)

    async def _looked_at(self, stored: Stored) -> Known:
        """What a stored response is; looked at once, whoever asks meanwhile."""
        known = self.known(stored)
        if known is None:
            key = _key_of(stored)

            async def look_aside() -> Known:
                return self._learnt(key, await self._look(stored.response, stored.uri, stored.digest))

            known = await self._looking.once(f"{key}", look_aside)
        return known

    def _learnt(self, key: tuple[str, str, int], known: Known) -> Known:
        self._known[key] = known
        while len(self._known) > MEMO_SIZE:
            self._known.popitem(last=False)
        return known

    async def _look(self, response: Response, target: str, digest: str) -> Known:
        if not (response.body and treatable(response.fields)) or light(response, LOOKED_AT_HERE):
            return look(response, target, digest, self._rules, self._host)
        try:
            known, packed = await self._aside.run(
                f"{target} {digest}", look_aside, response, target, digest, self._rules, self._host
            )
        except AsideError as error:
            self._events.emit("treatment_failed", level="error", message=f"{target} cannot be read: {error}")
            raise OriginError(Fault.TOO_LARGE, str(error)) from error
        return with_entries(known, tuple(await unpacked_in_turns(packed)))

    async def _sight(
        self, reading: Reading, known: Known, found: Recognised, response: Response, *, keeps: bool
    ) -> Sight:
        judged = await judged_in_turns(reading, found)
        found = judged.found
        known, facts = replace(known, found=found), found.facts if found.article else None
        if judged.untouched:
            return Sight(judged.decision, facts, found.door)
        key = self._key(reading, known, judged)

        async def make() -> StoredPage:
            return await self._made(reading, known, judged, response, key)

        try:
            if not keeps:
                return Sight(judged.decision, facts, found.door, await make(), "render")
            page = self._memory.get(key)
            if page is not None:
                return Sight(judged.decision, facts, found.door, page, "memory")
            page, _, level = await self._fetches.page(key, make)
        except AsideError as error:  # a page in its stead, for this reader: the next may be luckier
            page, level = self._here(reading, known, judged, response, key, unable=str(error)), "render"
        return Sight(judged.decision, facts, found.door, page, level)

    def recall(self, reading: Reading, stored: Stored) -> Sight | None:
        """The same as far as it is at hand; None where something would have to be made or fetched."""
        try:
            looked_at = self.known(stored)
        except OriginError:
            return None  # whoever waits for an answer is told
        if looked_at is None:
            return None
        known = _named(reading, looked_at)
        if known.found is None:
            if self._media.concerns(reading, stored.fields):
                return None
            sight = self._by_path.sight(reading, stored.uri)
            return sight if sight.page is None else None
        self._media.note(reading, known, stored.response, stored.uri)
        if len(known.found.entries) > ENTRIES_RECALLED:
            return None
        judged = judge(reading, known.found)
        found = judged.found
        facts = found.facts if found.article else None
        if judged.untouched:
            return Sight(judged.decision, facts, found.door)
        page = self._memory.get(self._key(reading, known, judged))
        return None if page is None else Sight(judged.decision, facts, found.door, page, "memory")

    def _key(self, reading: Reading, known: Known, judged: Judged) -> str:
        found, templates = judged.found, reading.snapshot.renderer.version
        return variant_key(found.facts, judged.decision, found.door, templates, (self._rules.version, known.version))

    async def _made(self, reading: Reading, known: Known, judged: Judged, response: Response, key: str) -> StoredPage:
        if light(response, TREATED_HERE):
            return self._here(reading, known, judged, response, key)
        site = reading.snapshot.renderer.site
        packed = await packed_in_turns(judged.found.entries)
        page, alarms = await self._aside.run(
            key, remake_aside, response, with_entries(known, ()), packed,
            judged.page, few(judged.entries), self._rules, site, self._host, key,
        )  # fmt: skip
        return self._told(page, alarms)

    def _here(
        self, reading: Reading, known: Known, judged: Judged, response: Response, key: str, *, unable: str = ""
    ) -> StoredPage:
        site = reading.snapshot.renderer.site
        made = remake(response, known, judged.page, judged.entries, self._rules, site, self._host, key, unable)
        return self._told(*made)

    def _told(self, page: StoredPage, alarms: tuple[Alarm, ...]) -> StoredPage:
        for alarm in alarms:
            self._events.emit(alarm.event, level="error", message=alarm.what)
        return page


def _key_of(stored: Stored) -> tuple[str, str, int]:
    return stored.uri, stored.digest, hash(stored.fields)


async def _for(reading: Reading, looking: Awaitable[Known]) -> Known:
    """What a response is under the policies in force. What cannot be read passes where they only look on."""
    try:
        return _named(reading, await looking)
    except OriginError:
        if not reading.snapshot.observes:
            raise
        return Known(None, "")


def _named(reading: Reading, known: Known) -> Known:
    found = named(known.found, reading.snapshot.policies) if known.found is not None else None
    return known if found is known.found else replace(known, found=found)
