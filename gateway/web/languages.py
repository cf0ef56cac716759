"""Which language the gateway speaks on pages that are its own: notices, errors, lists (RFC 9110 section 12.5.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)((?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*"
)
LIMIT = 1024


def preferred(accept_language: str | None, available: Sequence[str]) -> str:
    """The best of `available` (the first is the default); what cannot be read in the field is passed over."""
    ranked: list[tuple[float, int, str]] = []
    for position, item in enumerate((accept_language or "")[:LIMIT].split(",")):
        match = _RANGE.fullmatch(item)
        if match:
            quality = float(match[3]) if match[3] else 1.0
            ranked.append((-quality, position, match[1].lower()))
    refused = {language for quality, _, language in ranked if not quality}
    for quality, _, language in sorted(ranked):
        if quality and language in available:
            return language
        if quality and language == "*":
            break
    return next((language for language in available if language not in refused), available[0])
