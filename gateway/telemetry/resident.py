"""How much memory a process holds, as Linux tells it (proc(5), /proc/PID/status)."""

from __future__ import annotations

import re
from pathlib import Path

_OWN = re.compile(r"^(?:RssAnon|RssShmem):\s+(\d+) kB$", re.MULTILINE)


def resident_bytes(process: int | str = "self") -> int:
    """What a process holds for itself alone, GeoIP copies included and mapped files left out; 0 where none tells."""
    try:
        said = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return sum(int(kilobytes) << 10 for kilobytes in _OWN.findall(said))
