from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.codings import PREFERENCE, choose_coding, encode_best, encode_bodies, etag_for, etag_matches
from tests.cache.conftest import PROSE

BODY = b"<p>The ferry did not come.</p>" * 200


@pytest.mark.parametrize("encode", [encode_bodies, lambda body: encode_best(encode_bodies(body))])
def test_each_coding_decodes_to_the_same_bytes(encode: Callable[[bytes], Mapping[str, bytes]]) -> None:
    bodies = encode(BODY)
    assert set(bodies) == set(PREFERENCE)
    assert bodies["identity"] == BODY
    assert gzip.decompress(bodies["gzip"]) == BODY
    assert brotli.decompress(bodies["br"]) == BODY
    assert zstandard.ZstdDecompressor().decompress(bodies["zstd"]) == BODY


def test_the_best_codings_are_never_larger_and_brotlis_is_smaller() -> None:
    quick, best = encode_bodies(PROSE), encode_best(encode_bodies(PROSE))
    assert all(len(best[coding]) <= len(quick[coding]) for coding in PREFERENCE)
    assert len(best["br"]) < 0.95 * len(quick["br"])


def test_browsers_can_decode_zstd_at_any_size() -> None:
    body = b" ".join(b"%d" % number for number in range(1_200_000))
    assert len(body) > 8 * 2**20
    frame = zstandard.get_frame_parameters(encode_bodies(body)["zstd"])
    assert frame.window_size <= 8 * 2**20  # RFC 9659, section 3


def test_the_same_body_is_coded_to_the_same_bytes_so_that_strong_tags_are_true() -> None:
    assert encode_bodies(BODY) == encode_bodies(BODY)


def test_a_coding_that_saves_nothing_is_not_kept() -> None:
    assert set(encode_bodies(b"short")) == {"identity"}
    assert set(encode_bodies(b"")) == {"identity"}


def test_the_clients_wish_is_met_as_rfc_9110_has_it() -> None:
    cases = {
        None: "identity",
        "": "identity",
        "gzip": "gzip",
        "x-gzip": "gzip",
        "GZIP": "gzip",
        "br": "br",
        "gzip, deflate, br, zstd": "br",
        "gzip;q=1.0, br;q=0.5": "gzip",
        "gzip;q=0.5, identity": "identity",
        "gzip;q=0.1": "gzip",
        "gzip;q=0": "identity",
        "br;q=0, gzip;q=0.001": "gzip",
        "*": "br",
        "*;q=0.5, br;q=0": "zstd",
        "*;q=0, gzip": "gzip",
        "identity;q=0": "identity",
        "identity;q=0, *": "br",
        "identity;q=0, *;q=0": "identity",
        "*;q=0": "identity",
        "deflate, zstd": "zstd",
        "zstd, gzip": "zstd",
        "zstd;q=0, gzip": "gzip",
        "br;q=1.5": "identity",
        "br;q=0.1234, gzip": "gzip",
        "br ; q=1 , gzip ; Q=0.2": "br",
        "br;q=1, br;q=0": "identity",
        ",, ,gzip,": "gzip",
        "gzip;level=9": "identity",
        "\x00\xff": "identity",
    }
    assert {field: choose_coding(field) for field in cases} == cases


def test_what_was_not_made_is_not_chosen() -> None:
    assert choose_coding("br, gzip", ("gzip", "identity")) == "gzip"
    assert choose_coding("br", {"identity": b""}) == "identity"


CODINGS = st.sampled_from(["br", "zstd", "gzip", "identity", "*", "deflate"])
WEIGHTS = st.integers(0, 1000)


@given(st.dictionaries(CODINGS, WEIGHTS, min_size=1), st.sampled_from([", ", ",", " ,\t"]))
def test_nothing_refused_is_sent_and_nothing_liked_better_is_left(wish: dict[str, int], comma: str) -> None:
    chosen = choose_coding(comma.join(f"{name};q={weight / 1000:.3f}" for name, weight in wish.items()))

    def weight_of(coding: str) -> float:
        if coding in wish:
            return wish[coding]
        if "*" in wish:
            return wish["*"]
        return 0.5 if coding == "identity" else 0  # acceptable, but after all that is named with any weight

    best = max(weight_of(coding) for coding in PREFERENCE)
    assert weight_of(chosen) == best or (best == 0 and chosen == "identity")


@given(st.text())
def test_any_text_gets_some_coding(field: str) -> None:
    assert choose_coding(field) in PREFERENCE


def test_a_tag_tells_decision_bytes_and_coding_apart() -> None:
    tags = {
        etag_for(key, body, coding)
        for key in ("gw1:{a}:html:1", "gw1:{a}:html:2")
        for body in (b"x", b"y")
        for coding in ("identity", "br")
    }
    assert len(tags) == 8
    assert etag_for("k", b"x", "br").endswith('-br"')
    assert all(tag[0] == tag[-1] == '"' for tag in tags)


def test_if_none_match_is_a_list_a_star_or_weak() -> None:
    tag = '"abc-br"'
    for field in (
        '"abc-br"',
        'W/"abc-br"',
        '"x", "abc-br"',
        '"x" , W/"abc-br" ,',
        "*",
        " * ",
        ',"abc-br"',
        '"a,b", "abc-br"',
    ):
        assert etag_matches(field, tag), field
    for field in (
        "",
        "abc-br",
        '"abc"',
        '"abc-gzip"',
        '"x", "y"',
        '"abc-br',
        "**",
        '"abc-br" "x"',
        '"a" x, "abc-br"',
        'w/"abc-br"',
    ):
        assert not etag_matches(field, tag), field


OPAQUE = st.text(st.characters(codec="latin-1", exclude_characters='"\x7f', min_codepoint=0x23), max_size=12)


@given(st.lists(st.tuples(st.booleans(), OPAQUE), max_size=6), OPAQUE)
def test_a_tag_is_found_in_a_list_exactly_when_it_is_there(listed: list[tuple[bool, str]], opaque: str) -> None:
    field = ", ".join(f'{"W/" if weak else ""}"{text}"' for weak, text in listed)
    assert etag_matches(field, f'"{opaque}"') == (opaque in [text for _, text in listed])


@given(st.text())
def test_any_if_none_match_is_answered(field: str) -> None:
    etag_matches(field, '"abc"')


def test_a_long_list_takes_no_long_time() -> None:
    assert not etag_matches(", " * 100_000, '"abc"')
    assert not etag_matches('"a' * 50_000, '"abc"')
