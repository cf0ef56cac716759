"""The admin token cannot be guessed at, and nobody is locked out by a mistake."""

from __future__ import annotations

from pathlib import Path

from gateway.web.guesses import LIMIT, PEERS_KEPT, WINDOW_SECONDS, Guesses
from tests.running import exchange
from tests.web.world import serve


def test_ten_different_ones_a_minute_and_then_not_even_the_right_one() -> None:
    guesses = Guesses()
    for number in range(LIMIT):
        assert guesses.barred("a", number) == 0
        guesses.wrong("a", b"%d" % number, number)
    assert guesses.barred("a", 20) == WINDOW_SECONDS - 20
    assert guesses.barred("b", 20) == 0
    assert guesses.barred("a", WINDOW_SECONDS) == 0
    guesses.wrong("a", b"again", WINDOW_SECONDS)
    assert guesses.barred("a", WINDOW_SECONDS + 1) == 0


def test_the_same_mistake_over_and_over_is_one() -> None:
    guesses = Guesses()
    for number in range(1000):
        guesses.wrong("a", b"of yesterday", number / 100)
    assert guesses.barred("a", 10) == 0


def test_a_flood_of_peers_is_not_kept() -> None:
    guesses = Guesses()
    for number in range(10 * PEERS_KEPT):
        guesses.wrong(str(number), b"x", 0)
    assert len(guesses._tried) == PEERS_KEPT


def test_at_the_socket_the_eleventh_is_told_to_wait(world: tuple[Path, Path], tmp_path: Path) -> None:
    with serve(tmp_path, world) as running:

        def ask(token: str) -> int:
            answer = exchange(running.admin_port, "/metrics", {"Authorization": f"Bearer {token}"})
            assert ("retry-after" in answer.headers) == (answer.status == 429)
            return answer.status

        assert [ask("stale") for _ in range(20)] == [401] * 20
        assert ask(running.token) == 200
        assert [ask(f"guess {n}") for n in range(12)] == [401] * 9 + [429] * 3
        assert ask(running.token) == 429
        assert exchange(running.admin_port, "/readyz", {}).status == 200
