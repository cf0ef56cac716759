"""The proofs merge in their own way, for all readers at once: held to what `decide` says of each reader apart."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.doors import Door
from gateway.policy.attribution import Items, attribute
from gateway.policy.decide import decide
from gateway.policy.dues import Dues
from gateway.policy.match import candidates
from gateway.policy.periods import Periods
from gateway.policy.standpoints import standpoints
from tests.policy.world import article, policies, policy

MOMENTS = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 10, 20, 30)]
REGIONS = ["RU", "UA", "UA-43", "DE", "EU", "held", "mirrors", "unknown", "controlled_by(RU)"]
DO = [
    "notice: warn",
    "notice: {id: warn, show: [listing]}",
    "protect: all",
    "protect: [sharing, embeds]",
    "block: {notice: gone}",
    "redirect: {to: https://a.example/x}",
    "withhold: {parts: [p3], notice: gone}",
    "withhold: {media: [photo.jpg], notice: gone}",
    "substitute: {part: p3, with: texts/a.md}",
    "substitute: {title: true, with: texts/a.md}",
    "headers: {X-Robots-Tag: noindex}",
]
WINDOWS = ["", "effective: [{from: 2026-11-10T00:00:00Z}]", "effective: [{in: [DE], until: 2026-11-20T00:00:00Z}]"]


@st.composite
def sets(draw: st.DrawFn) -> list[str]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        within = draw(st.lists(st.sampled_from(REGIONS), max_size=3, unique=True))
        not_in = draw(st.lists(st.sampled_from([*REGIONS, "office"]), max_size=2, unique=True))
        parts = [f"{word}: [{', '.join(names)}]" for word, names in (("in", within), ("not_in", not_in)) if names]
        readers = f"{{{', '.join(parts)}}}" if parts else "all"
        do = [
            f"{action}\n    certainty: {certainty}"
            for action in draw(st.lists(st.sampled_from(DO), min_size=1, max_size=3, unique=True))
            for certainty in [draw(st.sampled_from(["possible", "inside", "confirmed"]))]
        ]
        text = policy("x", name=f"p{number}", readers=readers, more=draw(st.sampled_from(WINDOWS)))
        text += f"priority: {draw(st.integers(0, 1))}\nstate: {draw(st.sampled_from(['active', 'active', 'shadow']))}\n"
        made.append(text.replace("  - x", "\n".join(f"  - {one}" for one in do)))
    return made


@settings(max_examples=150, deadline=None)
@given(sets(), st.sampled_from(MOMENTS))
def test_what_is_proven_of_all_readers_is_what_each_of_them_gets(texts: list[str], now: datetime) -> None:
    made = policies(*texts, **{"texts/a.md": "Another text."})
    facts = article()
    meant = candidates(made, facts)
    points = standpoints(made)
    _, open_now = next(Periods(made, now).of(meant, later=False))
    outcome = attribute(Items().of(meant, facts), open_now, Dues(points))
    for number, reader in enumerate(points.readers):
        bit = 1 << number
        treatments = decide(made, facts, reader.location, Door.HTML, now).treatments
        expected = {
            *(("notice", due.id) for due in treatments.notices),
            *(("protect", what) for what in treatments.protect),
            *(("withhold", what) for held in treatments.withheld for what in held.parts | held.media),
            *(("substitute", target) for target, _ in treatments.substitutes),
            *(("header", name.lower()) for name, _ in treatments.headers),
            *([("block",)] if treatments.refusal else []),
            *([("redirect",)] if treatments.forwarding else []),
        }
        proven = {key[:2] for key, mask in outcome.treated.items() if mask & bit and key[2:] != ("listing",)}
        assert proven == expected, reader.label
