"""Promise 1: the decision comes before the cache. No reader ever gets the page that was made for another region."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.geo.addresses import ADDRESSES
from tests.running import Answer, Running, gateway
from tests.sites import policy, write_content, write_policies

INSIDE = {"Moscow": {"RU"}, "Simferopol": {"RU", "UA-43", "UA"}, "Kyiv": {"UA"}, "Lagos": {"NG"}, "Minsk": {"BY"}}
"""The oracle's whole geography, written by hand: who is inside what. Some vendors print RU for Simferopol."""

REGIONS = ("RU", "UA-43", "UA", "NG", "BY")
NOTICES = ("first", "second", "third")
Rule = tuple[frozenset[str], str, bool]  # regions, notice, whether it blocks


def notices_in(answer: Answer) -> set[str]:
    return set(re.findall(r'data-notice="([a-z]+)"', answer.text))


def expected(rules: tuple[Rule, ...], city: str) -> tuple[int, list[str]]:
    """The plain oracle: a reader inside any of a rule's regions gets its notice, or its block. Notices stand in the
    policies' order, each once.
    """
    due = [(notice, blocks) for regions, notice, blocks in rules if regions & INSIDE[city]]
    refused = [notice for notice, blocks in due if blocks]
    return (451 if refused else 200), list(dict.fromkeys([*(one for one, blocks in due if not blocks), *refused[:1]]))


def as_policies(rules: tuple[Rule, ...]) -> list[str]:
    return [
        policy(
            f"rule-{number}",
            (f"block: {{notice: {notice}}}" if blocks else f"notice: {{id: {notice}}}") + "\n    certainty: inside",
            readers=f"{{in: [{', '.join(sorted(regions))}]}}",
            articles="{slugs: [harbour-opens], translations: false}",
            kind="order",
        )
        for number, (regions, notice, blocks) in enumerate(rules)
    ]


class Site:
    def __init__(self, running: Running, policies: Path) -> None:
        self.running, self.policies = running, policies

    def apply(self, rules: tuple[Rule, ...]) -> None:
        write_policies(self.policies, as_policies(rules) or [policy("none", "notice: {id: first}", state="off")])
        answer = self.running.admin("/reload", {"accept_removals": True})
        assert answer.status == 200, answer.text

    def read(self, city: str, etag: str = "") -> Answer:
        headers = {"If-None-Match": etag} if etag else {}
        return self.running.get("/articles/harbour-opens", headers, reader=ADDRESSES[city])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        policies = write_policies(
            root / "policies", [policy("none", "notice: {id: first}", state="off")], notices=NOTICES
        )
        with gateway(root, content=write_content(root / "content"), policies=policies) as running:
            yield Site(running, policies)


def rule(regions: str, notice: str) -> Rule:
    return frozenset(regions.split()), notice, False


rules = st.lists(
    st.tuples(st.frozensets(st.sampled_from(REGIONS), min_size=1, max_size=2), st.sampled_from(NOTICES), st.booleans()),
    max_size=3,
).map(tuple)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(rules=(rule("RU", "second"), rule("RU NG", "first"), rule("RU NG", "second")), order=["Lagos", "Moscow"])
@given(rules=rules, order=st.lists(st.sampled_from(sorted(INSIDE)), min_size=3, max_size=8))
def test_whatever_the_policies_and_the_order_each_reader_gets_their_own_page(
    site: Site, rules: tuple[Rule, ...], order: list[str]
) -> None:
    site.apply(rules)
    etags: dict[str, str] = {}
    for before, city in pairwise(["", *order]):
        status, due = expected(rules, city)
        plain = site.read(city)
        assert (plain.status, notices_in(plain)) == (status, set(due)), city
        etags[city] = plain.headers["etag"]
        if before:
            conditional = site.read(city, etags[before])
            same = expected(rules, before) == (status, due) and status == 200
            assert conditional.status == (304 if same else status), (before, city)
            if conditional.status != 304:
                assert notices_in(conditional) == set(due)


def test_in_every_order_of_five_cities_nobody_gets_a_neighbours_page(site: Site) -> None:
    rules = (
        (frozenset({"RU"}), "first", False),
        (frozenset({"UA-43"}), "second", False),
        (frozenset({"BY"}), "third", True),
    )
    for order in permutations(INSIDE):
        if order[0] != "Moscow":
            continue  # what is cached first differs enough by the other four
        site.apply(rules)
        for city in order:
            answer = site.read(city)
            status, due = expected(rules, city)
            assert (answer.status, notices_in(answer)) == (status, set(due)), (order, city)


def test_a_new_policy_for_one_country_makes_the_page_private_for_everyone_at_once(site: Site) -> None:
    site.apply(())
    assert site.read("Lagos").headers["cache-control"] == "public, max-age=60, must-revalidate"
    site.apply(((frozenset({"BY"}), "first", False),))
    for city in INSIDE:
        assert site.read(city).headers["cache-control"] == "private, no-cache", city
