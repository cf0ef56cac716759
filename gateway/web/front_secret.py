"""The secret that the operator's own CDN adds to every request, and nobody else's can. Pure.

It goes no further than this check: what is compared are digests, in constant time; no secret is held, and a request is
passed on without the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest
from typing import Self

from gateway.web.exchange import Incoming


@dataclass(frozen=True, slots=True)
class FrontSecret:
    """The field that bears it (name in lower case), and what it may be: two while the one gives way to the other."""

    name: str
    _digests: tuple[bytes, ...]

    @classmethod
    def of(cls, name: str, secrets: Iterable[str]) -> Self:
        """Of a field's name and the secrets, in visible ASCII."""
        return cls(name.lower(), tuple(sha256(secret.encode("ascii")).digest() for secret in secrets))

    def is_told(self, value: bytes) -> bool:
        """Whether this value, stripped, is one of the secrets."""
        digest = sha256(value).digest()
        return sum(compare_digest(digest, known) for known in self._digests) > 0  # each is looked at

    def is_told_by(self, fields: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether these fields, as they came, tell it: exactly once, for a second one was not written by the CDN."""
        name = self.name.encode("ascii")
        values = [value.strip(b" \t") for key, value in fields if key.lower() == name]
        return len(values) == 1 and self.is_told(values[0])

    def forgotten(self, incoming: Incoming) -> Incoming:
        """The request without it."""
        headers = [one for one in incoming.headers if one[0] != self.name]
        fields = tuple(one for one in incoming.fields if one[0].lower() != self.name)
        return replace(incoming, headers=headers, fields=fields)
