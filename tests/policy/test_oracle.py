"""Decisions agree with an oracle that shares nothing with them: plain dictionaries in, a plain dictionary out.

Policies are generated as what an operator could write, read by the real parser, decided by the real decision, and
worked out once more here, the slow way.
"""

# ruff: noqa: ANN401  (an oracle reads what operators write, and spells everything out)
from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.decide import decide
from gateway.policy.decision import Decision
from gateway.policy.parse import parse
from tests.policy.world import files

EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "150"))
EPOCH = datetime(2026, 6, 1, tzinfo=UTC)
LEVELS = ["outside", "possible", "inside", "confirmed"]
AREAS = ["RU", "DE", "UA", "held", "controlled_by(RU)", "unknown", "mirrors"]
DEFAULTS = {"notice": "possible", "protect": "possible"}
SOME_PROTECTION = ["sharing", "saving", "donating"]


def lists(words: list[str], least: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=least, max_size=3, unique=True)


@st.composite
def written_policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        policy: dict[str, Any] = {"policy": f"p{draw(st.integers(0, 9))}{number}", "title": "T", "do": []}
        if draw(st.booleans()):
            policy["priority"] = draw(st.integers(-1, 1))
        policy["state"] = draw(st.sampled_from(["active", "active", "active", "shadow", "off"]))
        policy["readers"] = draw(
            st.one_of(
                st.just("all"),
                st.fixed_dictionaries({"in": lists(AREAS)}, optional={"not_in": lists([*AREAS, "office"])}),
                st.fixed_dictionaries({"not_in": lists([*AREAS, "office"])}),
            )
        )
        policy["articles"] = draw(st.just("all") | selectors(nested=True))
        if draw(st.booleans()):
            policy["effective"] = draw(st.lists(windows(), min_size=1, max_size=2))
        policy["do"] = draw(st.lists(actions(), min_size=1, max_size=3))
        found.append(policy)
    return found


@st.composite
def selectors(draw: st.DrawFn, *, nested: bool) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "slugs": lists(["one", "eins", "other"]),
        "sections": lists(["world", "local"]),
        "tags": lists(["courts", "health"]),
        "languages": lists(["en", "de"]),
        "published": st.sampled_from([{"from": "2026-01-01T00:00:00Z"}, {"until": "2026-01-01T00:00:00Z"}]),
        "translations": st.sampled_from(["true", "false"]),
    }
    found = draw(st.fixed_dictionaries({}, optional=optional))
    if nested and draw(st.booleans()):
        found["except"] = draw(selectors(nested=False))
    return found or {"sections": ["world"]}


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    days = sorted(draw(st.lists(st.integers(-3, 3), min_size=2, max_size=2, unique=True)))
    found: dict[str, Any] = {}
    which = draw(st.sampled_from(["from", "until", "both"]))
    zone = draw(st.sampled_from(["+00:00", "+02:00", "-11:30"]))
    for name, day in (("from", days[0]), ("until", days[1])):
        if which in (name, "both"):
            found[name] = (EPOCH + timedelta(days=day)).replace(tzinfo=None).isoformat() + zone
    if draw(st.booleans()):
        found["in"] = draw(lists(AREAS))
    return found


@st.composite
def actions(draw: st.DrawFn) -> dict[str, Any]:
    kind, value = draw(
        st.sampled_from(
            [
                ("notice", "warn"),
                ("notice", {"id": "warn", "place": "banner", "show": ["article", "listing"]}),
                ("notice", {"id": "other", "show": ["listing"]}),
                ("protect", "all"),
                ("protect", SOME_PROTECTION),
                ("protect", {"except": SOME_PROTECTION}),
                ("block", {"notice": "gone"}),
                ("block", {"notice": "other", "listing": "mark"}),
                ("redirect", {"to": "/away"}),
                ("redirect", {"to": "/far", "status": "307"}),
                ("withhold", {"parts": ["p3"], "notice": "gone"}),
                ("withhold", {"parts": ["p3", "p4"], "notice": "other"}),
                ("withhold", {"media": ["photo.jpg"], "notice": "gone"}),
                ("substitute", {"part": "p3", "with": "texts/t.md"}),
                ("substitute", {"title": "true", "with": "texts/t.md"}),
                ("headers", {"X-Robots-Tag": "noindex"}),
                ("headers", {"X-Robots-Tag": "noarchive", "TDM-Reservation": "1"}),
            ]
        )
    )
    found: dict[str, Any] = {kind: value}
    if draw(st.booleans()):
        found["certainty"] = draw(st.sampled_from(["anyone", *LEVELS[1:]]))
    return found


locations = st.fixed_dictionaries(
    {
        "standings": st.fixed_dictionaries({area: st.integers(0, 3) for area in [*AREAS, "office"]}),
        "registered": st.sampled_from([[], [], ["RU"]]),
    }
)
articles = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["en", "de", "ru"]),
        "section": st.sampled_from(["world", "local"]),
        "tags": lists(["courts", "health"], least=0),
        "year": st.sampled_from([2025, 2026]),
        "parts": lists(["p3", "p4"], least=0),
        "media": st.sampled_from([[], ["photo.jpg"]]),
    }
)
moments = st.integers(-100, 100).map(lambda hours: EPOCH + timedelta(hours=hours))


def oracle(
    policies: list[dict[str, Any]], family: list[dict[str, Any]], here: dict[str, Any], door: str, now: datetime
) -> dict[str, Any]:
    """What must come of it. `family`: the article, then its original if it translates one."""
    page: dict[str, Any] = {"block": None, "redirect": None, "notices": {}, "protect": set(), "parts": {}, "media": {},
                            "subs": {}, "headers": {}, "social": {}, "place": False, "ends": []}  # fmt: skip
    for p in sorted(policies, key=lambda p: (-p.get("priority", 0), p["policy"])):
        if p["state"] == "off" or not meant(p["articles"], family):
            continue
        spans = [(moment(w.get("from")), moment(w.get("until")), w.get("in")) for w in p.get("effective", [{}])]
        page["ends"] += [t for a, b, _ in spans for t in (a, b) if t is not None and t > now]
        running = [areas for a, b, areas in spans if (a is None or a <= now) and (b is None or now < b)]
        if p["state"] == "shadow" or not running:
            continue
        somewhere = p["readers"] != "all" or None not in running
        level = min(3 if None in running else max(best(areas, here) for areas in running), reads(p["readers"], here))
        for act in p["do"]:
            kind = next(name for name in act if name != "certainty")
            what = act[kind]
            need = act.get("certainty", DEFAULTS.get(kind, "confirmed"))
            shows = what.get("show", ["article"]) if kind == "notice" and isinstance(what, dict) else ["article"]
            if not touches(kind, what, shows, family[0], door):
                continue
            fetched = kind in ("notice", "protect") and door in ("feed", "json", "sitemap")
            if need != "anyone" and not fetched and somewhere:
                page["place"] = True
            if kind == "notice" and door == "html":
                page["social"].setdefault(what if isinstance(what, str) else what["id"], p["policy"])
            if need == "anyone" or fetched or level >= LEVELS.index(need):
                put(page, kind, what, p, family[0])
    return settle(page)


def put(page: dict[str, Any], kind: str, what: Any, p: dict[str, Any], art: dict[str, Any]) -> None:
    if kind == "notice":
        page["notices"].setdefault(
            *((what, "after-body") if isinstance(what, str) else (what["id"], what.get("place", "after-body")))
        )
    elif kind == "protect":
        everything = {"sharing", "liking", "commenting", "saving", "contacting", "donating", "subscribing", "embeds",
                      "third-party", "referrer", "storing"}  # fmt: skip
        page["protect"] |= (
            everything if what == "all" else set(what) if isinstance(what, list) else everything - set(what["except"])
        )
    elif kind == "block" and page["block"] is None:
        everyone = p["readers"] == "all" and not any("in" in w for w in p.get("effective", []))
        page["block"] = (410 if everyone else 451, what["notice"], what.get("listing", "omit"))
    elif kind == "redirect" and page["redirect"] is None:
        page["redirect"] = (int(what.get("status", 302)), what["to"])
    elif kind == "withhold":
        for part in what.get("parts", []):
            if part in art["parts"]:
                page["parts"].setdefault(part, what["notice"])
        for path in what.get("media", []):
            if path in art["media"]:
                page["media"].setdefault(path, what["notice"])
    elif kind == "substitute":
        page["subs"].setdefault("title" if "title" in what else f"part:{what['part']}", "Other words.")
    elif kind == "headers":
        for name, value in what.items():
            page["headers"].setdefault(name, value)


def settle(page: dict[str, Any]) -> dict[str, Any]:
    whole = {"status": 200, "to": None, "notices": page["notices"], "protect": page["protect"], "parts": page["parts"],
             "media": page["media"], "headers": page["headers"], "social": set(page["social"]), "block": page["block"],
             "subs": {k: v for k, v in page["subs"].items() if k.removeprefix("part:") not in page["parts"]}}  # fmt: skip
    if page["block"]:
        whole |= {"status": page["block"][0], "parts": {}, "media": {}, "subs": {}, "headers": {}}
    elif page["redirect"]:
        whole |= {"status": page["redirect"][0], "to": page["redirect"][1], "notices": {}, "parts": {}, "media": {},
                  "subs": {}, "headers": {}, "social": set()}  # fmt: skip
    return whole | {"place": page["place"], "until": min(page["ends"], default=None)}


def touches(kind: str, what: Any, shows: list[str], art: dict[str, Any], door: str) -> bool:
    if kind == "notice":
        return {
            "html": "article" in shows,
            "json": "article" in shows,
            "feed": True,
            "listing": "listing" in shows,
        }.get(door, False)
    if kind == "withhold":
        return bool(set(what.get("parts", [])) & set(art["parts"]) or set(what.get("media", [])) & set(art["media"]))
    return not (kind == "substitute" and "part" in what and what["part"] not in art["parts"])


def reads(readers: Any, here: dict[str, Any]) -> int:
    if readers == "all":
        return 3
    level = best(readers["in"], here) if "in" in readers else 3
    if "not_in" in readers:
        out = best(readers["not_in"], here)
        level = min(level, 3 if out == 0 else 1 if out == 1 else 0)
    return level


def best(areas: list[str], here: dict[str, Any]) -> int:
    level = max(here["standings"][area] for area in areas)
    realm = "RU" in areas and ({"UA", "held", "controlled_by(RU)"} & set(areas))
    return max(level, 2) if realm and "RU" in here["registered"] else level


def meant(wanted: Any, family: list[dict[str, Any]]) -> bool:
    if wanted == "all":
        return True
    along = wanted.get("translations", "true") == "true"
    art = family[0]
    slugs = {art["slug"]} | ({art["of"]} if along and art["of"] else set())
    if not any(fits(wanted, one, slugs if one is art else {one["slug"]}) for one in (family if along else family[:1])):
        return False
    if "languages" in wanted and art["language"] not in wanted["languages"]:
        return False
    return not ("except" in wanted and meant(wanted["except"], family))


def fits(wanted: dict[str, Any], art: dict[str, Any], slugs: set[str]) -> bool:
    year = datetime(2026, 1, 1, tzinfo=UTC)
    day = datetime(art["year"], 5, 1, tzinfo=UTC)
    span = wanted.get("published", {})
    return all(
        [
            "slugs" not in wanted or bool(slugs & set(wanted["slugs"])),
            "sections" not in wanted or art["section"] in wanted["sections"],
            "tags" not in wanted or bool(set(art["tags"]) & set(wanted["tags"])),
            "from" not in span or day >= year,
            "until" not in span or day < year,
        ]
    )


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def value(art: dict[str, Any], slug: str, of: str | None = None) -> Facts:
    return Facts(slug=slug, version="1", language=art["language"], section=art["section"], tags=frozenset(art["tags"]),
                 published=datetime(art["year"], 5, 1, tzinfo=UTC), translation_of=of, parts=frozenset(art["parts"]),
                 media=tuple(art["media"]))  # fmt: skip


def observed(decision: Decision) -> dict[str, Any]:
    done = decision.treatments
    return {
        "status": done.status,
        "to": done.forwarding.location if done.forwarding else None,
        "block": (done.refusal.status, done.refusal.notice.id, done.refusal.listing) if done.refusal else None,
        "notices": {due.id: due.place.value for due in done.notices},
        "protect": set(done.protect),
        "parts": {part: held.notice.id for held in done.withheld for part in held.parts},
        "media": {path: held.notice.id for held in done.withheld for path in held.media},
        "subs": dict(done.substitutes),
        "headers": dict(done.headers),
        "social": {due.id for due in done.social},
        "place": decision.depends_on_place,
        "until": decision.valid_until,
    }


def decide_written(
    written: list[dict[str, Any]], family: list[dict[str, Any]], here: dict[str, Any], door: str, now: datetime
) -> Decision:
    other = "---\ntitle: O\nself_conditional: true\n---\nIf so.\n"
    made = parse(
        files(*map(json.dumps, written), **{"texts/t.md": "Other words.", "notices/other/en.md": other})
    ).required()
    location = Location(
        standings={area: Standing(level) for area, level in here["standings"].items()},
        registered_holders=frozenset(here["registered"]),
    )
    original = value(family[1], "one") if len(family) > 1 else None
    facts = value(family[0], family[0]["slug"], family[0]["of"])
    return decide(made, facts, location, Door(door), now, original=original)


def family_of(art: dict[str, Any], original: dict[str, Any] | None) -> list[dict[str, Any]]:
    if original is None:
        return [art | {"slug": "one", "of": None}]
    return [art | {"slug": "eins", "of": "one"}, original | {"slug": "one", "of": None}]


@settings(max_examples=EXAMPLES, deadline=None)
@given(written_policies(), articles, st.none() | articles, locations, st.sampled_from(list(Door)), moments)
def test_every_decision_agrees_with_the_oracle(
    written: list[dict[str, Any]], art: dict[str, Any], original: dict[str, Any] | None, here: dict[str, Any],
    door: Door, now: datetime,
) -> None:  # fmt: skip
    family = family_of(art, original)
    decision = decide_written(written, family, here, door.value, now)
    assert observed(decision) == oracle(written, family, here, door.value, now)
    assert not any(reason.failed for reason in decision.trace)


@settings(max_examples=EXAMPLES, deadline=None)
@given(written_policies(), articles, locations, st.sampled_from(list(Door)), moments, st.integers(0, 200))
def test_no_decision_changes_before_it_says_that_it_may(
    written: list[dict[str, Any]], art: dict[str, Any], here: dict[str, Any], door: Door, now: datetime, later: int
) -> None:
    family = family_of(art, None)
    first = decide_written(written, family, here, door.value, now)
    then = now + timedelta(hours=later)
    if first.valid_until is not None and then >= first.valid_until:
        then = first.valid_until - timedelta(microseconds=1)
    second = decide_written(written, family, here, door.value, then)
    assert second == first


@settings(max_examples=EXAMPLES, deadline=None)
@given(written_policies(), articles, locations, locations, st.sampled_from(list(Door)), moments)
def test_fingerprints_are_equal_exactly_where_outcomes_are(
    written: list[dict[str, Any]],
    art: dict[str, Any],
    here: dict[str, Any],
    there: dict[str, Any],
    door: Door,
    now: datetime,
) -> None:
    family = family_of(art, None)
    one, other = (decide_written(written, family, place, door.value, now) for place in (here, there))
    shown = [{k: v for k, v in observed(d).items() if k not in ("place", "until")} for d in (one, other)]
    assert (one.fingerprint == other.fingerprint) == (shown[0] == shown[1])


@settings(max_examples=EXAMPLES, deadline=None)
@given(written_policies(), articles, locations, locations, st.sampled_from(list(Door)), moments)
def test_a_page_that_does_not_depend_on_place_is_the_same_everywhere(
    written: list[dict[str, Any]],
    art: dict[str, Any],
    here: dict[str, Any],
    there: dict[str, Any],
    door: Door,
    now: datetime,
) -> None:
    family = family_of(art, None)
    one, other = (decide_written(written, family, place, door.value, now) for place in (here, there))
    assert one.depends_on_place == other.depends_on_place
    if not one.depends_on_place:
        assert one.fingerprint == other.fingerprint
