"""All that is stored for a target as signed bytes. Pure. Terms are not in them: they follow from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from gateway.cache.http.profile import Profile
from gateway.cache.http.stored import Stored
from gateway.cache.http.terms import terms_of
from gateway.cache.seal import Buffer, Opened, Seal
from gateway.content.message import Response

MAGIC = b"GWH1"
_PURPOSE = b"gateway stored response"


class ResponsesCodec:
    """Turns responses into signed bytes and back. `signing_key`: the fleet's secret."""

    def __init__(self, signing_key: bytes, profile: Profile) -> None:
        self._seal = Seal(signing_key, _PURPOSE, MAGIC)
        self._profile = profile

    def encode(self, key: str, responses: Sequence[Stored]) -> bytes:
        """The responses of one target as bytes."""
        meta = {
            "tags": list(dict.fromkeys(name for stored in responses for name in stored.tags)),
            "responses": [
                {
                    "uri": stored.uri,
                    "selected_by": dict(stored.selected_by),
                    "status": stored.response.status,
                    "reason": stored.response.reason,
                    "fields": stored.response.fields,
                    "length": len(stored.response.body),
                    "requested_at": stored.requested_at,
                    "received_at": stored.received_at,
                    "digest": stored.digest,
                    "tags": stored.tags,
                    "partial": stored.partial,
                    "invalid": stored.invalid,
                }
                for stored in responses
            ],
        }
        return self._seal.close(key, meta, (stored.response.body for stored in responses))

    def decode(self, value: Buffer, key: str, uri: str) -> tuple[tuple[Stored, ...], str]:
        """The responses stored under exactly this key, for exactly this target, and ""; or none and why the value is
        refused (see Seal.open). Never raises, whatever the bytes are.
        """
        opened, refused = self._seal.open(value, key)
        if opened is None:
            return (), refused
        try:
            return self._responses(opened, uri), ""
        except (ValueError, TypeError, KeyError):
            return (), "shape"  # signed by us, but by a version that meant something else

    def _responses(self, opened: Opened, uri: str) -> tuple[Stored, ...]:
        found, at = [], 0
        for meta in cast("list[dict[str, Any]]", opened.meta["responses"]):
            if meta["uri"] != uri:
                raise ValueError("another target")  # long ones are known by a digest
            body = bytes(opened.bodies[at : at + meta["length"]])
            at += meta["length"]
            found.append(self._stored(meta, body))
        if at != len(opened.bodies):
            raise ValueError("lengths do not add up")
        return tuple(found)

    def _stored(self, meta: dict[str, Any], body: bytes) -> Stored:
        fields = tuple((str(name), str(value)) for name, value in meta["fields"])
        status, moments = int(meta["status"]), (float(meta["requested_at"]), float(meta["received_at"]))
        first_last_length = meta["partial"]
        return Stored(
            uri=str(meta["uri"]),
            selected_by=dict(meta["selected_by"]),
            response=Response(status, str(meta["reason"]), fields, body),
            requested_at=moments[0],
            received_at=moments[1],
            terms=terms_of(status, fields, *moments, self._profile),
            digest=str(meta["digest"]),
            tags=tuple(meta["tags"]),
            partial=None if first_last_length is None else tuple(first_last_length),
            invalid=meta["invalid"] is True,
        )
