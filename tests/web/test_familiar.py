"""A head like one before is read as the recogniser reads it, or not at all; and nothing of a reader is kept for that."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.web.familiar import CUTS, HEADS_KEPT, Familiar, Read
from gateway.web.recognise import Head, Recogniser
from tests.web.conversations import HANDED_OVER, MALFORMED, heads
from tests.web.test_recognise import CLAIMS, INTERESTING, TAGS
from tests.web.wire import get

BROWSER = ("User-Agent: x", "Accept: text/html", "Accept-Encoding: gzip", "Connection: keep-alive")
FROM = (
    "X-Forwarded-For: 203.0.113.9",
    "CF-Ray: 8f1",
    "Cookie: session=whose",
    "Referer: http://news.example/articles/one",
)


def recognised(data: bytes, recogniser: Recogniser) -> Read | None:
    """What the recogniser says, in the familiar form."""
    head = recogniser.recognise(data)
    if head is None:
        return None
    return data.partition(b"\r\n")[0], head.host, shape(head), head.forwarded, head.condition, head.trace


def shape(head: Head) -> int:
    return hash((head.accept, head.codings))


def made(*learnt: bytes) -> Familiar:
    familiar = Familiar(Recogniser(CLAIMS).recognise, shape, CLAIMS)
    for head in learnt:
        familiar.learn(head)
    return familiar


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(heads(TAGS), min_size=1, max_size=3), st.data())
def test_what_is_familiar_is_read_as_the_recogniser_reads_it(sent: list[bytes], data: st.DataObject) -> None:
    recogniser, familiar = Recogniser(CLAIMS), made()
    for head in [*sent, *sent]:
        if recogniser.recognise(head) is not None:
            familiar.learn(head)
    for head in sent:
        changed = bytearray(head)
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.integers(0, len(changed) - 1))
            changed[place : place + data.draw(st.integers(0, 1))] = bytes(
                [data.draw(st.sampled_from(list(INTERESTING)))]
            )
        assert_alike(familiar, recogniser, head)
        assert_alike(familiar, recogniser, bytes(changed))


def assert_alike(familiar: Familiar, recogniser: Recogniser, head: bytes) -> None:
    """The first line is for whoever looks it up among those that were recognised; all else is judged here."""
    found = familiar.read(head)
    if found is not None:
        known = b"GET /articles/ferry HTTP/1.1" + head[len(found[0]) :]
        assert familiar.read(known) == recognised(known, recogniser), head


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_line_put_into_a_familiar_head_makes_it_another_request(data: st.DataObject) -> None:
    """The lines that are cut out, wherever they stand and whatever is put beside them."""
    plain = get("/articles/ferry", *BROWSER, *FROM, "If-None-Match: *")
    familiar, recogniser = made(plain, plain), Recogniser(CLAIMS)
    lines = plain.split(b"\r\n")
    odd = [*HANDED_OVER, *MALFORMED, *(line.encode() for line in FROM), b"If-None-Match: *", b"x-forwarded-for: 6.6.6.6",
           b"Cookie:", b"Cookie: \rx", b"Cookie: a\nb", b"CF-Ray:\x00", b""]  # fmt: skip
    for _ in range(data.draw(st.integers(1, 3))):
        lines.insert(data.draw(st.integers(1, len(lines))), data.draw(st.sampled_from(odd)))
    assert_alike(familiar, recogniser, b"\r\n".join(lines))


def test_a_browser_is_familiar_from_its_third_page_on_whoever_reads_and_whatever_page_it_comes_from() -> None:
    first = get("/articles/one", *BROWSER, *FROM)
    other = (
        "X-Forwarded-For: 198.51.100.7",
        "CF-Ray: 9a2",
        "Cookie: session=another",
        "Referer: http://elsewhere.example/",
    )
    familiar = made(first)
    assert familiar.read(first) is None
    familiar.learn(get("/articles/two", *BROWSER, *other))
    found = familiar.read(get("/articles/three", *BROWSER, *other))
    assert found == recognised(get("/articles/three", *BROWSER, *other), Recogniser(CLAIMS))


def test_no_address_and_no_cookie_is_kept() -> None:
    head = get("/articles/one", *BROWSER, *FROM, "X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9")
    familiar = made(head, head)
    assert familiar.read(head) is not None
    held = repr([familiar._heads, familiar._cuts, familiar._once])
    assert "203.0.113" not in held
    assert "whose" not in held
    assert "articles" not in held


def test_a_claim_that_stands_there_twice_however_spelt_is_left_to_the_recogniser() -> None:
    head = get("/articles/one", *BROWSER, "X-Forwarded-For: 203.0.113.9")
    lower = head.replace(b"X-Forwarded-For", b"x-forwarded-for")
    familiar = made(head, head, lower, lower)
    for second in (b"X-Forwarded-For: 6.6.6.6", b"x-forwarded-for: 6.6.6.6"):
        assert familiar.read(head.replace(b"User-Agent", second + b"\r\nUser-Agent")) is None


def test_a_line_behind_the_end_of_a_head_is_not_part_of_it() -> None:
    head = get("/articles/one", *BROWSER, FROM[2])
    familiar, without = made(head, head), get("/articles/one", *BROWSER)
    assert familiar.read(without) is not None
    for behind in (b"Cookie: a\r\n", b"\r\nCookie: a", b"Cookie: a\r\n\r\n", b"\r\nCookie: a\r\n", b"\r\n"):
        assert familiar.read(without + behind) is None


def test_a_flood_of_heads_fills_no_memory_and_shuts_nobody_out() -> None:
    familiar = made()
    for number in range(3 * HEADS_KEPT):
        for _ in range(2):
            familiar.learn(get("/articles/one", f"User-Agent: {number}", f"{'Cookie' if number % 2 else 'cookie'}: x"))
    assert len(familiar._heads) <= HEADS_KEPT
    assert len(familiar._cuts) <= CUTS
    for number in range(70_000):
        familiar.learn(get("/articles/one", f"User-Agent: once {number}"))
    assert len(familiar._once) <= 65_536
    head = get("/articles/one", *BROWSER)
    familiar.learn(head)
    familiar.learn(head)
    assert familiar.read(head) is not None
