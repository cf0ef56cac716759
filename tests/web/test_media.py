"""A medium is sent a piece at a time, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.running import Running
from tests.web.wire import Wire, get
from tests.web.world import PIXEL, serve


@pytest.fixture
def own(tmp_path: Path, world: tuple[Path, Path]) -> tuple[Path, Path]:
    """A copy of the content that a test may change."""
    content, policies = world
    return shutil.copytree(content, tmp_path / "content"), policies


def test_a_medium_arrives_as_it_is_with_its_length_and_type(site: Running, world: tuple[Path, Path]) -> None:
    with Wire(site.port) as wire:
        small, large = wire.ask("/media/pixel.png"), wire.ask("/media/plan.pdf")
        head = wire.ask("/media/plan.pdf", method="HEAD")
        same = wire.ask("/media/plan.pdf", f"If-None-Match: {large['etag']}")
    assert (small.body, small["content-type"]) == (PIXEL, "image/png")
    assert large.body == (world[0] / "media" / "plan.pdf").read_bytes()
    assert (head.status, head.body, head["content-length"]) == (200, b"", str(len(large.body)))
    assert (same.status, same.body) == (304, b"")


def test_a_medium_that_is_no_longer_what_was_indexed_is_sent_once_it_is_indexed_anew(
    own: tuple[Path, Path], tmp_path: Path
) -> None:
    content, _ = own
    with serve(tmp_path, own) as running, Wire(running.port) as wire:
        first = wire.ask("/media/pixel.png")
        assert first.body == PIXEL
        pixel = content / "media" / "pixel.png"
        before = pixel.stat()
        pixel.write_bytes(PIXEL[::-1])
        os.utime(pixel, ns=(before.st_atime_ns, before.st_mtime_ns))
        changed = wire.ask("/media/pixel.png")
        assert (changed.status, changed.body) == (200, PIXEL[::-1])
        assert changed["etag"] != first["etag"]


def test_a_file_cut_short_on_the_way_breaks_the_connection_instead_of_the_next_answer(
    own: tuple[Path, Path], tmp_path: Path
) -> None:
    content, _ = own
    plan = content / "media" / "plan.pdf"
    plan.write_bytes(bytes(20 << 20))
    with serve(tmp_path, own) as running:
        with Wire(running.port, buffer=4096) as wire:
            wire.send(get("/media/plan.pdf") + get("/articles/ferry"))
            wire.socket.recv(1000)
            os.truncate(plan, 1 << 20)
            got = wire.everything()
        assert len(got) < 20 << 20
        assert b"HTTP/1.1" not in got
