"""A page as signed bytes: its meta data as JSON, then its bodies in their order there. Pure."""

from __future__ import annotations

from typing import Any, cast

from gateway.cache.page import StoredPage
from gateway.cache.seal import Buffer, Opened, Seal

MAGIC = b"GWP1"
_PURPOSE = b"gateway stored page"


class Codec:
    """Turns pages into signed bytes and back. `signing_key`: the fleet's secret."""

    def __init__(self, signing_key: bytes) -> None:
        self._seal = Seal(signing_key, _PURPOSE, MAGIC)

    def encode(self, page: StoredPage) -> bytes:
        """The page as bytes."""
        meta = {
            "status": page.status,
            "content_type": page.content_type,
            "language": page.language,
            "tags": page.tags,
            "notices": page.notices,
            "best": page.best,
            "fields": page.fields,
            "etags": dict(page.etags),
            "bodies": [[coding, len(body)] for coding, body in page.bodies.items()],
        }
        return self._seal.close(page.key, meta, page.bodies.values())

    def decode(self, value: Buffer, key: str) -> tuple[StoredPage | None, str]:
        """The page stored under exactly this key, and ""; or None and why the value is refused (see Seal.open). Never
        raises, whatever the bytes are.
        """
        opened, refused = self._seal.open(value, key)
        if opened is None:
            return None, refused
        try:
            return _page(opened, key), ""
        except (ValueError, TypeError, KeyError):
            return None, "shape"  # signed by us, but by a version that meant something else


def _page(opened: Opened, key: str) -> StoredPage:
    meta = cast("dict[str, Any]", opened.meta)
    at, bodies = 0, dict[str, bytes]()
    for coding, length in meta["bodies"]:
        bodies[coding] = bytes(opened.bodies[at : at + length])  # a copy costs 1 µs and lets go of the whole value
        at += length
    if at != len(opened.bodies) or set(bodies) != set(meta["etags"]) or "identity" not in bodies:
        raise ValueError("lengths do not add up")
    return StoredPage(
        key=key,
        status=int(meta["status"]),
        content_type=str(meta["content_type"]),
        language=str(meta["language"]),
        bodies=bodies,
        etags=dict(meta["etags"]),
        tags=tuple(meta["tags"]),
        notices=tuple(meta["notices"]),
        best=meta.get("best") is True,
        fields=tuple((str(name), str(value)) for name, value in meta.get("fields", ())),
    )
