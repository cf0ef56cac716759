"""Standings where the rules meet: each row is one that a small fault in them gets wrong."""

from __future__ import annotations

import pytest

from gateway.geo.region import CONTROLLED_BY, UNKNOWN, Region, Standing, covers_realm, standing
from tests.geo.worlds import REGIONS, evidence

ODD = {
    **REGIONS,
    "RS": Region("RS", wholly=frozenset({"RS"})),
    "crimea-and-some-of-germany": Region("c", wholly=frozenset({"UA-43"}), partly=frozenset({"DE"})),
    "berlin-and-some-of-donetsk": Region("b", wholly=frozenset({"DE-BE"}), partly=frozenset({"UA-14"})),
    "held-and-ukraine": Region("h", wholly=REGIONS["held"].wholly | {"UA"}, partly=REGIONS["held"].partly),
    "some-of-ukraine": Region("s", partly=frozenset({"UA"})),
    "russia-and-ukraine": Region("r", wholly=frozenset({"RU", "UA"})),
    "berlin-russia-and-some-of-luhansk": Region("l", wholly=frozenset({"DE-BE", "RU"}), partly=frozenset({"UA-09"})),
}
EDGES = [
    ("RU", "DE", "outside", "bare RU leaves Crimea open, and nothing else"),
    ("RU, RU/RU-MOW", "UA", "outside", "another witness says which part of Russia"),
    ("RU/RU-MOW", "UA", "outside", "Moscow is not Crimea, nor therefore Ukraine"),
    ("UA, DE/DE-BE", "UA-43", "possible", "a part of Germany says nothing of which part of Ukraine"),
    ("RU/UA-43, UA/UA-40, RU, RU", "held", "confirmed", "both that know parts say so; bare RU abstains"),
    ("RU/UA-43, UA/UA-40, RU, RU", "held-and-ukraine", "confirmed", "confirmed without the country, so with it, too"),
    ("RU/UA-43, RU, RU", "crimea-and-some-of-germany", "confirmed", "confirmed in one member, whatever the others"),
    ("UA, DE/DE-BE", "berlin-and-some-of-donetsk", "confirmed", "bare UA abstains where it leaves a part open"),
    (
        "DE/DE-BE, UA",
        "berlin-russia-and-some-of-luhansk",
        "confirmed",
        "the same, beside a country of which both can say no",
    ),
    ("UA~RU", "russia-and-ukraine", "confirmed", "confirmed in Ukraine, so with Russia, too"),
    ("UA, UA/UA-30", "some-of-ukraine", "possible", "partly is never inside"),
    ("XK, RS, RS", "RS", "inside", "Kosovo is printed as Serbia: never confirmed"),
    ("RS", "RS", "confirmed", "Serbia"),
]


@pytest.mark.parametrize(("says", "region", "expected", "why"), EDGES, ids=[f"{s} on {r}" for s, r, *_ in EDGES])
def test_standings_where_the_rules_meet(says: str, region: str, expected: str, why: str) -> None:
    assert str(standing(ODD[region], evidence(says))) == expected, why


def test_standings_are_the_numbers_that_logs_and_memos_keep() -> None:
    assert {str(level): int(level) for level in Standing} == {"outside": 0, "possible": 1, "inside": 2, "confirmed": 3}


def test_who_holds_what_is_as_the_general_assembly_says() -> None:
    assert list(CONTROLLED_BY) == ["RU"]
    russia = CONTROLLED_BY["RU"]
    assert (russia.holder, russia.sovereign) == ("RU", "UA")
    assert russia.wholly == {"UA-43": "2014-03-18", "UA-40": "2014-03-18"}
    assert russia.partly == {
        "UA-09": "2014-04-07", "UA-14": "2014-04-07", "UA-23": "2022-02-24", "UA-65": "2022-02-24"
    }  # fmt: skip
    assert russia.source == "UN General Assembly resolutions 68/262 and ES-11/4"


def test_a_realm_is_covered_with_the_whole_sovereign_or_with_every_territory() -> None:
    russia, ukraine, held = REGIONS["RU"], REGIONS["UA"], REGIONS["held"]
    assert covers_realm([russia, ukraine], "RU")
    assert covers_realm([russia, held], "RU")
    assert not covers_realm([russia, REGIONS["UA-43"]], "RU")
    assert not covers_realm([ukraine, held], "RU")


def test_a_region_says_no_more_of_itself_than_it_was_told() -> None:
    bare = Region("bare", partly=frozenset({"UA-14"}))
    assert (bare.title, bare.kind, bare.as_of, bare.source) == ("", "", "", "")
    assert bare.geographic
    assert not Region("office").geographic
    assert UNKNOWN.title == "Readers whose place is unknown"


def test_a_plain_region_says_nothing_of_sovereigns_and_is_written_nowhere() -> None:
    plain = Region("x")
    assert (plain.sovereign, plain.controlled_by, plain.since, plain.line) == ("", "", "", 0)
    assert plain == Region("x", line=7), "where it was written is not what it means"
    assert plain != Region("x", since="2014-03-18")
