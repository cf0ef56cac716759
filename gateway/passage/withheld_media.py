"""What is withheld from a page is withheld at its own address, too: which pictures go with which part of which page.

That is found out, aside, when anybody first reads a page of which a policy withholds something from somebody, and is
told to the fleet. A picture on no page that has passed since is not known to belong to any.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from html import escape
from typing import TypeVar, cast

import orjson

from gateway.cache.page import PageStore, StoredPage
from gateway.cache.variant import PREFIX
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.message import Fields, Response, joined
from gateway.content.origin.error import OriginError
from gateway.delivery import Reading
from gateway.passage.aside import Aside, AsideError
from gateway.passage.look import Known, plain
from gateway.passage.sight import Sight, kept_page
from gateway.policy.decision import Refusal, Treatments
from gateway.policy.match import candidates
from gateway.policy.model import ALL_MEDIA, Action, NoticeText, PolicySet, State, Substitute, Withhold
from gateway.render.foreign.charset import decoded
from gateway.render.foreign.held_media import MEDIUM, held_media, medium_keys
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.rules import Rules
from gateway.render.language import words
from gateway.render.refusal import refusal_page

K = TypeVar("K")
V = TypeVar("V")

ASKED_AGAIN_SECONDS = 5.0
"""How long what another process finds out may take to be heeded here."""
TOLD_AGAIN_SECONDS = 3600.0
_KEYS, _PAGES, _PARTS_OF_A_KEY = 65_536, 16_384, 32
_NO_MEDIA = ("text/", "application/json", "application/javascript", "application/xml", "font/", "application/wasm")
_PART = "part:"


@dataclass(frozen=True, slots=True)
class Held:
    """A part of an article with which a medium goes."""

    facts: Facts
    part: str

    def by(self, treatments: Treatments) -> Treatments | None:
        """Of what is done to its article, that which takes it away; None: nothing does."""
        for one in treatments.withheld:
            if self.part in one.parts or (self.part.startswith(MEDIUM) and self.part.removeprefix(MEDIUM) in one.media):
                return Treatments(withheld=(one,))
        replaced = tuple(one for one in treatments.substitutes if one[0] == f"{_PART}{self.part}")
        return Treatments(substitutes=replaced) if replaced else None


class WithheldMedia:
    """What this process knows of it, and what the fleet does. `host`: the name under which readers know the site."""

    def __init__(self, store: PageStore, aside: Aside, rules: Rules, host: str) -> None:
        self._store = store
        self._aside = aside
        self._rules = rules
        self._hosts = Hosts(host, rules.own_hosts)
        self._held: OrderedDict[str, tuple[Held, ...]] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._noted: OrderedDict[tuple[str, str, frozenset[str]], float] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._of: PolicySet | None = None
        self._any = False

    def concerns(self, reading: Reading, fields: Fields) -> bool:
        """Whether a response could be something that goes with a part that some policy withholds."""
        kind = (joined(fields, "content-type") or "").strip().lower()
        return self._concerned(reading) and not kind.startswith(_NO_MEDIA)

    def _concerned(self, reading: Reading) -> bool:
        """Whether any policy withholds parts of pages at all."""
        policies = reading.snapshot.policies
        if policies is not self._of:
            active = [policy for policy in policies.policies if policy.state is not State.OFF]
            self._of, self._any = policies, any(_takes_parts(one) for policy in active for one in policy.actions)
        return self._any

    def note(self, reading: Reading, known: Known, response: Response, target: str) -> None:
        """Somebody reads this page: find out, behind their back, what goes with the parts that policies withhold."""
        found = known.found
        if found is None or not found.article or found.door is not Door.HTML or not self._concerned(reading):
            return
        parts = _parts(reading.snapshot.policies, found.facts)
        now = asyncio.get_running_loop().time()
        key = (target, known.version, parts)
        if not parts or self._noted.get(key, -TOLD_AGAIN_SECONDS) > now - TOLD_AGAIN_SECONDS:
            return
        self._noted[key] = now
        _bounded(self._noted, _PAGES)
        task = asyncio.get_running_loop().create_task(self._find_out(found.facts, response, target, parts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sight(self, reading: Reading, target: str) -> Sight | None:
        """What this reader sees of a medium; None where it goes with nothing that is withheld from anybody."""
        held = [one for key in medium_keys(target, self._hosts) for one in await self._known(key)]
        if not held:
            return None
        snapshot = reading.snapshot
        decisions = [snapshot.decide(one.facts, reading.location, Door.MEDIA, reading.now) for one in held]
        ends = [one.valid_until for one in decisions if one.valid_until is not None]
        decision = replace(
            decisions[0],
            treatments=Treatments(),
            depends_on_place=any(one.depends_on_place for one in decisions),
            valid_until=min(ends, default=None),
        )
        for one, decided in zip(held, decisions, strict=True):
            gone = one.by(decided.treatments)
            if gone is not None:
                notice = next((each.notice for each in gone.withheld), None) or _replaced(one.facts.language)
                refusal = Refusal(451, "", notice, ())
                refused = replace(decision, treatments=Treatments(refusal=refusal))
                page = refusal_page(snapshot.renderer.site, refusal, refused, one.facts.language, Door.HTML)
                return Sight(replace(decision, treatments=gone), one.facts, Door.MEDIA, kept_page("", page), "render")
        return Sight(decision, None, Door.MEDIA)

    async def aclose(self) -> None:
        """Find out nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _find_out(self, facts: Facts, response: Response, target: str, parts: frozenset[str]) -> None:
        try:
            by_part = await self._aside.run(
                f"media {target} {facts.version}", _held_in, response, sorted(parts), self._rules, self._hosts, target
            )
        except (AsideError, OriginError):
            return  # the page itself says so, when it is treated
        for part, keys in by_part.items():
            for key in keys:
                await self._remember(key, Held(facts, part))

    async def _remember(self, key: str, new: Held) -> None:
        self._asked.pop(key, None)
        known = await self._known(key)
        rest = tuple(one for one in known if (one.facts.slug, one.part) != (new.facts.slug, new.part))
        self._keep(key, (new, *rest)[:_PARTS_OF_A_KEY])
        await self._store.put(_page_of(self._name(key), self._held[key]))

    async def _known(self, key: str) -> tuple[Held, ...]:
        now = asyncio.get_running_loop().time()
        if self._asked.get(key, -ASKED_AGAIN_SECONDS) > now - ASKED_AGAIN_SECONDS:
            return self._held.get(key, ())
        page = await self._store.get(self._name(key))
        held = {(one.facts.slug, one.part): one for one in (*self._held.get(key, ()), *_held_of(page))}
        if held:
            self._keep(key, tuple(held.values())[:_PARTS_OF_A_KEY])
        self._asked[key] = now
        _bounded(self._asked, _KEYS)
        return self._held.get(key, ())

    def _keep(self, key: str, held: tuple[Held, ...]) -> None:
        self._held[key] = held
        _bounded(self._held, _KEYS)

    def _name(self, key: str) -> str:
        named = f"{self._hosts.host}\0{key}".encode("utf-8", "surrogatepass")
        return f"{PREFIX}{{held/{blake2b(named, digest_size=16).hexdigest()}}}:media"


def _takes_parts(action: Action) -> bool:
    return isinstance(action, Withhold) or (isinstance(action, Substitute) and action.target.startswith(_PART))


def _replaced(language: str) -> NoticeText:
    said = words(language)["replaced"]
    return NoticeText("replaced", language, said, f"<p>{escape(said)}</p>", said)


def _held_in(
    response: Response, parts: list[str], rules: Rules, hosts: Hosts, target: str
) -> dict[str, frozenset[str]]:
    text, _ = decoded(plain(response).body, joined(response.fields, "content-type") or "")
    return dict(held_media(text, parts, rules, hosts, target.partition("?")[0]))


def _parts(policies: PolicySet, facts: Facts) -> frozenset[str]:
    """All that any policy withholds of an article, from whomever."""
    found: set[str] = set()
    for policy in candidates(policies, facts):
        for action in policy.actions:
            if isinstance(action, Withhold):
                named = facts.media if ALL_MEDIA in action.media else action.media.intersection(facts.media)
                found |= {*action.parts, *(f"{MEDIUM}{path}" for path in named)}
            elif isinstance(action, Substitute) and action.target.startswith(_PART):
                found.add(action.target.removeprefix(_PART))
    return frozenset(found)


def _page_of(key: str, held: tuple[Held, ...]) -> StoredPage:
    said = [{**_told(one.facts), "part": one.part} for one in held]
    return StoredPage(key, 200, "application/json", "", {"identity": orjson.dumps(said)}, {"identity": '"held"'})


def _told(facts: Facts) -> dict[str, object]:
    """What a policy can ask of an article."""
    return {
        "slug": facts.slug, "version": facts.version, "language": facts.language, "section": facts.section,
        "tags": sorted(facts.tags), "also_in": sorted(facts.also_in), "published": facts.published.timestamp(),
        "media": facts.media, "paths": facts.paths, "kin": facts.kin,
    }  # fmt: skip


def _held_of(page: StoredPage | None) -> tuple[Held, ...]:
    """What another process wrote; its signature was checked, its shape is the one above."""
    return () if page is None else tuple(map(_held, orjson.loads(page.bodies["identity"])))


def _held(said: dict[str, object]) -> Held:
    texts = {name: tuple(cast("list[str]", said[name])) for name in ("tags", "also_in", "media", "paths", "kin")}
    facts = Facts(
        slug=str(said["slug"]), version=str(said["version"]), language=str(said["language"]),
        section=str(said["section"]), tags=frozenset(texts["tags"]), also_in=frozenset(texts["also_in"]),
        published=datetime.fromtimestamp(cast("float", said["published"]), UTC),
        media=texts["media"], paths=texts["paths"], kin=texts["kin"],
    )  # fmt: skip
    return Held(facts, str(said["part"]))


def _bounded(kept: OrderedDict[K, V], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
