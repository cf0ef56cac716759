"""How far a cache may go: exactly what the RFCs ask (`rfc9111`), or with a newsroom's cautions (`newsroom`)."""

from __future__ import annotations

from dataclasses import dataclass

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Profile:
    """The choices that RFC 9111 leaves to a shared cache, and the few in which a newsroom goes beyond it.

    `targets`: targeted fields that are heeded before Cache-Control, the most important first (RFC 9213, section 2.2).
    `heuristic_fraction`, `heuristic_limit_seconds`: freshness where nothing says it, as a share of the time since
    Last-Modified (RFC 9111, section 4.2.2); 0 switches it off. `keeps_cookies`: a response that sets a cookie is
    stored like any other (section 7.3). `keeps_failures`: a 5xx with explicit freshness is stored. `keeps_posts`: the
    answer to a POST is stored for GET where its Content-Location says that it may be (RFC 9110, section 9.3.3).
    `shares_with_credentials`: a request with Authorization may be answered with what others were told.
    `readers_may_ask`: a reader's no-cache, max-age, min-fresh and Pragma send a request to the origin (section 5.2.1:
    advisory). `whole_fills`: on a miss, a reader's conditions wait until the response is stored, so that it can be.
    `languages_unordered`: of languages liked equally well, their order in Accept-Language means nothing.

    `failures`: statuses that a stale response may stand in for. `stale_unreachable_seconds`, `stale_failing_seconds`:
    how long past its freshness it may do that, where the origin does not say, when the origin cannot be reached (RFC
    9111, section 4.2.4) or answers with one of those; `stale_limit_seconds`: however long the origin says.
    `stale_beside_s_maxage`: an origin that writes s-maxage with stale-while-revalidate or stale-if-error means both,
    though s-maxage alone forbids stale answers (section 5.2.2.10).
    """

    name: str
    targets: tuple[str, ...] = ("gateway-cache-control", "cdn-cache-control")
    heuristic_fraction: float = 0.1
    heuristic_limit_seconds: int = DAY_SECONDS
    keeps_cookies: bool = True
    keeps_failures: bool = True
    keeps_posts: bool = True
    shares_with_credentials: bool = True
    readers_may_ask: bool = True
    whole_fills: bool = False
    languages_unordered: bool = True
    failures: frozenset[int] = frozenset({500, 502, 503, 504})
    stale_unreachable_seconds: int = DAY_SECONDS
    stale_failing_seconds: int = 0
    stale_limit_seconds: int = 2**31
    stale_beside_s_maxage: bool = False


RFC9111 = Profile("rfc9111")
NEWSROOM = Profile(
    "newsroom",
    heuristic_limit_seconds=60,
    keeps_cookies=False,
    keeps_failures=False,
    keeps_posts=False,
    shares_with_credentials=False,
    readers_may_ask=False,
    whole_fills=True,
    languages_unordered=False,
    failures=frozenset({408, 429, 500, 502, 503, 504}),
    stale_failing_seconds=DAY_SECONDS,
    stale_limit_seconds=7 * DAY_SECONDS,
    stale_beside_s_maxage=True,
)
PROFILES = {profile.name: profile for profile in (NEWSROOM, RFC9111)}
