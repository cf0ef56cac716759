"""What came of treating a body. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.policy.decision import DueNotice
from gateway.render.foreign.scrub import Hidden


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
    origin's own. `hidden`: what was taken out of it.
    """

    body: bytes
    content_type: str
    due: tuple[DueNotice, ...] = ()
    content: str = ""
    alarms: tuple[Alarm, ...] = ()
    status: int = 0
    hidden: Hidden | None = None
