"""What the servers are asked: rules on which shared caches differ, each told from outside, in requests and answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from email.utils import formatdate

from tests.origin.scripted import CUT, chunked, head, response
from tests.rfc9111.beside import Case, Seen, Step

PAUSE = 3.3
"""Seconds after which what was fresh for two is stale to everybody."""
BODY = b"0123456789"
FRESH, STALE, ETAG = "Cache-Control: max-age=600", "Cache-Control: max-age=2", 'ETag: "1"'
BASIC, PART = ("Authorization", "Basic eDp5"), "206 Partial Content"

Right = Callable[[Sequence[Seen]], bool]
Fields = Sequence[tuple[str, str]]


def ok(*fields: str, body: bytes = BODY, status: str = "200 OK") -> bytes:
    return response(body, status, *fields)


def day(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)


def reused(seen: Sequence[Seen]) -> bool:
    """The last answer came without the origin."""
    return seen[-1].heard is None and seen[-1].status == seen[0].status


def asked(seen: Sequence[Seen]) -> bool:
    """The origin was asked for the last answer."""
    return seen[-1].heard is not None


def hidden(seen: Sequence[Seen]) -> bool:
    """The first reader alone has the field."""
    return "x-user" in seen[0].fields and "x-user" not in seen[1].fields


def again(
    id: str, words: str, right: Right, *fields: str, first: Fields = (), then: Fields = (), after: float = 0
) -> Case:
    """A response, then the same request again."""
    steps = Step(ok(*fields), asks=tuple(first)), Step(ok(*fields, body=b"again"), asks=tuple(then), after=after)
    return Case(id, words, steps, right)


def validated(seen: Sequence[Seen]) -> bool:
    heard = seen[1].heard
    return heard is not None and heard.fields.get("if-none-match") == '"1"' and seen[1].body == BODY


def completed(seen: Sequence[Seen]) -> bool:
    heard = seen[1].heard
    return (
        heard is not None and heard.fields.get("range") == "bytes=5-" and (seen[1].status, seen[1].body) == (200, BODY)
    )


def part(first: int, last: int) -> Step:
    said = ok(FRESH, ETAG, f"Content-Range: bytes {first}-{last}/10", body=BODY[first : last + 1], status=PART)
    return Step(said, asks=(("Range", f"bytes={first}-{last}"),))


# fmt: off
def cases() -> list[Case]:
    """All of them; the dates in them are of this moment."""
    now = f"Date: {day(0)}"
    return [
        again("9111:4d", "what is stale is not reused without asking", asked, STALE, after=PAUSE),
        again("9111:4.2.3b", "a Date of two hours ago makes a response as old", asked, FRESH, f"Date: {day(-7200)}"),
        again("9111:4.2.3b", "an Age of two hours makes a response as old", asked, FRESH, "Age: 7200"),
        again("9111:4e", "Age is told of what was stored", lambda seen: seen[1].heard is None and int(seen[1].fields.get("age", 0)) >= 2, FRESH, now, after=2.2),
        again("9111:5.1a", "of two members of Age the first counts", reused, FRESH, "Age: 0, 7200"),
        again("9111:3f", "what one credential brought is nobody else's", asked, FRESH, first=[BASIC]),
        again("9111:5.2.2.9", "unless public allows it", reused, "Cache-Control: max-age=600, public", first=[BASIC]),
        again("9111:3.1b", "fields that Connection names are not stored", lambda seen: reused(seen) and "x-hop" not in seen[1].fields, FRESH, "Connection: X-Hop", "X-Hop: 1"),
        again("9111:5.2.2.4b", "fields that no-cache names are the first reader's", hidden, 'Cache-Control: max-age=600, no-cache="X-User"', "X-User: me"),
        again("9111:5.2.2.7b", "fields that private names are the first reader's", hidden, 'Cache-Control: max-age=600, private="X-User"', "X-User: me"),
        again("9111:4.1d", "`Vary: *` is never reused", asked, FRESH, "Vary: *"),
        again("9111:4.1d", "nor a star among others", asked, FRESH, "Vary: Foo, *"),
        again("9111:4.1a", "another value of what Vary names is another page", asked, FRESH, "Vary: Foo", first=[("Foo", "1")], then=[("Foo", "2")]),
        again("9111:4.1b", "two lines and one with a comma are the same to Vary (MAY)", reused, FRESH, "Vary: Foo", first=[("Foo", "1, 2")], then=[("Foo", "1"), ("Foo", "2")]),
        again("9111:4.1b", "and so is whitespace around members (MAY)", reused, FRESH, "Vary: Foo", first=[("Foo", "1,2")], then=[("Foo", "1 ,  2")]),
        Case("9111:4.3.1a", "validation sends the entity tag", [Step(ok(STALE, ETAG)), Step(head("304 Not Modified", ETAG, now), after=PAUSE)], validated),
        Case("9111:4.3.4c", "a 304 updates the stored fields",
             [Step(ok(STALE, ETAG, "A: old")), Step(head("304 Not Modified", ETAG, now, "A: new", FRESH), after=PAUSE), Step(ok(body=b"third"))],
             lambda seen: reused(seen) and [each.fields.get("a") for each in seen[1:]] == ["new", "new"]),
        Case("9111:4.3.4a", "a 304 that means another response is not taken for this one",
             [Step(ok(STALE, ETAG)), Step(head("304 Not Modified", 'ETag: "2"', now), after=PAUSE)], lambda seen: seen[1].body != BODY),
        Case("9111:4.3.2c", "If-None-Match comes before If-Modified-Since",
             [Step(ok(FRESH, ETAG, f"Last-Modified: {day(-50)}")), Step(ok(), asks=(("If-None-Match", '"1"'), ("If-Modified-Since", day(-9000))))],
             lambda seen: seen[1].status == 304 and seen[1].heard is None),
        Case("9111:4.4a", "a POST that succeeds leaves nothing stored of its target",
             [Step(ok(FRESH)), Step(ok(), method="POST"), Step(ok(FRESH, body=b"third"))], asked),
        Case("9111:4.4d", "one that fails leaves it as it is",
             [Step(ok(FRESH)), Step(ok(status="500 Oops"), method="POST"), Step(ok(FRESH, body=b"third"))], reused),
        Case("9111:4.4b", "what its Location names goes too (MAY)",
             [Step(ok(FRESH), target=".x"), Step(lambda heard: [ok(f"Location: {heard.target}.x")], method="POST"), Step(ok(FRESH), target=".x")], asked),
        again("9111:5.3a", "`Expires: 0` is past", asked, "Expires: 0", f"Last-Modified: {day(-99999)}"),
        again("9111:4.2e", "an Expires in another zone than GMT is past", asked, "Expires: Thu, 18 Aug 2050 02:01:18 UTC"),
        again("9111:4.2b", "an Expires in any case is understood", reused, "Expires: THU, 18 AUG 2050 02:01:18 gmt"),
        again("9111:5.2b", "what stands in quotes is no directive", asked, 'Cache-Control: x="max-age=600", max-age=0'),
        again("9111:4.2.1d", "a lifetime that cannot be read is none", asked, "Cache-Control: max-age=600x"),
        again("9111:5.2.2.10a", "s-maxage comes before max-age", reused, "Cache-Control: max-age=0, s-maxage=600"),
        again("9111:5.2.2.3", "must-understand lifts no-store", reused, "Cache-Control: max-age=600, no-store, must-understand"),
        again("5861:3a", "stale-while-revalidate answers at once", lambda seen: seen[1].body == BODY, "Cache-Control: max-age=2, stale-while-revalidate=600", after=PAUSE),
        Case("5861:3b", "and fetches the new one meanwhile",
             [Step(ok("Cache-Control: max-age=2, stale-while-revalidate=600")), Step(ok(FRESH, body=b"new"), after=PAUSE), Step(ok(body=b"third"), after=2)],
             lambda seen: [each.body for each in seen] == [BODY, BODY, b"new"]),
        again("5861:3c", "and not once its window has passed", lambda seen: seen[1].body == b"again", "Cache-Control: max-age=2, stale-while-revalidate=1", after=PAUSE + 1),
        *(Case(row, f"{told} forbids a stale answer, also when the origin fails",
               [Step(ok(f"Cache-Control: max-age=2, {told}")), Step([CUT], after=PAUSE), Step([CUT])],
               lambda seen: all(each.body != BODY and each.status in (0, 500, 502, 503, 504) for each in seen[1:]))
          for row, told in (("9111:5.2.2.2a", "must-revalidate"), ("9111:5.2.2.8", "proxy-revalidate"), ("9111:5.2.2.10b", "s-maxage=2"))),
        Case("5861:4a", "stale-if-error stands in for a 503",
             [Step(ok("Cache-Control: max-age=2, stale-if-error=600")), Step(ok(status="503 Oops", body=b"oops"), after=PAUSE)], lambda seen: seen[1].body == BODY),
        again("9213:2.2b", "CDN-Cache-Control comes before Cache-Control", asked, FRESH, "CDN-Cache-Control: no-store"),
        again("9213:2.2a", "also where it allows more", reused, "Cache-Control: no-store", "CDN-Cache-Control: max-age=600"),
        Case("9111:5.2.1.7", "only-if-cached is answered with 504", [Step(ok(FRESH), asks=(("Cache-Control", "only-if-cached"),))],
             lambda seen: seen[0].status == 504 and seen[0].heard is None),
        again("9111:5.2.1.4", "a request's no-cache is heeded (MAY)", asked, FRESH, then=[("Cache-Control", "no-cache")]),
        again("9111:5.4", "a request's Pragma: no-cache is heeded (MAY)", asked, FRESH, then=[("Pragma", "no-cache")]),
        again("9111:5.2.1.5", "nothing is stored of a request with no-store", asked, FRESH, first=[("Cache-Control", "no-store")]),
        Case("9111:3.3c", "a range is answered from the whole (MAY)", [Step(ok(FRESH)), Step(ok(), asks=(("Range", "bytes=2-4"),))],
             lambda seen: (seen[1].status, seen[1].body, seen[1].heard) == (206, b"234", None)),
        Case("9111:3.3c", "a stored part answers what lies within it (MAY)", [part(2, 7), part(3, 4)],
             lambda seen: (seen[1].status, seen[1].body, seen[1].heard) == (206, b"34", None)),
        Case("9111:3.4a", "and is completed by what is missing (MAY)", [part(0, 4), Step(part(5, 9).says)], completed),
        Case("9111:3.1e", "a response with trailers arrives, and they do not become header fields",
             [Step([head("200 OK", FRESH, "Transfer-Encoding: chunked", "Trailer: X-Trail"), chunked(BODY, end=b"0\r\nX-Trail: 1\r\n\r\n")]), Step(ok(body=b"again"))],
             lambda seen: seen[1].body == BODY and all("x-trail" not in each.fields for each in seen)),
        Case("9111:3g", "any final status with explicit freshness may be stored (MAY)", [Step(ok(FRESH, status="299 Odd")), Step(ok(status="299 Odd"))], reused),
        Case("9111:3g", "up to 999 (MAY)", [Step(ok(FRESH, status="799 Odd")), Step(ok(status="799 Odd"))], reused),
        again("9211:2b", "Cache-Status says what was done (MAY)", lambda seen: "hit" in seen[1].fields.get("cache-status", ""), FRESH),
    ]
# fmt: on
