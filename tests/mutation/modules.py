"""What is mutated, and by which tests each module must be caught: the fastest first."""

from __future__ import annotations

from dataclasses import dataclass

DECIDED = tuple(
    f"tests/policy/test_{name}.py" for name in ("decide_edges", "match_edges", "trace_words", "decide", "oracle")
)


@dataclass(frozen=True, slots=True)
class Target:
    """A module, its group in the acceptance checks, and the tests that keep its promises."""

    group: str
    module: str
    tests: tuple[str, ...]


MODULES = {
    "decide": Target("decide", "gateway.policy.decide", DECIDED),
    "merge": Target("decide", "gateway.policy.merge", DECIDED),
    "match": Target("decide", "gateway.policy.match", DECIDED),
    "readers": Target("decide", "gateway.policy.readers", DECIDED),
    "region": Target(
        "region",
        "gateway.geo.region",
        ("tests/geo/test_region_edges.py", "tests/geo/test_region.py", "tests/geo/test_locate.py"),
    ),
    "client_address": Target(
        "address",
        "gateway.geo.client_address",
        ("tests/geo/test_client_address_edges.py", "tests/geo/test_client_address.py", "tests/geo/test_forwarded.py"),
    ),
    "forwarded": Target(
        "address", "gateway.geo.forwarded", ("tests/geo/test_forwarded.py", "tests/geo/test_client_address.py")
    ),
    "variant": Target(
        "key", "gateway.cache.variant", ("tests/cache/test_variant_edges.py", "tests/cache/test_variant.py")
    ),
}
