from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.page import StoredPage
from gateway.cache.seal import VALUE_LIMIT_BYTES, tags_in
from gateway.cache.signing import Codec
from tests.cache.conftest import KEY, page

CODEC = Codec(KEY)
PAGE = page("ferry", tags=("tag:sea",))
VALUE = CODEC.encode(PAGE)

WORDS = st.text(max_size=20).filter(lambda text: text.isprintable())
PAGES = st.builds(
    StoredPage,
    key=WORDS,
    status=st.integers(200, 599),
    content_type=WORDS,
    language=WORDS,
    bodies=st.fixed_dictionaries({"identity": st.binary(max_size=300)}, optional={"br": st.binary(max_size=100)}),
    etags=st.just({}),
    tags=st.lists(WORDS, max_size=4).map(tuple),
    notices=st.lists(WORDS, max_size=3).map(tuple),
).map(
    lambda made: StoredPage(
        **{**{name: getattr(made, name) for name in made.__slots__}, "etags": dict.fromkeys(made.bodies, '"e"')}
    )
)


@given(PAGES)
def test_a_page_comes_back_as_it_went(made: StoredPage) -> None:
    value = CODEC.encode(made)
    assert CODEC.decode(value, made.key) == (made, "")
    assert CODEC.decode(memoryview(value), made.key) == (made, "")
    assert tags_in(value) == frozenset(made.tags)


def test_what_comes_back_is_plain_bytes() -> None:
    found, _ = CODEC.decode(bytearray(VALUE), PAGE.key)
    assert found is not None
    assert {type(body) for body in found.bodies.values()} == {bytes}


@settings(max_examples=500)
@given(st.integers(0, len(VALUE) * 8 - 1))
def test_no_flipped_bit_is_ever_served(bit: int) -> None:
    damaged = bytearray(VALUE)
    damaged[bit // 8] ^= 1 << bit % 8
    found, why = CODEC.decode(bytes(damaged), PAGE.key)
    assert found is None
    assert why in ("schema", "signature")


def test_no_truncation_is_ever_served() -> None:
    for length in range(len(VALUE)):
        assert CODEC.decode(VALUE[:length], PAGE.key)[0] is None


@given(st.binary(max_size=400))
def test_no_foreign_bytes_are_served_and_none_raise(foreign: bytes) -> None:
    assert CODEC.decode(foreign, PAGE.key)[0] is None
    assert CODEC.decode(b"GWP1" + foreign, PAGE.key)[0] is None
    tags_in(foreign)
    tags_in(b"GWP1" + foreign)


def test_each_refusal_has_its_reason() -> None:
    assert CODEC.decode(b"", PAGE.key)[1] == "short"
    assert CODEC.decode(b"GWP0" + VALUE[4:], PAGE.key)[1] == "schema"
    assert CODEC.decode(pickle.dumps(PAGE.key * 20), PAGE.key)[1] == "schema"
    assert CODEC.decode(VALUE + b"x", PAGE.key)[1] == "signature"
    assert CODEC.decode(VALUE, "gw1:{ferry}:html:warned")[1] == "key"
    assert CODEC.decode(bytes(VALUE_LIMIT_BYTES + 1), PAGE.key)[1] == "large"
    assert Codec(b"another fleet's key").decode(VALUE, PAGE.key)[1] == "signature"


def test_a_value_that_we_signed_in_another_shape_is_refused() -> None:
    for bad in (
        {"etags": {}},
        {"bodies": {"br": b"x"}, "etags": {"br": '"e"'}},
    ):
        odd = StoredPage(**{**{name: getattr(PAGE, name) for name in PAGE.__slots__}, **bad})  # type: ignore[arg-type]
        assert CODEC.decode(CODEC.encode(odd), PAGE.key) == (None, "shape")
