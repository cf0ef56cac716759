"""One finding of the self-test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """`failed`: readers get, or will get, something wrong. `warning`: not yet, or not surely."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, why that matters and what to do; the last two are empty where all is well."""

    name: str
    status: Status
    what: str
    why: str = ""
    remedy: str = ""


def ok(name: str, what: str) -> Check:
    """All is well."""
    return Check(name, Status.OK, what)


def warning(name: str, what: str, why: str, remedy: str) -> Check:
    """Something to look at."""
    return Check(name, Status.WARNING, what, why, remedy)


def failed(name: str, what: str, why: str, remedy: str) -> Check:
    """Something to mend."""
    return Check(name, Status.FAILED, what, why, remedy)
