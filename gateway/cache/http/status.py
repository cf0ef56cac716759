"""Cache-Status: what the cache did with a request, in RFC 9211's words. Pure."""

from __future__ import annotations

from gateway.content.message import Fields


def cache_status(outcome: str, *, fwd_status: int | None = None, stored: bool = False, collapsed: bool = False) -> str:
    """One member of the field: `outcome` is "hit", or why the request was forwarded ("uri-miss", "stale" …)."""
    if outcome == "hit":
        return "gateway; hit"
    said = f"gateway; fwd={outcome}"
    said += f"; fwd-status={fwd_status}" if fwd_status is not None else ""
    said += "; stored" if stored else ""
    return said + ("; collapsed" if collapsed else "")


def with_status(fields: Fields, member: str) -> Fields:
    """The fields, with our member behind those of the caches before us (RFC 9211, section 2)."""
    return (*fields, ("Cache-Status", member))
