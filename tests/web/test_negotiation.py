"""What a browser likes best is what it gets, where there is a choice: Accept and Accept-Language beside a second reading."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.articles import wants_json
from gateway.web.languages import preferred

OURS = ("en", "ru", "ar", "de")
THOUSANDTHS = st.integers(0, 1000)
CASES = st.sampled_from([str.lower, str.upper, str.title])
GAPS = st.sampled_from(["", " ", "\t"])


def weight(thousandths: int) -> str:
    return "1" if thousandths == 1000 else f"0.{thousandths:03}"


@given(THOUSANDTHS, THOUSANDTHS, CASES, GAPS, st.permutations(["application/json", "text/html", "image/avif", "*/*"]))
def test_json_is_sent_exactly_where_it_is_liked_better_than_html(
    json: int, html: int, case: object, gap: str, order: list[str]
) -> None:
    weights = {"application/json": json, "text/html": html, "image/avif": 1000, "*/*": 800}
    assert callable(case)
    field = f"{gap},{gap}".join(f"{case(kind)}{gap};{gap}q={weight(weights[kind])}" for kind in order)
    assert wants_json(field) == (json > html)


@pytest.mark.parametrize("bad", ["2", "1.1", "-1", "nan", "inf", "1e3", "0.0001", "1_0", "", "٠.5", "0x1", "1 0"])
def test_a_weight_that_is_none_leads_to_html(bad: str) -> None:
    assert not wants_json(f"application/json;q={bad}")
    assert not wants_json(f"application/json, text/html;q={bad}")


@given(st.text(max_size=60) | st.text("aplictonj/sq=.;, 01*", max_size=40).map("application/json;q=".__add__))
def test_no_accept_raises(field: str) -> None:
    assert wants_json(field) in (True, False)


@given(
    st.dictionaries(st.sampled_from([*OURS, "fr", "zh", "*"]), THOUSANDTHS, max_size=6),
    st.sampled_from(["", "-XX", "-Latn-XX"]),
    CASES,
    GAPS,
)
def test_the_language_that_is_liked_best_is_spoken_and_never_one_that_is_refused(
    wish: dict[str, int], region: str, case: object, gap: str
) -> None:
    assert callable(case)
    tags = {name: case(name if name == "*" else name + region) for name in wish}
    field = f"{gap},{gap}".join(f"{tags[name]}{gap};{gap}q={weight(value)}" for name, value in wish.items())
    spoken = preferred(field, OURS)
    liked = [name for name in OURS if wish.get(name, 0) > 0]
    best = max((wish[name] for name in liked), default=0)
    if best and best > wish.get("*", 0):
        assert wish[spoken] == best
    if any(name not in wish or wish[name] for name in OURS):
        assert wish.get(spoken) != 0


@given(st.text(max_size=80) | st.text("enruaq=;,.*-01 \t", max_size=60))
def test_any_field_leads_to_a_language_that_there_is(field: str) -> None:
    assert preferred(field, OURS) in OURS


def test_without_a_wish_the_first_language_is_spoken_and_a_bad_weight_is_passed_over() -> None:
    assert [preferred(field, OURS) for field in (None, "", ",", "*", "fr", "ru;q=2", "ru;q=nan")] == ["en"] * 7
    for first, second in product(OURS, OURS):
        assert preferred(f"{first}, {second}", OURS) == first
