"""Are the GeoIP files good enough for what is asked of them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from gateway.doctor.check import Check, failed, ok, warning
from gateway.geo.evidence import EMBEDDED, Witnesses
from gateway.geo.region import Region, is_subdivision

OLD = timedelta(days=30)
_IPV6_SAMPLES = (
    "2a02:6b8::2:242",
    "2001:4860:4860::8888",
    "2a00:1450:4001::1",
    "2001:67c:2e8:22::c100:68b",
    "2400:cb00::1",
)
"""Networks of Yandex, Google (twice), RIPE NCC and Cloudflare, which no database with IPv6 misses."""


def evidence(witnesses: Witnesses, regions: Sequence[Region], now: datetime) -> Iterator[Check]:
    """Age, families and granularity of what is in service."""
    for info in witnesses.infos:
        embedded = info.path == str(EMBEDDED)
        name, age = "embedded evidence" if embedded else f"evidence {info.name}", now - info.built
        what = f"{info.kind}, built {info.built:%Y-%m-%d}, sources: {', '.join(source.name for source in info.sources)}"
        if age > OLD:
            yield warning(
                name,
                f"{what}; {age.days} days old",
                "Networks are sold and moved from country to country every day.",
                "bring files of your own: `gateway geo update`" if embedded else "`gateway geo update`, by timer",
            )
        else:
            yield ok(name, what)
    if not any(witnesses.ask(ip_address(sample)).places for sample in _IPV6_SAMPLES):
        yield warning(
            "evidence on IPv6",
            "no file knows any of five well-known IPv6 networks",
            "Every reader over IPv6 is at an unknown place.",
            "add a file with IPv6 to GATEWAY_GEOIP",
        )
    else:
        yield ok("evidence on IPv6", "known")
    finer = sorted({code for region in regions for code in region.wholly | region.partly if is_subdivision(code)})
    if finer and not any(info.has_subdivisions for info in witnesses.infos):
        yield failed(
            "evidence on subdivisions",
            f"no file has any, and policies name {', '.join(finer[:6])}{', …' if len(finer) > 6 else ''}",
            "Readers there are never more than possibly there; nothing that needs more certainty is done.",
            "add a file with subdivisions (a City edition) to GATEWAY_GEOIP",
        )
