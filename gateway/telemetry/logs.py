"""Logging, configured here and nowhere else: JSON lines with ECS names, or colours on a terminal.

Whatever is logged, no request waits for it or fails by it, and no line holds an address, a value of a local
variable, or bytes that are not JSON.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import structlog

from gateway import __version__
from gateway.errors import GatewayError
from gateway.events import Level
from gateway.telemetry.catalogue import ECS_VERSION, field_of
from gateway.telemetry.scrub import ITEMS_LIMIT, TEXT_LIMIT, masked, plain, text
from gateway.telemetry.sink import LINE_LIMIT_BYTES, QUEUE_LINES, LineSink

SERVICE = "gateway"
_FRAMES = 20


class LogEvents:
    """The Events of a running gateway: each becomes a log line. Also takes the request lines, made elsewhere."""

    def __init__(self, sink: LineSink) -> None:
        self._sink = sink
        self.request = sink.write
        """Log a request's line, ready as it is."""
        self.counts: dict[str, int] = {}

    def emit(self, event: str, /, *, level: Level = "info", **fields: object) -> None:
        """Log it. Never blocks and never raises: what cannot be said is counted as dropped."""
        self.counts[event] = self.counts.get(event, 0) + 1
        try:
            structlog.get_logger().log(_LEVELS[level], event, fields=fields)
        except Exception:  # noqa: BLE001  (a log line must never cost a page)
            self._sink.dropped += 1

    @property
    def dropped(self) -> int:
        """Lines lost so far."""
        return self._sink.dropped

    def reopen(self) -> None:
        """Open the log file anew (SIGHUP)."""
        self._sink.reopen()

    def flush(self) -> bool:
        """Wait, two seconds at most, until all is written."""
        return self._sink.flush()

    def close(self) -> None:
        """Write what is left and stop; a stalled reader of logs delays this by two seconds at most."""
        logging.getLogger().handlers[:] = [
            handler for handler in logging.getLogger().handlers if not isinstance(handler, _FromLibraries)
        ]
        structlog.reset_defaults()
        self._sink.close()


def start_logging(
    format: str = "",
    path: Path | None = None,
    *,
    descriptor: int = 1,
    level: Level = "info",
    queue_lines: int = QUEUE_LINES,
) -> LogEvents:
    """Configure structlog and the libraries' logging, and start the writer.

    `format`: json or console; empty: console on a terminal, else json. `path`: a file instead of the descriptor.
    """
    console = format == "console" or (not format and path is None and os.isatty(descriptor))
    sink = LineSink(
        descriptor,
        path,
        dropped_line=_dropped_line,
        shaped=_Console() if console else None,
        queue_lines=queue_lines,
    )
    structlog.configure(
        processors=[_as_line],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: _ToSink(sink),
        cache_logger_on_first_use=False,
    )
    events = LogEvents(sink)
    root = logging.getLogger()
    root.handlers[:] = [_FromLibraries(events)]
    root.setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").disabled = True
    return events


_LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def stack_of(error: BaseException) -> list[str]:
    """Where it was raised, innermost last: files, lines and functions; never values."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def sentence_of(error: BaseException) -> str:
    """What an exception says, where that is ours or the system's; a library's message may quote a reader."""
    if isinstance(error, GatewayError):
        return str(error)
    return error.strerror or "" if isinstance(error, OSError) else ""


def _line(event: str, level: str, fields: Mapping[str, object]) -> bytes:
    """One event as a line of JSON, cut short where it would be too long for the writer to take."""
    line = _encoded(event, level, fields, characters=TEXT_LIMIT, items=ITEMS_LIMIT)
    if len(line) > LINE_LIMIT_BYTES:
        line = _encoded(event, level, {**fields, "cut_short": True}, characters=200, items=10)
    return line


def _encoded(event: str, level: str, fields: Mapping[str, object], *, characters: int, items: int) -> bytes:
    line: dict[str, object] = {
        "@timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "log.level": level,
        "event.action": event,
        "service.name": SERVICE,
        "service.version": __version__,
        "ecs.version": ECS_VERSION,
    }
    for emitted, value in fields.items():
        if isinstance(value, BaseException):
            line["error.type"] = type(value).__name__
            line["error.message"] = text(masked(sentence_of(value)))
            line["error.stack_trace"] = stack_of(value)
        elif value is not None:
            known = field_of(event, emitted)
            name = known.name if known else f"gateway.{text(masked(emitted))}"
            line[name] = plain(value, characters=characters, items=items)
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)


def _dropped_line(count: int) -> bytes:
    return _line("log_dropped", "warning", {"count": count})


def _as_line(_logger: object, method: str, event_dict: MutableMapping[str, Any]) -> tuple[tuple[bytes], dict[str, Any]]:
    """The last processor of structlog: our fields as the line's bytes."""
    return (_line(str(event_dict["event"]), method, event_dict.get("fields", {})),), {}


class _ToSink:
    """What structlog calls a logger: takes the finished line."""

    def __init__(self, sink: LineSink) -> None:
        self._write = sink.write

    def msg(self, line: bytes) -> None:
        self._write(line)

    debug = info = warning = error = critical = msg


class _FromLibraries(logging.Handler):
    """What libraries log through the standard library: who spoke, the message without its arguments, the frames."""

    def __init__(self, events: LogEvents) -> None:
        super().__init__(logging.WARNING)
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on. Arguments are left out: they hold peers' addresses as often as not."""
        error = record.exc_info[1] if record.exc_info else None
        self._events.emit(
            "library_message",
            level="error" if record.levelno >= logging.ERROR else "warning",
            logger=record.name,
            template=str(record.msg).partition("\n")[0],
            error=type(error).__name__ if error else None,
            stack=stack_of(error) if error else None,
        )


class _Console:
    """Lines for people: structlog's console form, and a request in one short line."""

    def __init__(self) -> None:
        self._render = structlog.dev.ConsoleRenderer(colors=sys.platform != "win32")

    def __call__(self, line: bytes) -> bytes:
        fields = orjson.loads(line)
        told = {
            "timestamp": fields.pop("@timestamp", "")[11:19],
            "level": fields.pop("log.level", "info"),
            "event": fields.pop("event.action", ""),
        }
        if told["event"] == "request":
            names = ("http.request.method", "url.path", "http.response.status_code")
            told["event"] = " ".join(str(fields.get(name)) for name in names)
            milliseconds = fields.get("event.duration", 0) / 1e6
            told |= {"took": f"{milliseconds:.1f}ms", "cache": fields.get("gateway.cache.level")}
            for short, name in (
                ("country", "client.geo.country_iso_code"),
                ("standings", "gateway.standings"),
                ("treatments", "gateway.decision.treatments"),
            ):
                if fields.get(name):
                    told[short] = fields[name]
        else:
            hidden = ("service.name", "service.version", "ecs.version")
            told |= {name.removeprefix("gateway."): value for name, value in fields.items() if name not in hidden}
        return (self._render(None, "", told) + "\n").encode("utf-8", "backslashreplace")


def _short(filename: str) -> str:
    """A file's name from the package that it belongs to."""
    parts = Path(filename).parts
    return "/".join(parts[-3:])
