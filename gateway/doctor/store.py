"""Redis: does it answer, fast enough, within bounds, to this gateway alone, and do all nodes sign with one key?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlsplit

from gateway.doctor.check import Check, failed, ok, warning

SLOW_SECONDS = 0.02
"""A fifth of what a reader's request may wait for Redis."""
SKEW_SECONDS, GREAT_SKEW_SECONDS = 1.0, 30.0
"""Rules act in their second; links, locks and certificates are some thirty seconds patient."""
AS_SHIPPED = "as deploy/redis/users.acl does"
_LOCAL = ("127.", "localhost", "[::1]", "::1")


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What was asked of Redis. `problem`: why it could not be reached, as one word; "" if it was. Round trips in
    seconds; `skew`: our clock minus Redis's, in seconds. What it may not be asked (ACL) is None.

    `nodes`: fingerprints of signing keys by node; `node`: which of them we are.
    """

    url: str
    embedded: bool
    problem: str = ""
    round_trips: tuple[float, ...] = ()
    skew: float | None = None
    max_memory: int | None = None
    policy: str | None = None
    user: str | None = None
    nodes: Mapping[str, str] = field(default_factory=dict)
    node: str = ""


def redis(facts: StoreFacts) -> Iterator[Check]:
    """Reach, speed, bounds and rights."""
    name = "embedded Valkey" if facts.embedded else "Redis"
    if facts.problem:
        why = "Readers are served without it, from memory and by rendering; nodes share nothing."
        if facts.embedded:
            yield warning(name, f"it does not answer ({facts.problem})", why, "it runs while a gateway runs; start one")
        else:
            remedy = "see GATEWAY_REDIS_URL, the network, the password, and whether the server runs"
            yield failed(name, f"{_shown(facts.url)} cannot be used: {facts.problem}", why, remedy)
        return
    middle = median(facts.round_trips)
    if middle > SLOW_SECONDS:
        yield warning(
            name,
            f"a round trip takes {middle * 1000:.1f} ms",
            "Pages that are not in memory wait for it twice.",
            "put it nearer, or see what else it does",
        )
    else:
        yield ok(name, f"{_shown(facts.url)} answers in {middle * 1000:.2f} ms")
    yield from _bounds(facts, name)
    if not facts.embedded:
        yield from _rights(facts, name)


def clock(facts: StoreFacts) -> Check:
    """Whether our clock agrees with Redis's, which all nodes can ask."""
    name = "clock"
    if facts.embedded or facts.problem:
        return ok(name, "nothing to compare it with: no Redis but this machine's own")
    if facts.skew is None:
        why = "Nodes whose clocks differ change rules at different moments."
        return warning(name, "Redis may not be asked for its time", why, f"grant the user +time, {AS_SHIPPED}")
    what = f"{facts.skew:+.2f} s against Redis's"
    if abs(facts.skew) <= SKEW_SECONDS:
        return ok(name, what)
    tell = failed if abs(facts.skew) > GREAT_SKEW_SECONDS else warning
    why = "A rule begins and ends at another moment here than elsewhere."
    return tell(name, what, why, "let chrony or systemd-timesyncd set the clock, here and there")


def signing_key(facts: StoreFacts) -> Check:
    """Whether all nodes that share this Redis sign with one key."""
    name = "signing key"
    own = facts.nodes.get(facts.node)
    if facts.problem or own is None:
        return ok(name, "of this node alone: no shared Redis to compare it by")
    others = {node: print_ for node, print_ in facts.nodes.items() if node != facts.node}
    different = sorted(node for node, print_ in others.items() if print_ != own)
    if different:
        return failed(
            name,
            f"{', '.join(different)} sign{'s' if len(different) == 1 else ''} with another key",
            "Each refuses the other's pages (gateway_cache_variant_refused_total), and previews work on one alone.",
            "give every node the same GATEWAY_SIGNING_KEY; a node that is gone is forgotten after a day",
        )
    return ok(name, f"the same on {len(facts.nodes)} node{'s' if len(facts.nodes) != 1 else ''}")


def _bounds(facts: StoreFacts, name: str) -> Iterator[Check]:
    name = f"{name} memory"
    if facts.max_memory is None or facts.policy is None:
        why = "Whether it has a bound is not known."
        yield warning(name, "it may not be asked (ACL)", why, f"grant the user +info, {AS_SHIPPED}")
        return
    what, remedy = f"{facts.max_memory // 2**20} MiB, {facts.policy}", "set maxmemory-policy allkeys-lru"
    if not facts.max_memory:
        why = "It grows until the machine ends it."
        yield warning(name, "maxmemory is 0: no bound", why, f"set maxmemory; {remedy}")
    elif facts.policy == "noeviction":
        yield warning(name, what, "When full it takes no new pages.", remedy)
    else:
        yield ok(name, what)


def _rights(facts: StoreFacts, name: str) -> Iterator[Check]:
    parts = urlsplit(facts.url)
    far = parts.scheme in ("redis", "redis+sentinel", "redis+cluster") and not (parts.hostname or "").startswith(_LOCAL)
    if far:
        yield warning(f"{name} transport", "no TLS", "Who listens on that network reads the password.",
                      "use rediss://, or a network of their own")  # fmt: skip
    if facts.user == "default":
        yield warning(
            f"{name} user",
            "the gateway is the user `default`, who may usually do anything",
            "Who takes a node over can empty, read and rule whatever else is kept there.",
            f"make a user of its own, {AS_SHIPPED}",
        )
    elif facts.user is not None:
        yield ok(f"{name} user", facts.user)


def _shown(url: str) -> str:
    """A URL without its credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
