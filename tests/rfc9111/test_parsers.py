"""Each parser, with whatever an origin or a reader may write: it never fails, and reads back what was meant."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.http import dates
from gateway.cache.http.answer import answer
from gateway.cache.http.directives import MOST_SECONDS, UNREADABLE, delta_seconds, directives, names, seconds
from gateway.cache.http.invalidate import invalidated
from gateway.cache.http.keep import keep
from gateway.cache.http.members import members
from gateway.cache.http.profile import NEWSROOM, RFC9111
from gateway.cache.http.ranges import Part, content_range, joined_bodies, wanted_part
from gateway.cache.http.recall import Serve, on_error, recall, validating
from gateway.cache.http.structured import strings
from gateway.cache.http.targeted import targeted
from gateway.cache.http.terms import terms_of
from gateway.cache.http.update import combined, head_updated, refreshed
from gateway.cache.http.validators import same_strong, same_weak
from gateway.cache.http.vary import selecting
from gateway.content.message import Request, Response, hop_by_hop
from tests.rfc9111.world import NOON, ORIGIN

LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
TOKEN = st.text("abcdefgh-!#$%&'*+.^_`|~019", min_size=1, max_size=8)
QUOTED = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=12)
WORDS = st.sampled_from(
    ["max-age", "s-maxage", "no-cache", "no-store", "private", "public", "must-revalidate", "stale-if-error=9", "=60", '="a,', 'b"', ",", ";", "=", '"', "\\", "*", "W/", '"1"', "bytes=0-4", "bytes", "0-4/10", "GMT", "Thu,", "18", "Aug", "2050", "02:01:18", "GMT", "0", "-1", "2147483648", "https://cms.example/a", "../b"]
)  # fmt: skip
SOUP = st.lists(WORDS | LATIN, max_size=8).map(" ".join)
NAMES = st.sampled_from(
    ["Cache-Control", "CDN-Cache-Control", "Expires", "Date", "Age", "Last-Modified", "ETag", "Vary", "Content-Range", "Range", "If-Range", "If-None-Match", "If-Modified-Since", "Connection", "Set-Cookie", "Authorization", "Pragma", "Location", "Cache-Groups", "Cache-Group-Invalidation", "Cache-Tag", "Surrogate-Key", "Content-Length", "Accept-Language", "Foo"]
)  # fmt: skip
FIELDS = st.lists(st.tuples(NAMES, SOUP), max_size=8).map(tuple)


@settings(deadline=None)
@given(
    st.lists(st.tuples(TOKEN, st.none() | TOKEN | st.tuples(QUOTED)), max_size=6),
    st.sampled_from([",", ", ", " ,\t", ", ,"]),
)
def test_directives_are_read_back_as_they_were_written(members: list[tuple[str, object]], comma: str) -> None:
    def written(name: str, value: object) -> str:
        if isinstance(value, tuple):
            escaped = value[0].replace("\\", "\\\\").replace('"', '\\"')
            return f'{name}="{escaped}"'
        return name if value is None else f"{name}={value}"

    expected: dict[str, object] = {}
    for name, value in members:
        expected.setdefault(name.lower(), value[0] if isinstance(value, tuple) else value)
    assert directives([comma.join(written(name, value) for name, value in members)]) == expected


@settings(deadline=None)
@given(
    SOUP | LATIN,
    st.sampled_from(["no-store", "no-store ", "NO-STORE=1", "no-store =x", 'no-store="a"', "no-store;q=1"]),
)
def test_a_prohibition_behind_a_comma_is_seen_whatever_stands_before_it(before: str, told: str) -> None:
    if before.count('"') % 2 == 0 and "\\" not in before:
        assert "no-store" in directives([f"{before},{told}"])


def test_a_quote_that_is_never_closed_swallows_no_prohibition() -> None:
    assert members('a, "b, c", "d, e') == ["a", '"b, c"', '"d', "e"]
    assert directives(['x="abc, no-store, max-age=60']).keys() == {"x", "no-store", "max-age"}
    assert directives(['no-cache="set-cookie, max-age=60'])["no-cache"] == UNREADABLE


@settings(deadline=None)
@given(st.lists(SOUP | LATIN, max_size=3))
def test_whatever_is_written_gives_names_in_small_letters_and_seconds_within_bounds(lines: list[str]) -> None:
    said = directives(lines)
    for name, value in said.items():
        assert name == name.lower()
        assert name
        found = seconds(said, name)
        assert found is None or 0 <= found <= MOST_SECONDS
        assert not names(value) & {"", UNREADABLE} or value == UNREADABLE


@settings(deadline=None)
@given(st.integers(0, 2**80), st.integers(0, 5))
def test_seconds_are_their_number_up_to_the_greatest(number: int, zeros: int) -> None:
    assert delta_seconds("0" * zeros + str(number)) == min(number, 2**31)


@settings(deadline=None)
@given(LATIN.filter(lambda text: not (text.isascii() and text.isdigit())))
def test_nothing_else_is_a_number_of_seconds(text: str) -> None:
    assert delta_seconds(text) is None


@settings(deadline=None)
@given(st.integers(86400, 32503593600).map(lambda moment: datetime.fromtimestamp(moment, UTC)))
def test_a_date_means_the_same_moment_in_each_of_its_forms(when: datetime) -> None:
    moment = when.timestamp()
    assert dates.parsed(dates.written(moment), NOON) == moment
    assert (
        dates.parsed(when.strftime("%a %b ") + f"{when.day:2d}" + when.strftime(" %H:%M:%S ") + str(when.year), NOON)
        == moment
    )
    near = dates.parsed(when.strftime("%A, %d-%b-%y %H:%M:%S GMT"), moment)
    assert near == moment, "seen from its own time"


@settings(deadline=None)
@given(
    SOUP | LATIN | st.from_regex(r"\A[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\Z"), st.floats(0, 4e9)
)
def test_any_text_is_a_date_or_none(text: str, now: float) -> None:
    found = dates.parsed(text, now)
    assert found is None or isinstance(found, float)


@settings(deadline=None)
@given(st.lists(SOUP | LATIN, max_size=3))
def test_structured_fields_are_read_or_passed_over(lines: list[str]) -> None:
    said = targeted(lines)
    assert said is None or all(value is None or isinstance(value, str) for value in said.values())
    assert all(isinstance(member, str) for member in strings(lines))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12) | st.none(), st.integers(0, 12) | st.none()), min_size=1, max_size=4),
    st.integers(0, 12),
)
def test_a_range_means_the_positions_that_a_reader_would_count(
    specs: list[tuple[int | None, int | None]], length: int
) -> None:
    line = "bytes=" + ",".join(f"{'' if a is None else a}-{'' if b is None else b}" for a, b in specs)
    found = wanted_part([line], length)
    if any((a is None and b is None) or (a is not None and b is not None and b < a) for a, b in specs):
        assert found is None
        return
    counted: set[int] = set()
    for a, b in specs:
        begin, end = (length - (b or 0), length) if a is None else (a, length if b is None else b + 1)
        counted |= set(range(length)) & set(range(begin, end))
    if not counted:
        assert found is False
    elif len(counted) == max(counted) - min(counted) + 1:
        assert found == Part(min(counted), max(counted))
    else:
        assert found is None


@settings(deadline=None)
@given(st.lists(SOUP | LATIN, max_size=2), st.integers(0, 100))
def test_any_text_is_a_range_or_none(lines: list[str], length: int) -> None:
    found = wanted_part(lines, length)
    assert found is None or found is False or (isinstance(found, Part) and 0 <= found.first <= found.last < length)
    said = content_range(Response(206, "", tuple(("Content-Range", line) for line in lines), b"x" * length))
    assert said is None or said[1] - said[0] + 1 == length


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=30), st.data())
def test_parts_of_one_thing_join_to_what_it_is(whole: bytes, data: st.DataObject) -> None:
    ends = st.integers(0, len(whole))
    a, b = sorted((data.draw(ends), data.draw(ends)))
    c, d = sorted((data.draw(ends), data.draw(ends)))
    joined = joined_bodies(whole[a:b], a, whole[c:d], c)
    if max(a, c) <= min(b, d):
        assert joined == (min(a, c), whole[min(a, c) : max(b, d)])
    else:
        assert joined is None


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=9), st.integers(0, 7), st.integers(1, 255))
def test_parts_that_differ_where_they_overlap_do_not_join(whole: bytes, where: int, by: int) -> None:
    where %= len(whole)
    other = bytearray(whole)
    other[where] ^= by
    assert joined_bodies(whole, 0, bytes(other), 0) is None


@settings(deadline=None)
@given(
    st.lists(TOKEN, min_size=1, max_size=5), st.lists(st.sampled_from(["", " ", "\t ", ","]), min_size=10, max_size=10)
)
def test_whitespace_and_lines_never_tell_two_requests_apart(members: list[str], spaces: list[str]) -> None:
    padded = [f"{spaces[2 * at % 10]}{member}{spaces[(2 * at + 1) % 10]}" for at, member in enumerate(members)]
    plain = selecting(["foo"], Request("GET", "/", (("Foo", ",".join(members)),)), RFC9111)
    assert selecting(["foo"], Request("GET", "/", (("Foo", ",".join(padded)),)), RFC9111) == plain
    assert selecting(["foo"], Request("GET", "/", tuple(("foo", member) for member in padded)), RFC9111) == plain


@settings(deadline=None)
@given(st.lists(TOKEN, max_size=3), st.lists(TOKEN, max_size=3))
def test_different_members_do(one: list[str], other: list[str]) -> None:
    first, second = (
        selecting(["foo"], Request("GET", "/", tuple(("foo", member) for member in each)), RFC9111)
        for each in (one, other)
    )
    assert (first == second) is (one == other)


@settings(max_examples=400, deadline=None)
@given(
    FIELDS, FIELDS, FIELDS, FIELDS, st.sampled_from(["GET", "HEAD", "POST"]), st.integers(200, 999) | st.sampled_from([200, 206]),
    st.binary(max_size=6), st.floats(-10, 1e6), st.sampled_from([RFC9111, NEWSROOM]),
)  # fmt: skip
def test_whatever_comes_has_an_answer_and_what_is_fresh_is_young(
    asked, told, again, confirmed, method, status, body, later, profile  # noqa: ANN001
) -> None:  # fmt: skip
    request, response = Request("GET", "/a", asked), Response(status, "", told, body)
    stored = keep(request, response, NOON, NOON + 1, profile)
    now, other = NOON + later, Request(method, "/a", again)
    terms = terms_of(status, told, NOON, NOON + 1, profile)
    assert terms.age >= 1
    assert terms.lifetime is None or terms.lifetime >= 0
    assert isinstance(invalidated(Request("PUT", "/a", asked), response, ORIGIN), frozenset)
    assert hop_by_hop(told)
    if stored is None:
        return
    verdict = recall(other, [stored], now, profile)
    if isinstance(verdict, Serve):
        assert not stored.invalid
        assert verdict.stale or stored.age(now) < (stored.terms.lifetime or 0)
        assert not (verdict.stale and stored.terms.no_stale)
        sent = answer(other, stored, now)
        assert sent.status in (status, 200, 206, 304, 416)
        assert body.find(sent.body) >= 0
    for answered in (None, 503):
        instead = on_error(other, stored, now, profile, answered=answered)
        assert instead is None or not stored.terms.no_stale
    validating(other, stored)
    same_strong(told, confirmed, now)
    same_weak(told, confirmed)
    update = Response(304, "", confirmed, b"")
    new = refreshed(other, stored, update, now, now, profile)
    assert new is None or new.response.body == body
    assert head_updated(other, stored, update, now, now, profile).response.body == body
    combined(other, stored, Response(206, "", confirmed, body), now, now, profile)
