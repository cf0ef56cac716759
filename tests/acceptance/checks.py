"""The 27 acceptance checks: their numbers, their names, and what has to be reached."""

from __future__ import annotations

from typing import NamedTuple


class Check(NamedTuple):
    """What one check is called, and its measure. Its tests stand in files named `test_check_NN_….py`."""

    name: str
    measure: str


CHECKS: dict[int, Check] = {
    1: Check("Notice oracle", "50,000 generated cases: 0 mismatches"),
    2: Check("Unknown never guesses", "hidden, unparsable, missing: notices 100 %, blocks 0 %, each counted"),
    3: Check("Spoofing matrix", "≥ 1,400 cases through 3 real proxies: 0 successes"),
    4: Check("Downstream caches", "real nginx and Varnish: 0 cross-region bodies, 0 cross-region 304s"),
    5: Check("Redis SIGSTOP", "60 s at 500 rps: 0 failed, p99 < 50 ms, max < 250 ms, open ≤ 1 s, closed ≤ 2 s"),
    6: Check("Redis faults", "nine kinds at load: 0 failed, p99 < 50 ms, ≤ 1 line/s per cause, back ≤ 2 s (auth 30 s)"),
    7: Check("Poisoned cache values", "10,000 corruptions: 0 served, 0 exceptions, 100 % counted, healed on next read"),
    8: Check("Cancellation storm", "100,000 requests, half aborted: 0 wrong bodies, pool ≤ limit, 0 leaked tasks, fds"),
    9: Check("Policy reload under load", "100 reloads: 0 failed, one generation each, ≤ 2 s; 1,000 broken: 0 applied"),
    10: Check("YAML traps", "codes right, the rest rejected in < 200 ms, RSS +< 50 MB"),
    11: Check("MMDB replacement", "50 atomic, 50 in place, 9 damaged at 500 rps: 0 deaths, 0 failed, swap ≤ 2 s"),
    12: Check("Origin outage", "60 s at 300 rps, 500 warm articles: 0 failed, p99 < 100 ms, back ≤ 5 s"),
    13: Check("Bad origin bodies", "25 faults: 0 truncated or oversize bodies served or kept, RSS +< 64 MB"),
    14: Check("Smuggling, desync", "60 payloads, direct and behind 4 proxies: 0 answers reach another client"),
    15: Check("Path canonicalisation", "200 spellings: 0 bypasses, 1 key a resource, 0 reads outside the root"),
    16: Check("HTML and CSS safety", "300 payloads in Chromium: 0 scripts, notice visible on 30 page shapes"),
    17: Check("Redaction", "0 occurrences in any encoding in any byte of any response"),
    18: Check("Slow clients", "1,000 slowloris + 200 slow readers, 300 rps: 0 failed, p99 < 100 ms, RSS +< 200 MB"),
    19: Check("Logging faults", "stalled, broken, full, 0xFF at 500 rps: 0 failed, p99 +< 5 ms, drops counted"),
    20: Check("Privacy scan", "0 hits for any address, agent, referrer, cookie or secret in any sink"),
    21: Check("Rolling restart, SIGKILL", "400 rps: 0 failed; killed worker ≤ 5 failures, back ≤ 2 s, p99 back ≤ 5 s"),
    22: Check("Stampede, bulkhead", "1,000 cold readers: ≤ workers fetches; slow page: others 0 failed, p99 < 50 ms"),
    23: Check("Console and admin port", "every route × caller: 0 × 2xx; 1,000 wrong passwords ≤ 10/min; 0 × 5xx"),
    24: Check("Clock", "±1 h, ±1 d, 1970: 0 failed, TTL and breaker unaffected, dated rules at the next request"),
    25: Check("Redis least privilege", "under ACL + TLS: green; plain fallback 0; no pickle or eval; bandit 0 high"),
    26: Check("Chaos soak", "30 min, 200 rps, a fault every 10 s: 0 mismatches, RSS slope < 1 MB/10 min"),
    27: Check("Mutation score", "decision core ≥ 90 %"),
}
