"""Logging costs no page: stalled, broken and full outputs, and every byte that a client can send."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.telemetry.catalogue import ALWAYS, EVENTS, schema
from gateway.telemetry.logs import LogEvents, start_logging
from gateway.telemetry.sink import LINE_LIMIT_BYTES, LineSink

pytestmark = pytest.mark.alone


@contextlib.contextmanager
def logging_to(path: Path, **options: object) -> Iterator[LogEvents]:
    events = start_logging("json", path, **options)  # type: ignore[arg-type]
    try:
        yield events
    finally:
        events.close()


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_an_event_is_one_line_with_the_names_of_the_common_schema(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log") as events:
        events.emit("policy_reloaded", revision="abc123", policies=4, changed=("court-order",))
    (line,) = lines_of(tmp_path / "log")
    assert (
        line.items()
        >= {
            "log.level": "info",
            "event.action": "policy_reloaded",
            "service.name": "gateway",
            "gateway.policy.revision": "abc123",
            "gateway.policy.count": 4,
            "gateway.policy.changed": ["court-order"],
        }.items()
    )
    assert {"@timestamp", "ecs.version", "service.version"} <= line.keys()


def test_every_byte_that_a_client_can_send_makes_one_line_and_valid_json(tmp_path: Path) -> None:
    raw = bytes(range(1, 256))
    forms = [raw.decode("latin-1"), raw.decode("utf-8", "surrogateescape"), "\u2028\u2029\x85\x1b[2J\r\n", "\ud800"]
    with logging_to(tmp_path / "log") as events:
        for form in forms:
            events.emit("policy_rejected", reason=form, problems=[form], **{"odd name": form})
            for character in form:
                events.emit("policy_rejected", reason=character)
    written = (tmp_path / "log").read_bytes()
    assert len(lines_of(tmp_path / "log")) == written.count(b"\n") == sum(len(form) + 1 for form in forms)
    text = written.decode("utf-8")
    assert len(text.splitlines()) == written.count(b"\n")  # U+0085, U+2028 and U+2029 split no line either
    assert "\x1b" not in text
    assert "\x9b" not in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_becomes_json(value: object) -> None:
    read, write = os.pipe()
    events = start_logging("json", descriptor=write)
    events.emit("purged", reason=value)
    events.close()
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        line = pipe.read()
    json.loads(line)
    assert line.count(b"\n") == 1
    assert events.dropped == 0


def test_emitting_never_raises(tmp_path: Path) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no")

        __repr__ = __hash__ = __str__  # type: ignore[assignment]

    with logging_to(tmp_path / "log") as events:
        events.emit("purged", reason=Hostile(), tags=[Hostile()], event="x", level="info", fields={"a": object()})
        events.emit("purged", tags={1: "a", None: 2})
        cyclic: list[object] = []
        cyclic.append(cyclic)
        events.emit("purged", reason=cyclic)
        events.emit("purged", reason=2**70)
    assert len(lines_of(tmp_path / "log")) + events.dropped == 4


def test_a_stalled_reader_holds_nobody_up_and_what_is_lost_is_said() -> None:
    read, write = os.pipe()
    events = start_logging("json", descriptor=write, queue_lines=500)
    began = time.monotonic()
    longest = 0.0
    for n in range(5000):
        before = time.perf_counter()
        events.emit("purged", removed=n, reason="x" * 200)
        longest = max(longest, time.perf_counter() - before)
        if n % 1000 == 0:
            time.sleep(0.15)
    assert time.monotonic() - began < 5
    assert longest < 0.1
    assert events.dropped > 3000
    dropped = events.dropped
    taken = bytearray()

    def drain() -> None:
        with os.fdopen(read, "rb", buffering=0) as pipe:
            while data := pipe.read(65536):
                taken.extend(data)

    reader = threading.Thread(target=drain)
    reader.start()
    time.sleep(1.3)
    events.close()
    os.close(write)
    reader.join()
    lines = [json.loads(line) for line in bytes(taken).splitlines()]
    removed = [line["gateway.purge.removed"] for line in lines if line["event.action"] == "purged"]
    assert removed == sorted(removed)
    assert removed[-1] == 4999  # the oldest go, the newest stay
    assert sum(line["gateway.count"] for line in lines if line["event.action"] == "log_dropped") == dropped
    assert len(removed) + dropped == 5000


def test_closing_with_a_stalled_reader_takes_two_seconds_at_most() -> None:
    read, write = os.pipe()
    events = start_logging("json", descriptor=write)
    for _ in range(2000):
        events.emit("purged", reason="x" * 500)
    time.sleep(0.3)
    began = time.monotonic()
    events.close()
    assert time.monotonic() - began < 2.5
    os.close(read)  # lets the writer go
    time.sleep(0.1)
    os.close(write)


def test_a_reader_that_went_away_costs_lines_and_nothing_else() -> None:
    read, write = os.pipe()
    os.close(read)
    events = start_logging("json", descriptor=write)
    for n in range(100):
        events.emit("purged", removed=n)
    events.close()
    os.close(write)
    assert events.dropped == 100


def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    with logging_to(Path("/dev/full")) as events:
        for n in range(100):
            events.emit("purged", removed=n)
        time.sleep(0.2)
    assert events.dropped == 100


def test_a_line_torn_by_a_full_disk_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "log"
    sink = LineSink(path=path)
    sink._torn = True  # as a write of half a line leaves it
    path.write_bytes(b'{"half":')
    sink.write(b'{"whole": 1}\n')
    sink.close()
    assert path.read_bytes() == b'{"half":\n{"whole": 1}\n'


def test_several_processes_may_share_a_pipe_without_mixing_lines() -> None:
    read, write = os.pipe()
    sinks = [LineSink(write) for _ in range(4)]
    taken = bytearray()

    def drain() -> None:
        with os.fdopen(read, "rb", buffering=0) as pipe:
            while data := pipe.read(65536):
                taken.extend(data)

    reader = threading.Thread(target=drain)
    reader.start()
    for n in range(3000):
        for which, sink in enumerate(sinks):
            sink.write(orjson.dumps({"n": n, "sink": which, "text": "y" * (n % 700)}) + b"\n")
        if n % 500 == 0:
            time.sleep(0.1)
    for sink in sinks:
        sink.close()
    os.close(write)
    reader.join()
    lines = [json.loads(line) for line in bytes(taken).splitlines()]
    assert len(lines) == 12_000
    for which in range(4):
        assert [line["n"] for line in lines if line["sink"] == which] == list(range(3000))


def test_a_line_that_is_too_long_is_dropped_and_counted(tmp_path: Path) -> None:
    sink = LineSink(path=tmp_path / "log")
    sink.write(b"x" * LINE_LIMIT_BYTES + b"\n")
    sink.write(b"{}\n")
    sink.close()
    assert (tmp_path / "log").read_bytes() == b"{}\n"
    assert sink.dropped == 1


def test_an_event_with_much_to_say_is_cut_short_and_not_lost(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log") as events:
        events.emit("policy_rejected", problems=[f"policies/a.yaml:{n}:1: {'wrong ' * 400}" for n in range(2000)])
    (line,) = lines_of(tmp_path / "log")
    assert str(line["gateway.problems"]).startswith("['policies/a.yaml:0:1: wrong")
    assert line["gateway.cut_short"] is True
    assert events.dropped == 0


def test_a_field_may_mean_something_else_in_another_event(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log") as events:
        events.emit("purged", removed=3)
        events.emit("policy_reloaded", removed=["embargo"])
    purged, reloaded = lines_of(tmp_path / "log")
    assert purged["gateway.purge.removed"] == 3
    assert reloaded["gateway.policy.removed"] == ["embargo"]


def test_logrotate_moves_the_file_and_no_line_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with logging_to(path) as events:
        for n in range(50):
            events.emit("purged", removed=n)
            if n == 25:
                assert events.flush()
                time.sleep(0.15)
                path.rename(tmp_path / "log.1")
                events.reopen()
                time.sleep(0.15)
    both = lines_of(tmp_path / "log.1") + lines_of(path)
    assert [line["gateway.purge.removed"] for line in both] == list(range(50))
    assert path.stat().st_size > 0


def test_a_line_is_written_within_a_second(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log") as events:
        events.emit("gateway_started")
        time.sleep(0.5)
        assert len(lines_of(tmp_path / "log")) == 1


def test_no_address_gets_into_a_line(tmp_path: Path) -> None:
    spoken = "peer 203.0.113.77:4711 via [2001:db8::77]:443, ::ffff:198.51.100.9 and 2001:DB8:0:0:0:0:0:1."
    with logging_to(tmp_path / "log") as events:
        events.emit("request_failed", reason=spoken, problems=[spoken], **{"203.0.113.5": spoken})
        events.emit("gateway_started", url="http://127.0.0.1:8080", revision="2026.11.23", version="12:30:45")
    first, second = lines_of(tmp_path / "log")
    for part in ("203.0.113", "2001:db8", "198.51.100", "2001:DB8"):
        assert part not in json.dumps(first)
    assert "[address]" in str(first["event.reason"])
    assert second["url.full"] == "http://127.0.0.1:8080"
    assert second["gateway.content.version"] == "12:30:45"


def test_an_exception_is_told_by_its_frames_and_never_by_its_values(tmp_path: Path) -> None:
    def fails(reader: str) -> None:
        secret = f"cookie of {reader}"
        raise ValueError(secret)

    with logging_to(tmp_path / "log") as events:
        try:
            fails("203.0.113.77")
        except ValueError as error:
            events.emit("request_failed", level="error", error=error)
        events.emit("request_failed", error=GatewayError("policies/a.yaml:1:2: wrong"))
        events.emit("request_failed", error=OSError(28, "No space left on device", "/srv/203.0.113.77"))
    first, ours, system = lines_of(tmp_path / "log")
    assert first["error.type"] == "ValueError"
    assert str(first["error.stack_trace"]).endswith("fails']")
    assert "cookie" not in json.dumps(first)
    assert "203.0.113" not in json.dumps([first, system])
    assert ours["error.message"] == "policies/a.yaml:1:2: wrong"
    assert system["error.message"] == "No space left on device"


def test_what_libraries_say_is_logged_without_their_arguments(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log"):
        logging.getLogger("aiohttp.server").error("Error handling request from %s", "203.0.113.77")
        logging.getLogger("asyncio").error("socket.send() to ('203.0.113.78', 80) failed\nsecond line")
        logging.getLogger("aiohttp.access").warning("203.0.113.79 GET /")
        logging.getLogger("asyncio").info("Using selector")
    lines = lines_of(tmp_path / "log")
    assert [line["message"] for line in lines] == [
        "Error handling request from %s",
        "socket.send() to ('[address]', 80) failed",
    ]
    assert {line["event.action"] for line in lines} == {"library_message"}


def test_on_a_terminal_people_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    events = start_logging("console", path)
    events.emit("policy_reloaded", revision="abc")
    events.request(
        b'{"@timestamp":"2026-11-23T10:00:00.000Z","event.action":"request","http.request.method":"GET",'
        b'"url.path":"/articles/ferry","http.response.status_code":200,"event.duration":1200000}\n'
    )
    events.close()
    text = path.read_text()
    assert "policy_reloaded" in text
    assert "GET /articles/ferry 200" in text
    assert "1.2ms" in text


def test_the_schema_is_one_and_every_line_keeps_it(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema())
    with logging_to(tmp_path / "log") as events:
        events.emit("policy_rejected", problems=["a:1:1: x; y"], revision="r")
        events.emit("redis_lost", level="warning", reason="timeout")
        events.emit("log_dropped", count=3)
    for line in lines_of(tmp_path / "log"):
        jsonschema.validate(line, schema())


def test_every_event_in_the_code_stands_in_the_catalogue_with_its_fields() -> None:
    import ast

    unknown = []
    for path in Path("gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit"):
                continue
            if not (node.args and isinstance(node.args[0], ast.Constant)):
                continue
            name = node.args[0].value
            given = {keyword.arg for keyword in node.keywords if keyword.arg and keyword.arg != "level"}
            known = EVENTS.get(str(name))
            extra = given - set(known.fields if known else ()) - set(ALWAYS)
            if known is None or extra:
                unknown.append(f"{path}:{node.lineno}: {name} {sorted(extra)}")
    assert unknown == []
