"""An editor saves while readers read: nobody meets an error, half an article, or an article without its notice."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.geo.addresses import ADDRESSES
from tests.load import NOTICE
from tests.running import Answer, Running, gateway
from tests.sites import policy, write_article, write_policies

READERS = {ADDRESSES["Moscow"]: {"noted", "warned"}, ADDRESSES["Lagos"]: {"noted"}, ADDRESSES["Vienna"]: {"noted"}}
EDITION = re.compile(rb"Edition (\d+) (?:begins|has a passage|ends)")
PARAGRAPHS = "".join(f"\n\nParagraph {n}: the harbour master said what {n * 7} others had." for n in range(300))

Save = Callable[[Path, str], None]


def text(number: int) -> str:
    passage = f"::: part id=p2\nEdition {number} has a passage to withhold.\n:::"
    return f"Edition {number} begins.\n\n{passage}{PARAGRAPHS}\n\nEdition {number} ends."


def in_place(file: Path, whole: str) -> None:
    file.write_text(whole)


def in_two_halves(file: Path, whole: str) -> None:
    """As something slow would: the first half is an article, too."""
    with file.open("w") as opened:
        opened.write(whole[: len(whole) // 2])
        opened.flush()
        time.sleep(0.06)
        opened.write(whole[len(whole) // 2 :])


def by_rename(file: Path, whole: str) -> None:
    beside = file.with_name(".saving")
    beside.write_text(whole)
    beside.replace(file)


def by_moving_the_old_away(file: Path, whole: str) -> None:
    """As vim does."""
    file.rename(file.with_name(f"{file.name}~"))
    time.sleep(0.03)
    file.write_text(whole)
    file.with_name(f"{file.name}~").unlink()


SAVES: tuple[Save, ...] = (in_place, in_two_halves, by_rename, by_moving_the_old_away)


@contextmanager
def world(root: Path, **settings: str) -> Iterator[tuple[Running, Path]]:
    policies = write_policies(
        root / "policies",
        [
            policy("note", "notice: {id: noted}"),
            policy("warn", "notice: {id: warned}", readers="{in: [RU]}"),
            policy("hold", "withhold: {parts: [p2], notice: held}", readers="{in: [AT]}"),
        ],
        notices=("noted", "warned", "held"),
    )
    file = write_article(root / "content", "live", body=text(0))
    with gateway(root, content=root / "content", policies=policies, **settings) as running:
        yield running, file


def ask(running: Running, reader: str, number: int = 0) -> Answer:
    return running.get("/articles/live.json" if number % 5 == 4 else "/articles/live", reader=reader)


def faults(answer: Answer, reader: str) -> Iterator[str]:
    if answer.status != 200:
        yield f"status {answer.status}"
        return
    editions = EDITION.findall(answer.body)
    if len(set(editions)) != 1 or len(editions) < (2 if reader == ADDRESSES["Vienna"] else 3):
        yield f"editions {editions}"
    if (b"a passage to withhold" in answer.body) == (reader == ADDRESSES["Vienna"]):
        yield "passage"
    shown = {name.decode() for name in NOTICE.findall(answer.body)}
    if answer.headers["content-type"].startswith("text/html") and shown - {"held"} != READERS[reader]:
        yield f"notices {shown}"


@pytest.mark.parametrize(
    "settings", [{}, {"workers": "2", "memory_cache_bytes": "0"}], ids=["one", "nothing in memory"]
)
def test_readers_of_an_article_that_is_saved_again_and_again_get_one_whole_edition(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    chance, over = random.Random(22), threading.Event()
    with world(tmp_path, **settings) as (running, file):
        ask(running, ADDRESSES["Lagos"])
        front = file.read_text().split("Edition", 1)[0]

        def edit() -> None:
            for number in itertools.count(1):
                if over.is_set():
                    return
                SAVES[number % len(SAVES)](file, front + text(number) + "\n")
                time.sleep(chance.choice((0.0, 0.05, 0.35)))

        editor = threading.Thread(target=edit)
        editor.start()
        found, seen, ends = [], set(), time.monotonic() + 3
        try:
            for number in itertools.count():
                if time.monotonic() > ends:
                    break
                reader = list(READERS)[number % len(READERS)]
                answer = ask(running, reader, number)
                found += [(number, fault) for fault in faults(answer, reader)]
                seen.update(EDITION.findall(answer.body)[:1])
        finally:
            over.set()
            editor.join()
        assert not found, found[:5]
        assert len(seen) > 3  # it was edited, and that was seen
        assert not running.events("request_failed")


def test_a_reader_of_an_article_that_nobody_has_read_waits_for_its_editor(tmp_path: Path) -> None:
    with world(tmp_path) as (running, file):
        front = file.read_text().split("Edition", 1)[0]
        file.write_text(front + text(1) + "\n")
        answer = ask(running, ADDRESSES["Moscow"])  # at once: the index does not know yet
        assert not list(faults(answer, ADDRESSES["Moscow"]))
        assert EDITION.findall(answer.body)[0] == b"1"
        file.unlink()
        assert ask(running, ADDRESSES["Vienna"]).status in (200, 404)


def test_a_picture_that_is_saved_while_it_is_asked_for_is_never_an_error(tmp_path: Path) -> None:
    picture = tmp_path / "content" / "media" / "chart.svg"
    picture.parent.mkdir(parents=True)
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg' id='e0'/>")
    with world(tmp_path) as (running, _):
        for number in range(1, 5):
            picture.write_text(f"<svg xmlns='http://www.w3.org/2000/svg' id='e{number}'/>")
            answer = running.get("/media/chart.svg")
            assert (answer.status, answer.body) == (200, picture.read_bytes())


def test_an_article_whose_file_is_not_to_be_had_asks_the_reader_to_come_back(tmp_path: Path) -> None:
    with world(tmp_path) as (running, file):
        front = file.read_text().split("Edition", 1)[0]
        over = threading.Event()

        def never_still() -> None:
            for number in itertools.count(1):
                if over.wait(0.02):
                    return
                file.write_text(front + text(number)[: 40 + number] + "\n")

        editor = threading.Thread(target=never_still)
        editor.start()
        try:
            time.sleep(0.1)
            answer = ask(running, ADDRESSES["Lagos"])
        finally:
            over.set()
            editor.join()
        assert (answer.status, answer.headers["retry-after"], answer.headers["cache-control"]) == (
            503, "2", "private, no-store",
        )  # fmt: skip
        assert running.wait_for("content_rejected")[0]["file.path"] == "articles/en/live.md"
        file.write_text(front + text(1) + "\n")
        assert ask(running, ADDRESSES["Lagos"]).status == 200
