"""IPFire's location database as Debian's `tor-geoipdb` holds it: lines `first,last,CC`, one file an address family."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv6Address
from pathlib import Path

from gateway.errors import EvidenceError
from gateway.geo.mmdb_tree import NOTHING, Cut

_GENERATED = re.compile(r"^# Generated: *\w+, (\d+ \w+ \d+ [\d:]+) GMT$", re.MULTILINE)
_HEAD_BYTES = 4096


def is_text(path: Path) -> bool:
    """Whether a file looks like text ranges rather than an MMDB."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return b"\x00" not in head and (head.startswith(b"#") or head.count(b",") > 10)


def generated(path: Path) -> datetime | None:
    """When the file says that it was made."""
    with path.open("r", encoding="ascii", errors="replace") as file:
        found = _GENERATED.search(file.read(_HEAD_BYTES))
    return datetime.strptime(found[1], "%d %b %Y %H:%M:%S").replace(tzinfo=UTC) if found else None


def version_of(path: Path) -> int:
    """4 or 6, by the first range."""
    return 6 if any(":" in line for line, _ in zip(_lines(path), range(1), strict=False)) else 4


def cuts(path: Path, classify: Callable[[str], int]) -> Iterator[Cut]:
    """The ranges in order, gaps as NOTHING; addresses count from the family's first. Raises EvidenceError."""
    version, after, last = version_of(path), 0, NOTHING
    yield 0, NOTHING
    for number, line in enumerate(_lines(path), 1):
        try:
            first_text, last_text, code = line.split(",")
            first, final = (_v6(first_text), _v6(last_text)) if version == 6 else (int(first_text), int(last_text))
        except ValueError as error:
            raise EvidenceError(f"{path}: range {number} is not `first,last,CC`: {line[:60]!r}") from error
        if first < after or final < first:
            raise EvidenceError(f"{path}: range {number} is out of order: {line[:60]!r}")
        if first > after and last != NOTHING:
            yield after, NOTHING
            last = NOTHING
        found = classify(code)
        if found != last:
            yield first, found
            last = found
        after = final + 1
    if last != NOTHING and after < 1 << (128 if version == 6 else 32):
        yield after, NOTHING


def _lines(path: Path) -> Iterator[str]:
    with path.open("r", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield line.strip()


def _v6(text: str) -> int:
    return int(IPv6Address(text))
