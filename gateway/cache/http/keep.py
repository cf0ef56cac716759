"""May this response be stored, and what of it? RFC 9111, section 3. Pure."""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import urljoin

from gateway.cache.http import dates
from gateway.cache.http.directives import Directives, directives, names
from gateway.cache.http.profile import Profile
from gateway.cache.http.ranges import content_range
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import names_of
from gateway.cache.http.terms import HEURISTIC_STATUSES, control, date_of, terms_of
from gateway.cache.http.vary import selecting, vary_names
from gateway.content.message import Fields, Request, Response, hop_by_hop, values, without

UNDERSTOOD_STATUSES = HEURISTIC_STATUSES | {302, 303, 307, 400, 401, 403, 406, 409, 412, 415, 451, 500, 502, 503, 504}
"""Statuses whose every rule about caching is kept here, as must-understand asks (section 5.2.2.3)."""

GONE = frozenset({404, 410, 451})
"""What says that there is nothing here any more, or not for anyone: nothing older may answer in its place."""

DESCRIBES_THE_BODY = ("content-type", "content-encoding", "content-language")


def may_keep(request: Request, status: int, fields: Fields, profile: Profile) -> bool:
    """Whether a response may be stored, known from its head: section 3, point for point. No is final."""
    said, is_targeted = control(fields, profile)
    return (
        _method_allows(request, fields, said, profile)
        and _status_allows(status, fields, said, profile)
        and _sharing_allows(request, fields, said, profile)
        and vary_names(fields) is not None  # `*`: it would never be selected
        and _says_how_long(status, fields, said, is_targeted)
    )


def keep(
    request: Request, response: Response, requested_at: float, received_at: float, profile: Profile
) -> Stored | None:
    """The response as it may be stored; None where it may not (see `may_keep` and `as_stored`)."""
    if not may_keep(request, response.status, response.fields, profile):
        return None
    return as_stored(request, response, requested_at, received_at, profile)


def as_stored(
    request: Request, response: Response, requested_at: float, received_at: float, profile: Profile
) -> Stored | None:
    """A response that `may_keep` allows, as it is stored; None where its body forbids it. Moments are Unix seconds.

    The body must be whole: whoever read it has held it against its length (section 3.3). A 206 is stored where it has
    one range, and is that long.
    """
    partial = content_range(response) if response.status == 206 else None
    if response.status == 206 and not partial:
        return None
    kept = Response(response.status, response.reason, kept_fields(response.fields, received_at, profile), response.body)
    return Stored(
        uri=request.target,
        selected_by=selecting(vary_names(response.fields) or (), request, profile),
        response=kept,
        requested_at=requested_at,
        received_at=received_at,
        terms=terms_of(response.status, response.fields, requested_at, received_at, profile),
        digest=digest_of(kept),
        tags=names_of(request.target, response.fields),
        partial=partial,
    )


def supersedes(response: Response, selected: Stored | None) -> bool:
    """Whether what was stored for the target must go, even where this answer to a GET or HEAD may not be stored:
    all of it where nothing is there any more, the selected response where another came in its place.
    """
    return response.status in GONE or (selected is not None and 200 <= response.status < 400 and response.status != 304)


def kept_fields(fields: Fields, received_at: float, profile: Profile) -> Fields:
    """The fields that are stored (section 3.1): none of the connection's, none that no-cache or private names. Date is
    added where there is none that can be read (RFC 9110, section 6.6.1).
    """
    said, _ = control(fields, profile)
    kept = without(fields, hop_by_hop(fields) | names(said.get("no-cache")) | names(said.get("private")))
    dated = values(kept, "date")
    if dated and dates.parsed(dated[0], received_at) is not None:
        return kept
    return (*without(kept, ("date",)), ("Date", dates.written(date_of((), received_at))))


def digest_of(response: Response) -> str:
    """Names a status, a body, and the fields that describe the body (RFC 9110, section 8)."""
    summed = blake2b(response.body, digest_size=16)
    for name in DESCRIBES_THE_BODY:
        summed.update(f"\n{name}:{','.join(values(response.fields, name))}".encode("utf-8", "surrogatepass"))
    summed.update(b"\n%d" % response.status)
    return summed.hexdigest()


def _method_allows(request: Request, fields: Fields, said: Directives, profile: Profile) -> bool:
    """GET, and a POST whose answer names itself as what GET would answer (RFC 9110, section 9.3.3)."""
    if request.method == "GET":
        return True
    if request.method != "POST" or not profile.keeps_posts:
        return False
    here = values(fields, "content-location")
    says_how_long = {"max-age", "s-maxage"} & said.keys() or values(fields, "expires")
    return bool(says_how_long) and [urljoin(request.target, where.strip(" \t")) for where in here] == [request.target]


def _status_allows(status: int, fields: Fields, said: Directives, profile: Profile) -> bool:
    if not 200 <= status <= 999 or status == 304 or (status == 206 and not values(fields, "content-range")):
        return False
    if "must-understand" in said:
        return status in UNDERSTOOD_STATUSES  # and then no-store is passed over (section 5.2.2.3)
    return "no-store" not in said and (status < 500 or profile.keeps_failures)


def _sharing_allows(request: Request, fields: Fields, said: Directives, profile: Profile) -> bool:
    """What a shared cache may not keep of one reader's: private, Authorization (section 3.5), no-store on request."""
    if "private" in said and not names(said["private"]):
        return False
    if values(request.fields, "authorization") and not {"must-revalidate", "public", "s-maxage"} & said.keys():
        return False
    if "no-store" in directives(values(request.fields, "cache-control")):
        return False
    return profile.keeps_cookies or not values(fields, "set-cookie")


def _says_how_long(status: int, fields: Fields, said: Directives, is_targeted: bool) -> bool:
    if {"public", "max-age", "s-maxage"} & said.keys() or status in HEURISTIC_STATUSES:
        return True
    return not is_targeted and bool(values(fields, "expires"))
