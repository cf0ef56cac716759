"""Standings: the truth table, and what must hold for any evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.geo.region import Place, Region, Standing, covers_realm, registered_holders, standing
from tests.geo.worlds import REGIONS, evidence

TRUTH = [
    # what the witnesses say                 region    standing     why
    ("RU",                                   "RU",     "confirmed", "a lone witness counts"),
    ("RU, RU",                               "RU",     "confirmed", "all say so"),
    ("RU, RU, UA",                           "RU",     "confirmed", "two of three"),
    ("RU, UA",                               "RU",     "inside",    "one of two is not more than half"),
    ("RU, UA",                               "UA",     "inside",    "nor for the other"),
    ("RU, DE, FR",                           "DE",     "inside",    "one of three"),
    ("DE, DE, FR",                           "DE",     "confirmed", "two of three"),
    ("FR",                                   "DE",     "outside",   "nobody says so"),
    ("",                                     "RU",     "possible",  "unknown may be anywhere"),
    ("",                                     "UA-43",  "possible",  "unknown may be anywhere"),
    # Crimea is one territory, whatever country the vendor prints
    ("RU/UA-43",                             "UA-43",  "confirmed", "DB-IP's coding"),
    ("UA/UA-43",                             "UA-43",  "confirmed", "MaxMind's coding"),
    ("RU/UA-43",                             "held",   "confirmed", "wholly held"),
    ("UA/UA-43",                             "held",   "confirmed", "wholly held"),
    ("RU/UA-43",                             "UA",     "confirmed", "a parent contains its children"),
    ("UA/UA-43",                             "UA",     "confirmed", "a parent contains its children"),
    ("RU/UA-43",                             "RU",     "inside",    "by that vendor, never confirmed"),
    ("RU/UA-43, RU, RU, RU",                 "RU",     "inside",    "never confirmed while one names Crimea"),
    ("UA/UA-43",                             "RU",     "outside",   "this vendor says Ukraine"),
    ("RU/UA-43, RU, RU, RU",                 "UA-43",  "confirmed", "bare RU abstains on subdivisions"),
    ("UA/UA-43, RU, RU, RU",                 "UA-43",  "confirmed", "the same, in the other coding"),
    ("RU/UA-43, RU",                         "UA-40",  "outside",   "the city database answers for bare RU"),
    ("UA/UA-43, RU",                         "UA-40",  "outside",   "the same, in the other coding"),
    ("RU/UA-43, RU",                         "UA",     "inside",    "RU is an answer about Ukraine"),
    ("UA/UA-43, RU",                         "UA",     "inside",    "the same, in the other coding"),
    ("RU/UA-43, RU",                         "realm",  "confirmed", "Russia or Crimea: both are in it"),
    ("UA, RU",                               "realm",  "inside",    "bare UA is an answer about Russia"),
    ("RU/UA-43, RU, RU",                     "mixed",  "confirmed", "a second member takes no certainty away"),
    ("UA/UA-43, RU, RU",                     "mixed",  "confirmed", "the same, in the other coding"),
    ("DE, FR",                               "union",  "confirmed", "for DE and FR together all agree"),
    ("DE, FR, NG",                           "union",  "confirmed", "two of three"),
    # partly held oblasts
    ("UA/UA-14",                             "held",   "possible",  "partly"),
    ("RU/UA-14",                             "held",   "possible",  "partly, under RU too"),
    ("UA/UA-14",                             "UA-14",  "confirmed", "the oblast itself"),
    ("UA/UA-14, UA/UA-43",                   "held",   "inside",    "one of two answers"),
    ("UA/UA-30",                             "held",   "outside",   "Kyiv is not held"),
    # Ukraine without subdivision
    ("UA",                                   "UA",     "confirmed", "the country is known"),
    ("UA",                                   "UA-43",  "possible",  "any part of Ukraine"),
    ("UA",                                   "held",   "possible",  "any part of Ukraine"),
    ("UA",                                   "RU",     "outside",   "Ukraine is not Russia"),
    ("UA, UA/UA-30",                         "held",   "outside",   "another witness answers with a subdivision"),
    ("UA, UA/UA-30",                         "UA-30",  "confirmed", "bare UA abstains"),
    ("UA, RU/UA-43",                         "UA-43",  "confirmed", "bare UA abstains, whatever country is printed"),
    ("UA, DE",                               "held",   "possible",  "another country is no subdivision"),
    # registered in Russia besides
    ("UA~RU",                                "RU",     "possible",  "a member of the union"),
    ("UA~RU",                                "held",   "possible",  "a member of the union"),
    ("UA~RU",                                "realm",  "inside",    "the union itself, never confirmed"),
    ("UA~RU, UA~RU",                         "realm",  "inside",    "never confirmed by registration alone"),
    # Russia without subdivision
    ("RU",                                   "UA-43",  "possible",  "Russia wholly controls it"),
    ("RU",                                   "UA-40",  "possible",  "Russia wholly controls it"),
    ("RU",                                   "UA-14",  "outside",   "partly controlled: bare RU says nothing of it"),
    ("RU",                                   "held",   "possible",  "Crimea may be meant"),
    ("RU",                                   "UA",     "possible",  "a parent contains its children"),
    ("RU/RU-MOW",                            "UA-43",  "outside",   "Moscow is not Crimea"),
    ("RU, RU/RU-MOW",                        "UA-43",  "outside",   "another witness answers with a subdivision"),
    ("RU/RU-MOW",                            "RU",     "confirmed", "a parent contains its children"),
    # a territory that others print under another country
    ("AL",                                   "AL",     "confirmed", "Albania"),
    ("XK, AL, AL",                           "AL",     "inside",    "Kosovo is AL in whois files: never confirmed"),
    ("XK",                                   "AL",     "outside",   "Kosovo is not Albania"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("says", "region", "expected", "why"), TRUTH, ids=[f"{s or 'nothing'} on {r}" for s, r, *_ in TRUTH]
)
def test_the_truth_table_of_standings(says: str, region: str, expected: str, why: str) -> None:
    assert str(standing(REGIONS[region], evidence(says))) == expected, why


CODES = ["RU", "RU/RU-MOW", "RU/UA-43", "UA/UA-43", "RU/UA-40", "UA/UA-40", "UA", "UA/UA-14", "RU/UA-14", "UA/UA-30"]
CODES += ["UA~RU", "DE", "FR", "XK", "AL"]
WITNESSES = st.lists(st.sampled_from(CODES), max_size=6).map(lambda codes: evidence(",".join(codes)))
ONE = st.sampled_from(CODES).map(lambda code: evidence(code)[0])
SOME_REGION = st.sampled_from(list(REGIONS.values()))


@given(WITNESSES, SOME_REGION)
def test_the_order_of_witnesses_does_not_matter(places: tuple[Place, ...], region: Region) -> None:
    assert standing(region, places) == standing(region, places[::-1])


@given(WITNESSES, SOME_REGION, ONE)
def test_an_added_database_never_confirms_a_reader_on_its_word_alone(
    places: tuple[Place, ...], region: Region, added: Place
) -> None:
    """Where others answered, and none of them put the reader inside, one more voice is not enough to be blocked."""
    before = [standing(region, (place,)) for place in places]
    of_subdivisions = added.subdivision in region.wholly
    others_answered = any(place.subdivision or not of_subdivisions for place in places)
    if others_answered and all(value < Standing.INSIDE for value in before):
        assert standing(region, (*places, added)) < Standing.CONFIRMED


@given(WITNESSES, SOME_REGION)
def test_both_codings_of_a_held_territory_give_the_same_standing(places: tuple[Place, ...], region: Region) -> None:
    """For every region that does not name RU itself: what is bare RU to a vendor is its own affair."""
    if "RU" in region.wholly:
        return

    def printed_under(country: str) -> tuple[Place, ...]:
        held = ("UA-43", "UA-40", "UA-14")
        return tuple(Place(p.source, country, p.subdivision) if p.subdivision in held else p for p in places)

    assert standing(region, printed_under("RU")) == standing(region, printed_under("UA"))


@given(WITNESSES, SOME_REGION)
def test_whoever_is_placed_in_a_region_by_someone_is_at_least_possible_there(
    places: tuple[Place, ...], region: Region
) -> None:
    if any(place.subdivision in region.wholly | region.partly or place.country in region.wholly for place in places):
        assert standing(region, places) >= Standing.POSSIBLE


@given(WITNESSES, SOME_REGION, SOME_REGION)
def test_a_larger_region_is_at_least_as_sure_as_a_part_of_it(
    places: tuple[Place, ...], region: Region, more: Region
) -> None:
    together = Region("together", wholly=region.wholly | more.wholly, partly=region.partly - more.wholly)
    assert standing(together, places) >= standing(region, places)


@given(WITNESSES)
def test_a_parent_is_at_least_as_sure_as_its_child_for_witnesses_who_name_subdivisions(
    places: tuple[Place, ...],
) -> None:
    named = tuple(place for place in places if place.subdivision)
    if named:
        assert standing(REGIONS["UA"], named) >= standing(REGIONS["UA-43"], named)


def test_the_complement_swaps_outside_and_inside_and_keeps_doubt() -> None:
    assert [level.complement() for level in Standing] == [
        Standing.CONFIRMED, Standing.POSSIBLE, Standing.OUTSIDE, Standing.OUTSIDE,
    ]  # fmt: skip


def test_a_list_covers_the_realm_only_with_the_country_and_every_territory() -> None:
    assert covers_realm([REGIONS["RU"], REGIONS["held"]], "RU")
    assert covers_realm([REGIONS["realm"]], "RU")
    assert not covers_realm([REGIONS["RU"], REGIONS["UA-43"]], "RU")
    assert not covers_realm([REGIONS["held"]], "RU")
    assert registered_holders(evidence("UA~RU, RU")) == {"RU"}
