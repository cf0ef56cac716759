"""Readers who never stop asking while a test breaks something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

from tests.running import Answer, Running

READER = "8.8.8.8"


class Readers:
    """Four at once, each request on a connection of its own. `failed`: every answer that was not the page it should be."""

    def __init__(self, running: Running, path: Callable[[int], str], holds: str) -> None:
        self.answers: list[Answer] = []
        self.failed: list[object] = []
        self._running, self._path, self._holds = running, path, holds
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, number: int) -> None:
        while not self._stop.is_set():
            number += 7
            try:
                answer = self._running.get(self._path(number), reader=READER)
            except OSError as error:
                self.failed.append(error)
                continue
            self.answers.append(answer)
            if answer.status != 200 or self._holds not in answer.text:
                self.failed.append((answer.status, answer.body))
