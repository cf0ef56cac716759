"""What can go wrong, as values and as exceptions.

GatewayError
├── SettingsError      a setting is missing or wrong; every problem is listed at once
├── PolicyError        a policy directory cannot be used; the last good set stays in force
├── ContentError       a content directory cannot be used
│   └── StaleIndexError  one of its files is no longer what the index says
├── EvidenceError      a GeoIP file cannot be used; the one in service stays
└── AdminError         the admin port refused or could not be reached
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a problem is: an error stops a set from being used, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in what somebody wrote: where, what was found, what to write instead.

    `path` is relative to the directory checked; `line` and `column` count from 1, 0 means "the whole file".
    `code` is a stable kebab-case identifier (`unknown-country`).
    """

    path: str
    line: int
    column: int
    code: str
    what: str
    remedy: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{where}: {self.what}; {self.remedy}" if self.remedy else f"{where}: {self.what}"


class GatewayError(Exception):
    """Base of every error that the gateway raises on purpose; carries the problems behind it."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = tuple(problems)


class SettingsError(GatewayError):
    """Settings that cannot be used."""


class PolicyError(GatewayError):
    """A policy directory that cannot be used."""


class ContentError(GatewayError):
    """A content directory that cannot be used."""


class StaleIndexError(ContentError):
    """A file, `path` in the content directory, is gone or no longer what the index says: another index is due."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} has changed since it was indexed")
        self.path = path


class EvidenceError(GatewayError):
    """A GeoIP file that cannot be used."""


class AdminError(GatewayError):
    """The admin port refused, or nobody listened there."""
