"""What came of treating a body. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.policy.decision import DueNotice


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should look at: the event (`withhold_unmatched`, `notice_guard_failed`, …), and what
    it is about, without any of the page's words.
    """

    event: str
    what: str


@dataclass(frozen=True, slots=True)
class Made:
    """A body as it may leave. `due`: the notices that the guard found in it; `content_type` "" and `status` 0: the
    origin's own.
    """

    body: bytes
    content_type: str
    due: tuple[DueNotice, ...] = ()
    content: str = ""
    alarms: tuple[Alarm, ...] = ()
    status: int = 0
