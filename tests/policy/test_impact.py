"""What a change would have done is counted from records alone, and what a record cannot show is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.content.article import Facts
from gateway.geo.region import Place
from gateway.policy.impact import Impact, Recorded, Replay, unforeseen
from gateway.policy.model import PolicySet
from tests.policy.world import NOW, article, policies, policy

HOUR = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOTHING = policies(policy("notice: warn", name="other", articles="{slugs: [none-such]}"))
WARN = policies(policy("notice: warn"))
WARN_REGION = policies(policy("notice: warn", readers="{in: [held]}"))
BLOCK = policies(
    policy("block: {notice: gone}", readers="{in: [DE]}", more="basis: [{kind: order, authority: A court}]")
)


@dataclass(frozen=True)
class Library:
    """As much of an index as a replay asks for."""

    facts: dict[str, Facts] = field(default_factory=lambda: {"a": article()})


def readings(count: int, *places: str, **more: object) -> Recorded:
    """Readings on the evidence of sources that say `RU` or `UA/UA-43`."""
    evidence = tuple(
        Place(f"source-{n}", place.partition("/")[0], place.partition("/")[2] or None) for n, place in enumerate(places)
    )
    recorded = Recorded(HOUR, "a", "1", "html", evidence, "" if places else "no-record", (), count)
    return replace(recorded, **more)  # type: ignore[arg-type]


def impact(old: PolicySet, new: PolicySet, *recorded: Recorded, at: datetime = NOW, **library: Facts) -> Impact:
    replay = Replay(old, new, Library(library or {"a": article()}), at)  # type: ignore[arg-type]
    for cell in recorded:
        replay.add(cell)
    return replay.impact


def test_readings_are_counted_by_treatment_and_region() -> None:
    found = impact(NOTHING, WARN, readings(30, "RU"), readings(20, "RU", "DE"), readings(50, "NG"), readings(11))
    assert (found.readings, found.replayed, found.otherwise) == (111, 111, 61)
    assert found.gained[("notice:warn", "RU:confirmed")] == 30
    assert found.gained[("notice:warn", "RU:inside")] == 20
    assert found.gained[("notice:warn", "unknown")] == 11
    assert not found.gone
    assert not found.lost


def test_what_readers_lose_is_told_apart_from_what_they_gain() -> None:
    found = impact(WARN, NOTHING, readings(30, "RU", treatments=("notice:warn",)))
    assert found.gone[("notice:warn", "RU:confirmed")] == 30
    assert not found.gained
    assert not found.uncertain


def test_a_territory_is_recognised_in_the_record_as_it_was_in_the_request() -> None:
    found = impact(NOTHING, WARN_REGION, readings(20, "RU/UA-43"), readings(30, "UA/UA-30"), readings(40, "UA"))
    assert found.otherwise == 60
    assert found.gained[("notice:warn", "held:confirmed")] == 20
    assert found.gained[("notice:warn", "held:possible")] == 40


def test_a_block_needs_in_the_replay_the_certainty_that_it_needs_in_force() -> None:
    found = impact(NOTHING, BLOCK, readings(30, "DE"), readings(40, "DE", "AT"), readings(50))
    assert found.otherwise == 30


def test_the_same_treatments_in_other_words_are_an_answer_otherwise() -> None:
    other = policies(
        policy("notice: warn"), **{"notices/warn/en.md": "---\ntitle: X\nself_conditional: true\n---\nIf.\n"}
    )
    found = impact(WARN, other, readings(30, "RU", treatments=("notice:warn",)))
    assert found.gained[("in other words", "RU:confirmed")] == 30


def test_what_cannot_be_replayed_is_counted_by_its_reason() -> None:
    found = impact(
        NOTHING,
        WARN,
        readings(12, "RU", article="*"),
        readings(13, "RU", article="gone-since"),
        readings(14, "RU", door="telex"),
        readings(15, "RU", version="0"),
    )
    assert found.lost == {"merged": 12, "no-article": 13, "no-door": 14}
    assert (found.readings, found.replayed, found.otherwise) == (54, 15, 15)
    assert found.uncertain == {"article-edited": 15}


def test_a_record_that_the_old_set_would_not_have_made_is_said() -> None:
    found = impact(NOTHING, WARN, readings(30, "RU", treatments=("notice:gone",)))
    assert found.uncertain == {"recorded-otherwise": 30}
    assert found.otherwise == 30


def test_policies_that_changed_within_the_hour_explain_what_was_recorded() -> None:
    starts = f'effective: [{{from: "{(HOUR + timedelta(minutes=20)).isoformat()}"}}]'
    late = policies(policy("notice: warn", more=starts))
    recorded = [readings(30, "RU"), readings(40, "RU", treatments=("notice:warn",))]
    assert not impact(late, WARN, *recorded).uncertain


def test_policies_are_compared_as_they_stand_at_the_moment_asked_for() -> None:
    starts = 'effective: [{from: "2026-12-01T00:00:00Z"}]'
    late = policies(policy("notice: warn", more=starts))
    assert impact(NOTHING, late, readings(30, "RU")).otherwise == 0
    assert impact(NOTHING, late, readings(30, "RU"), at=NOW + timedelta(days=30)).otherwise == 30


def test_a_mirror_is_seen_where_the_recorded_treatments_betray_it() -> None:
    old = policies(policy("notice: warn", readers="{in: [mirrors]}"))
    new = policies(policy("notice: warn\nprotect: {except: [saving]}", readers="{in: [mirrors]}"))
    found = impact(old, new, readings(30, "NG", treatments=("notice:warn",)), readings(50, "NG"))
    assert found.otherwise == 30
    assert ("protect:sharing", "mirrors:possible") in found.gained
    assert not found.uncertain


def test_what_would_depend_on_a_network_is_replayed_as_from_none_and_counted() -> None:
    new = policies(policy("notice: warn", readers="{in: [office]}"))
    found = impact(NOTHING, new, readings(30, "NG"))
    assert found.otherwise == 0
    assert found.uncertain == {"networks-or-hosts": 30}


def test_a_policy_of_the_original_comes_along_with_its_translation() -> None:
    new = policies(policy("notice: warn", articles="{slugs: [a]}"))
    library = {"a": article(), "b": article("b", translation_of="a")}
    assert impact(NOTHING, new, readings(30, "RU", article="b"), **library).otherwise == 30


def test_what_acts_by_address_and_differs_is_said() -> None:
    correction = (
        "corrections:\n  - {network: 198.51.100.0/24, country: DE, reason: moved, until: '2027-01-01T00:00:00Z'}\n"
    )
    relays = "regions:\n  held: {wholly: [UA-43]}\n  relays: {networks: [203.0.113.0/24], kind: relay}\n"
    assert not unforeseen(WARN, NOTHING)
    assert (
        "corrections.yaml" in unforeseen(WARN, policies(policy("notice: warn"), **{"corrections.yaml": correction}))[0]
    )
    assert "relays" in unforeseen(WARN, policies(policy("notice: warn"), **{"regions.yaml": relays}))[0]
