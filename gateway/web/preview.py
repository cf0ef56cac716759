"""Signed, expiring previews: "as read in REGION", for operators. A signature covers article, place and end; nothing
that a reader sends on a plain request can choose a place.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

PARAMETER = "preview"
_SEPARATOR = "\n"
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link shows. `target`: a region's name or code; "" means a reader whose place is unknown."""

    slug: str
    target: str
    ends: datetime


def looks_signed(token: str) -> bool:
    """Whether it has the form of a token; a CMS's own `preview=true` has not."""
    return _FORM.fullmatch(token) is not None


def sign(preview: Preview, key: bytes) -> str:
    """The token for a link's `preview` parameter."""
    text = _SEPARATOR.join((preview.slug, preview.target, str(int(preview.ends.timestamp()))))
    payload = urlsafe_b64encode(text.encode()).rstrip(b"=")
    return f"{payload.decode()}.{_mac(payload, key)}"


def verify(token: str, slug: str, key: bytes, now: datetime) -> Preview | None:
    """The preview that a token grants for this article now; None for a forged, foreign, damaged or expired one."""
    payload, _, mac = token.partition(".")
    try:
        raw = payload.encode("ascii")
        if not hmac.compare_digest(mac.encode("ascii"), _mac(raw, key).encode()):
            return None
        parts = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)).decode().split(_SEPARATOR)
        signed, target, ends = parts
        preview = Preview(signed, target, datetime.fromtimestamp(int(ends), UTC))
    except (ValueError, UnicodeError, OverflowError, OSError):
        return None
    return preview if preview.slug == slug and now < preview.ends else None


def _mac(payload: bytes, key: bytes) -> str:
    return urlsafe_b64encode(hmac.new(key, b"preview\n" + payload, hashlib.sha256).digest()).rstrip(b"=").decode()
