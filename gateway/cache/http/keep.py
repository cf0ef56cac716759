"""May this response be stored, and what of it? RFC 9111, section 3. Pure."""

from __future__ import annotations

from hashlib import blake2b

from gateway.cache.http.directives import directives, names
from gateway.cache.http.profile import Profile
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import groups_of, tags_of
from gateway.cache.http.terms import HEURISTIC_STATUSES, control, terms_of
from gateway.cache.http.vary import selecting, vary_names
from gateway.content.message import Fields, Request, Response, hop_by_hop, values, without


def keep(
    request: Request, response: Response, requested_at: float, received_at: float, profile: Profile
) -> Stored | None:
    """The response as it may be stored; None where it may not. Moments are Unix seconds.

    The body must be whole: whoever read it has held it against its length (section 3.3).
    """
    if not _may_store(request, response, profile):
        return None
    named = vary_names(response.fields)
    if named is None:
        return None  # it would never be selected
    kept = Response(response.status, response.reason, kept_fields(response.fields, profile), response.body)
    return Stored(
        uri=request.target,
        selected_by=selecting(named, request),
        response=kept,
        requested_at=requested_at,
        received_at=received_at,
        terms=terms_of(response.status, response.fields, requested_at, received_at, profile),
        digest=digest_of(kept),
        tags=tags_of(response.fields),
        groups=groups_of(response.fields),
    )


def kept_fields(fields: Fields, profile: Profile) -> Fields:
    """The fields that are stored (section 3.1): none of the connection's, none that no-cache or private names."""
    said, _ = control(fields, profile)
    return without(fields, hop_by_hop(fields) | names(said.get("no-cache")) | names(said.get("private")))


def digest_of(response: Response) -> str:
    """Names a status, a body, and the fields that describe the body (RFC 9110, section 8)."""
    summed = blake2b(response.body, digest_size=16)
    for name in ("content-type", "content-encoding", "content-language"):
        summed.update(f"\n{name}:{','.join(values(response.fields, name))}".encode("utf-8", "surrogatepass"))
    summed.update(b"\n%d" % response.status)
    return summed.hexdigest()


def _may_store(request: Request, response: Response, profile: Profile) -> bool:
    """Section 3, point for point."""
    said, is_targeted = control(response.fields, profile)
    if request.method != "GET" or not 200 <= response.status <= 999 or response.status in (206, 304):
        return False
    if "no-store" in said and not ("must-understand" in said and response.status in HEURISTIC_STATUSES):
        return False
    if "must-understand" in said and response.status not in HEURISTIC_STATUSES:
        return False
    if "no-store" in directives(values(request.fields, "cache-control")):
        return False
    if "private" in said and not names(said["private"]):
        return False
    if values(request.fields, "authorization") and not {"must-revalidate", "public", "s-maxage"} & said.keys():
        return False
    if values(response.fields, "set-cookie") and not profile.keeps_cookies:
        return False
    if response.status >= 500 and not profile.keeps_failures:
        return False
    if {"public", "max-age", "s-maxage"} & said.keys() or response.status in HEURISTIC_STATUSES:
        return True
    return not is_targeted and bool(values(response.fields, "expires"))
