"""Whose address is looked up? The commonest fault of all is to look up one's own proxy's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from gateway.doctor.check import Check, failed, ok, warning
from gateway.doctor.numbers import Numbers
from gateway.geo.client_address import FORWARDED, PROXY_PROTOCOL, X_FORWARDED_FOR, TrustedProxies
from gateway.geo.presets import WIDEST_PREFIX, Preset

OLD_LIST = timedelta(days=183)
"""CDNs add ranges a few times a year, and announce it weeks before."""
FEW_READINGS = 20
REFUSED_SHARE = NAMELESS_SHARE = 0.01
"""Monitoring and health checks may come without a name; readers may not."""

LOCATED = "Readers are located where a proxy is: those abroad are warned for nothing, those at home are not warned."
CHOSEN = "Whoever connects from there chooses his place by a header, and with it what he may read."


def address_source(trusted: TrustedProxies, presets: Sequence[Preset], base_urls: Sequence[str]) -> Iterator[Check]:
    """From where the address is taken, and whether that can be right."""
    name = "reader's address"
    if not trusted.networks:
        if any(url.startswith("https:") for url in base_urls):
            yield failed(
                name,
                "it is the socket's peer, nobody is trusted; but the site is https, and the gateway speaks no TLS",
                "Something in front ends TLS, so every reader is located where that is.",
                "name it in GATEWAY_TRUSTED_PROXIES, by range or by name (loopback, nginx, cloudflare, …)",
            )
        else:
            yield ok(name, "it is the socket's peer; nobody is trusted to name another")
        return
    wide = [str(net) for net in trusted.networks if net.prefixlen < WIDEST_PREFIX[net.version]]
    if wide:
        remedy = "name the proxies' own ranges in GATEWAY_TRUSTED_PROXIES"
        yield failed(name, f"GATEWAY_TRUSTED_PROXIES trusts {', '.join(wide)}", CHOSEN, remedy)
    owners = [preset for preset in presets if preset.header == trusted.header]
    single = trusted.header not in (X_FORWARDED_FOR, FORWARDED, PROXY_PROTOCOL)
    if single and not owners:
        yield warning(
            name,
            f"it is in {trusted.header}, but none of the trusted proxies is known to set it",
            f"A proxy that does not set it passes on what a client sends in it. {CHOSEN}",
            f"see that the outermost of your proxies overwrites {trusted.header}, or removes it",
        )
    where = "the PROXY protocol" if trusted.header == PROXY_PROTOCOL else trusted.header
    yield ok(name, f"it is in {where}, from {len(trusted.networks)} trusted ranges; else the socket's peer")
    for preset in presets:
        if preset.mind:
            yield ok(f"proxy {preset.name}", f"mind: {preset.mind}")


def lists_of_ranges(presets: Sequence[Preset], today: date, *, required: bool = False) -> Iterator[Check]:
    """Whether the ranges of proxies that are known by name are recent. `required`: nobody else may come in."""
    for preset in presets:
        if preset.as_of is None:
            continue
        name = f"ranges of {preset.name}"
        whose = f"yours ({preset.file})" if preset.file else "the gateway's, from its writer's knowledge"
        located = f"located at {preset.title}"
        what = f"{len(preset.networks)} ranges as of {preset.as_of}, {whose}"
        if today - preset.as_of > OLD_LIST:
            fetch = f"curl -fsS {preset.fetch}" if preset.fetch else f"copy them from {preset.source}"
            yield warning(
                name,
                what,
                f"Behind a range that is missing here, every reader is {'refused' if required else located}.",
                f"{fetch} into proxies/{preset.name}.txt in the state directory, then restart",
            )
        else:
            yield ok(name, what)


def ways_past(presets: Sequence[Preset], *, required: bool, secret: bool) -> Iterator[Check]:
    """Whether anybody can come past a CDN that stands in front, and whether its other customers can come through it."""
    cdns = " and ".join(preset.title for preset in presets if preset.as_of is not None)
    name = "past the front"
    if not cdns:
        return
    if not required and not secret:
        yield warning(
            name,
            f"{cdns} stands in front, and whoever knows this machine's address can come past it",
            "What is kept out there, floods and attacks, comes in here, and this machine is found and blocked.",
            "GATEWAY_REQUIRE_TRUSTED_PEER=on refuses whoever does; better, a firewall that admits its ranges alone",
        )
    elif not secret:
        others = f"other customers of {cdns} come from the same ranges: GATEWAY_PROXY_SECRET tells yours from theirs"
        yield ok(name, f"only trusted peers come in; mind: {others}")
    else:
        yield ok(name, f"a secret is asked of every request{', and a trusted peer' if required else ''}")


def refused(numbers: Numbers) -> Iterator[Check]:
    """Whom the running gateway has refused since they came past the front; among them readers, perhaps."""
    name = "refused so far"
    reasons = numbers.by("gateway_past_the_front_total", "reason")
    through = sum(count for reason, count in reasons.items() if reason != "direct")
    what = ", ".join(f"{count:.0f} {reason}" for reason, count in sorted(reasons.items()))
    if through > REFUSED_SHARE * sum(numbers.by("gateway_client_address_source_total", "source").values()):
        yield warning(
            name,
            what,
            "Unlisted ones name a reader, as your proxies do; clients may do so, too.",
            "add a proxy that is missing to GATEWAY_TRUSTED_PROXIES, let all of them send the secret",
        )
    elif reasons:
        yield ok(name, what)


def arrivals(numbers: Numbers, trusted: TrustedProxies) -> Iterator[Check]:
    """What the running gateway has met: from where addresses came, which headers claimed one, which alarms are on."""
    name = "readers so far"
    sources = numbers.by("gateway_client_address_source_total", "source")
    seen = sorted(numbers.by("gateway_address_header_seen", "header"))
    total = sum(sources.values())
    told = ", ".join(f"{count:.0f} by {source}" for source, count in sorted(sources.items()))
    headers = f"headers that came in: {', '.join(seen)}" if seen else "no header claimed an address"
    what = f"{told}; {headers}"
    if total < FEW_READINGS:
        yield ok(name, f"too few to judge by ({total:.0f}); {headers}")
    elif trusted.networks and sources.get("none", 0) > NAMELESS_SHARE * total:
        yield failed(
            name,
            what,
            "Who comes from a trusted proxy that names nobody is at an unknown place.",
            f"let the proxy set {trusted.header}, or name the header that it sets in GATEWAY_CLIENT_ADDRESS_HEADER",
        )
    elif trusted.networks and sources.get("peer", 0) == total:
        yield failed(name, what, LOCATED, "add the addresses that your proxies connect from to GATEWAY_TRUSTED_PROXIES")
    elif not trusted.networks and seen:
        remedy = (
            "if a proxy of yours sets one of them, name it in GATEWAY_TRUSTED_PROXIES; if not, clients do: ignore it"
        )
        yield warning(name, what, f"Nobody is trusted. {LOCATED}", remedy)
    else:
        yield ok(name, what)
    for reason, on in sorted(numbers.by("gateway_locating_own_proxy", "reason").items()):
        if on:
            yield failed(
                "own proxy",
                f"most readers seem to be in one place: {reason}",
                LOCATED,
                "compare GATEWAY_TRUSTED_PROXIES and GATEWAY_CLIENT_ADDRESS_HEADER with what stands in front",
            )
