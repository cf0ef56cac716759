"""How far a cache may go: exactly what the RFCs ask (`rfc9111`), or with a newsroom's cautions (`newsroom`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """The choices that RFC 9111 leaves to a shared cache, and the few in which a newsroom goes beyond it.

    `targets`: targeted fields that are heeded before Cache-Control, the most important first (RFC 9213, section 2.2).
    `heuristic_fraction`, `heuristic_limit_seconds`: freshness where nothing says it, as a share of the time since
    Last-Modified (RFC 9111, section 4.2.2); 0 switches it off. `keeps_cookies`: a response that sets a cookie is
    stored like any other (section 7.3). `keeps_failures`: a 5xx with explicit freshness is stored. `readers_may_ask`:
    a reader's no-cache, max-age, min-fresh and Pragma send a request to the origin (section 5.2.1: advisory).
    `stale_if_error_seconds`: how long past its freshness a response answers for an origin that fails, where the
    origin says nothing of it; an origin that says never is obeyed. `stale_beside_s_maxage`: an origin that writes
    s-maxage and stale-while-revalidate (or stale-if-error) together means both, though s-maxage alone forbids
    stale answers (section 5.2.2.10).
    """

    name: str
    targets: tuple[str, ...] = ("cdn-cache-control",)
    heuristic_fraction: float = 0.1
    heuristic_limit_seconds: int = 24 * 3600
    keeps_cookies: bool = True
    keeps_failures: bool = True
    readers_may_ask: bool = True
    stale_if_error_seconds: int = 0
    stale_beside_s_maxage: bool = False


RFC9111 = Profile("rfc9111")
NEWSROOM = Profile(
    "newsroom",
    heuristic_limit_seconds=60,
    keeps_cookies=False,
    keeps_failures=False,
    readers_may_ask=False,
    stale_if_error_seconds=24 * 3600,
    stale_beside_s_maxage=True,
)
PROFILES = {profile.name: profile for profile in (NEWSROOM, RFC9111)}
