"""What RFC 9111 and its companions require of a shared cache, in our words, a row each; and which test keeps which.

A row: where it stands, how binding it is, what it says. Tests are marked with the rows that they keep; the table in
`deploy/http-cache.md` is made of both, and a test holds it to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Requirement:
    """`id`: RFC and section, and a letter where there are several."""

    id: str
    level: str
    words: str


def keeps(*ids: str) -> Callable[[F], F]:
    """Mark a test with the rows that it keeps."""
    unknown = set(ids) - BY_ID.keys()
    if unknown:
        raise LookupError(f"no such requirement: {sorted(unknown)}")

    def mark(test: F) -> F:
        test.keeps = ids  # type: ignore[attr-defined]
        return test

    return mark


_ROWS = """
9111:1.2.2 | MUST | a number of seconds too great to hold counts as 2147483648, never as negative
9111:3a | MUST NOT | store a response to a method that the cache does not understand
9111:3b | MUST NOT | store a response that is not final
9111:3c | MUST NOT | store a 206, a 304, or one with must-understand, unless its status is understood
9111:3d | MUST NOT | store a response with no-store
9111:3e | MUST NOT | store a response with private, unless it names fields and goes without them
9111:3f | MUST NOT | store a response to a request with Authorization, unless a directive allows it
9111:3g | MUST NOT | store a response that neither says public, max-age, s-maxage or Expires nor has a status that is cacheable by heuristics
9111:3.1a | MUST | store all fields of a response, unknown ones included
9111:3.1b | MUST NOT | store the fields of one connection: Connection, what it names, and the like (RFC 9110, 7.6.1)
9111:3.1c | MUST NOT | store the fields that no-cache or private names
9111:3.1d | MUST NOT | store Proxy-Authenticate, Proxy-Authentication-Info, Proxy-Authorization
9111:3.1e | MUST NOT | combine trailer fields with header fields
9111:3.2a | MUST | on an update, replace stored fields by the new ones, and add those that are new
9111:3.2b | MUST | on an update, leave out what may not be stored, and Content-Length
9111:3.2c | SHOULD | leave out of an update nothing else but what the stored body's integrity needs
9111:3.3a | MUST | store an incomplete response only if it is marked as such
9111:3.3b | MUST NOT | store parts in range units that are not understood
9111:3.3c | MUST NOT | answer from a part, unless it has been completed or the request asks for nothing else
9111:3.3d | MUST NOT | send a part with any status but 206
9111:3.4a | MUST | combine parts only if they share a strong validator
9111:3.4b | MUST | on combining, update the stored fields from the new response
9111:3.5 | MUST NOT | answer another request from a response to one with Authorization, unless must-revalidate, public or s-maxage allows it
9111:4a | MUST NOT | reuse a response for another target
9111:4b | MUST NOT | reuse a response for a method that it does not answer
9111:4c | MUST NOT | reuse a response with no-cache without validating it
9111:4d | MUST NOT | reuse a response that is neither fresh, nor allowed to be stale, nor validated
9111:4e | MUST | generate Age, in place of any there is, where a stored response is used without validation
9111:4f | MUST | write unsafe requests through to the origin
9111:4g | MUST | use the most recent of several suitable responses, by Date
9111:4h | MUST | without a clock, validate upon every use (this cache has one; a clock that goes back makes nothing younger)
9111:4.1a | MUST NOT | use a response unless all request fields that Vary names match
9111:4.1b | MUST | match fields only up to whitespace, lines combined, and what their own definition calls the same
9111:4.1c | MUST | match an absent field with an absent one only
9111:4.1d | MUST | never match where Vary has a member `*`
9111:4.1e | SHOULD | prefer the most recent response that has Vary, where some have none
9111:4.2a | MUST | treat a response as fresh only while its lifetime is greater than its age
9111:4.2b | SHOULD | match dates without regard to case
9111:4.2c | MUST | take an Expires finer than the clock as the nearest time before it
9111:4.2d | MUST NOT | let local time zones influence age or expiry
9111:4.2e | SHOULD | take a date in another zone than GMT as invalid
9111:4.2.1a | MUST | take the lifetime from s-maxage, else max-age, else Expires less Date (or less the time of receipt)
9111:4.2.1b | SHOULD | of a value given more than once, use the first, or take the response as stale
9111:4.2.1c | SHOULD | honour the most restrictive of directives in conflict
9111:4.2.1d | SHOULD | take a response with unreadable freshness as stale
9111:4.2.2a | MUST NOT | use heuristics where there is an explicit time
9111:4.2.2b | MUST NOT | use heuristics but for statuses defined so, or where public says so
9111:4.2.3a | MUST | count Age from the moment the request was sent
9111:4.2.3b | MAY | take the greater of Date's and Age's account of a response's age
9111:4.2.4a | MUST NOT | send a stale response where a directive forbids it
9111:4.2.4b | MUST NOT | send a stale response unless disconnected, or allowed to by client, origin or configuration
9111:4.3.1a | MUST | send the stored entity tag on validation
9111:4.3.1b | SHOULD | send Last-Modified on validation
9111:4.3.1c | MUST | on validation by itself, send the request fields that Vary names
9111:4.3.2a | SHOULD | evaluate a reader's conditions on the stored 200 or 206 that can be reused
9111:4.3.2b | MUST NOT | evaluate conditions that are for an origin (If-Match, If-Unmodified-Since), or without a stored response
9111:4.3.2c | MUST | give If-None-Match precedence over If-Modified-Since
9111:4.3.2d | SHOULD | without Last-Modified, evaluate If-Modified-Since by Date, or by the time of receipt
9111:4.3.2e | MUST | evaluate If-Range before a part is sent
9111:4.3.2f | MUST NOT | send a part's entity tag in a union of conditions (this cache sends no unions)
9111:4.3.2g | MUST | answer 200 where the origin confirms a tag that the reader does not have
9111:4.3.3a | MUST | answer with the full response, where validation brings one
9111:4.3.3b | MAY | on a 5xx at validation, pass it on or act as if the origin failed
9111:4.3.4a | MUST NOT | update by a 304 whose strong validators are not the stored response's
9111:4.3.4b | MUST | by weak validators, update the stored response that matches; by none, the only one that can be meant
9111:4.3.4c | MUST | update the stored fields by the 304's
9111:4.3.5a | SHOULD | update or invalidate stored GET responses by a HEAD's 200
9111:4.3.5b | SHOULD | take a stored response as stale where a HEAD's validators or Content-Length differ
9111:4.3.5c | MUST | use the HEAD's fields for the update
9111:4.4a | MUST | invalidate the target when an unsafe or unknown method succeeds
9111:4.4b | MAY | invalidate what Location and Content-Location name
9111:4.4c | MUST NOT | invalidate what belongs to another origin
9111:4.4d | MUST NOT | invalidate anything when the answer is an error
9111:5.1a | SHOULD | of several members of Age, use the first
9111:5.1b | SHOULD | ignore an invalid Age
9111:5.2a | MUST | pass directives on, whatever they mean here
9111:5.2b | MUST | compare directives without case, and take arguments as token or quoted string
9111:5.2.1a | MUST NOT | generate quoted seconds (max-age, max-stale, min-fresh, s-maxage) where a token is due
9111:5.2.1.1 | MAY | heed a reader's max-age
9111:5.2.1.2 | MAY | heed a reader's max-stale
9111:5.2.1.3 | MAY | heed a reader's min-fresh
9111:5.2.1.4 | MAY | heed a reader's no-cache
9111:5.2.1.5 | MUST NOT | store anything of a request with no-store, nor of the response to it
9111:5.2.1.7 | SHOULD | answer only-if-cached from what is stored, or with 504
9111:5.2.2.1 | MUST | take a response as stale once its age passes max-age
9111:5.2.2.2a | MUST NOT | reuse a stale response with must-revalidate before it is validated
9111:5.2.2.2b | MUST | when disconnected, generate an error rather than reuse it; it SHOULD be 504
9111:5.2.2.3 | SHOULD | ignore no-store beside must-understand, where the status is understood
9111:5.2.2.4a | MUST NOT | use a response with no-cache without validation
9111:5.2.2.4b | MAY | use a response whose no-cache names fields, without these fields
9111:5.2.2.5 | MUST NOT | store, nor use for another request, a response with no-store
9111:5.2.2.6 | MUST NOT | transform a response with no-transform
9111:5.2.2.7a | MUST NOT | store a response with private
9111:5.2.2.7b | MUST NOT | store the fields that private names; the rest MAY be
9111:5.2.2.8 | MUST NOT | reuse a stale response with proxy-revalidate before it is validated
9111:5.2.2.9 | MAY | store a response with public that otherwise could not be
9111:5.2.2.10a | MUST | let s-maxage override max-age and Expires
9111:5.2.2.10b | MUST NOT | reuse a stale response with s-maxage before it is validated
9111:5.2.3 | MUST | ignore unknown directives
9111:5.3a | MUST | take an invalid Expires, `0` above all, as past
9111:5.3b | MUST | ignore Expires beside max-age or s-maxage
9111:5.4 | MAY | take Pragma: no-cache in a request without Cache-Control as no-cache
9111:5.5 | MUST | generate no Warning (obsolete)
5861:3a | MAY | send a stale response within stale-while-revalidate
5861:3b | SHOULD | refresh it meanwhile, without making anybody wait
5861:3c | SHOULD NOT | send it once that time has passed
5861:4a | MAY | send a stale response within stale-if-error on 500, 502, 503, 504 or no answer; as a request's directive too
5861:4b | SHOULD NOT | send it once it is more stale than that
5861:4c | SHOULD | leave it visibly stale, by Age
8246:2a | SHOULD | not validate a fresh immutable response at a reload; at no-cache, do
8246:2b | SHOULD | validate a stale immutable response as any other
9213:2.1a | MUST | ignore a targeted field that is empty or no structured dictionary
9213:2.1b | SHOULD NOT | consume a value of a type that its directive does not have
9213:2.1c | MUST | ignore parameters on directives
9213:2.2a | MUST | take the first valid, non-empty field in the order of the target list
9213:2.2b | MUST | then ignore Cache-Control and Expires
9213:2.2c | MUST NOT | be moved by targeted fields that are not on the list; they are passed through
9213:2.2d | MUST | implement max-age, must-revalidate, no-store, no-cache and private in a targeted field
9213:2.2e | SHOULD | implement there the other directives that Cache-Control has here
9213:2.4 | MUST NOT | know a targeted field by its suffix alone
9211:2a | SHOULD | preserve the members of caches before us, ours last
9211:2b | MUST | name ourselves by a token or a string
9211:2.2 | SHOULD | give the most specific reason for going forward
9875:2 | MUST | support 32 groups of 32 characters, compared with case
9875:2.2.1 | MAY | invalidate what shares a group, without going on from there
9875:3 | MUST | ignore Cache-Group-Invalidation on the answer to a safe method
"""

REQUIREMENTS = tuple(Requirement(*(part.strip() for part in row.split("|", 2))) for row in _ROWS.strip().splitlines())
BY_ID = {requirement.id: requirement for requirement in REQUIREMENTS}
