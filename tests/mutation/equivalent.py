"""Mutants that no test can kill, because they mean the same; each with the reason, by module and mutant's name.

An entry that is no longer a mutant is named at the end of a run: remove it.
"""

from __future__ import annotations

SLICED = "the loop ends there anyhow: at the end of the line there is nothing more to match"
TWICE = "ip_address refuses it too; said here as well because older Pythons' ip_address did not"
OPEN = "a window that begins now is open, and asked about are only windows that are not"
ENDED = "asked only where no window is yet to begin: then each has an end, and it lies behind"
SMALL = "CPython's sets hold numbers below eight in order; sorted says so to whoever reads"
DERIVED = "worked out from `networks`, which are compared and printed already"

EQUIVALENT: dict[str, dict[str, str]] = {
    "region": {
        "covers_realm: CONTROLLED_BY[holder].territories <= named  ->  CONTROLLED_BY[holder].territories < named": (
            "the holder is named too, and is none of its territories: equal they never are"
        ),
    },
    "client_address": {
        "parse_address: ''  ->  'X'": "neither is an address",
        "parse_address: not text.isascii() or '%' in text or '/' in text  ->  '%' in text or '/' in text": TWICE,
        "parse_address: not text.isascii() or '%' in text or '/' in text  ->  not text.isascii() or '%' in text": TWICE,
        "parse_address: '/'  ->  '/X'": TWICE,
        "TrustedProxies: field(init=False, repr=False, compare=False)  ->  field(init=False, compare=False)": DERIVED,
        "TrustedProxies: field(init=False, repr=False, compare=False)  ->  field(init=False, repr=False)": DERIVED,
        "TrustedProxies: False  ->  True  #2": DERIVED,
        "TrustedProxies: False  ->  True  #3": DERIVED,
        "_range: isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped"
        "  ->  network.prefixlen >= 96 and network.network_address.ipv4_mapped": "an IPv4 network's prefix is at most 32",
        "_range: isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped"
        "  ->  isinstance(network, IPv6Network) and network.network_address.ipv4_mapped": (
            "a shorter prefix cuts into ::ffff:0:0, so its first address is not a mapped one"
        ),
    },
    "forwarded": {
        "elements: at < len(line)  ->  at <= len(line)": SLICED,
        "elements: break  ->  continue": SLICED,
    },
    "variant": {
        "_name: '-._~'  ->  '-._~X'": "quote never quotes letters",
    },
    "decide": {
        "_judge: door is Door.HTML and isinstance(action, Notice)  ->  door is Door.HTML": (
            "of what goes into metadata, merging takes the notices alone"
        ),
        "_settle: reason.shadow or not reason.applied  ->  reason.shadow": "of nothing, nothing is lost",
        "_when: window.start > now  ->  window.start >= now": OPEN,
        "_when: window.end is not None and window.end <= now  ->  window.end is not None or window.end <= now": ENDED,
        "_when: window.end is not None and window.end <= now  ->  window.end <= now": ENDED,
        "_when: window.end is not None and window.end <= now  ->  window.end is not None": ENDED,
        "_why: sorted({action.certainty for action in policy.actions if Due(policy, action) not in due})  ->  "
        "list({action.certainty for action in policy.actions if Due(policy, action) not in due})": SMALL,
        "_why: sorted({one.action.certainty for one in due})  ->  list({one.action.certainty for one in due})": SMALL,
        "_when: 'the policy is not in effect'  ->  'the policy is not in effectX'": (
            "never said: a window that is not open begins later or has ended"
        ),
    },
    "match": {
        "module: ''  ->  'X'": "any label will do that no article has",
        "module: ''  ->  'X'  #2": "any label will do that no article has",
        "candidates: ''  ->  'X'": "any version will do that no file has",
        "why_not: reason and articles.translations and (original is not None)  ->  articles.translations and original "
        "is not None": "saves work: without a reason none comes of it either",
        "_on_path: articles.paths or ()  ->  articles.paths": "asked only where there are paths; said for the types",
    },
    "merge": {
        "fingerprint: 'surrogatepass'  ->  'surrogatepassX'": "repr has spelled lone surrogates in ASCII already",
        "Due.scope: action.target.partition  ->  action.target.rpartition": "a part's id holds no colon",
    },
    "readers": {
        "standing_now: break  ->  continue": "nothing is surer than confirmed",
        "standing_in_any: max((standing_in(location, region) for region in regions), default=Standing.OUTSIDE)  ->  "
        "max((standing_in(location, region) for region in regions))": "an empty list is refused when policies are read",
        "standing_in_any: Standing.OUTSIDE  ->  Standing.POSSIBLE": "an empty list is refused when policies are read",
    },
}
