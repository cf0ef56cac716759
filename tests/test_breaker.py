from __future__ import annotations

from gateway.breaker import Breaker


def test_five_failures_in_a_row_open_it_once() -> None:
    breaker = Breaker()
    assert [breaker.failed("timeout", float(n)) for n in range(7)] == [False] * 4 + [True, False, False]
    assert (breaker.open, breaker.reason, breaker.since) == (True, "timeout", 4.0)


def test_one_stalled_answer_in_a_hundred_does_not_open_it() -> None:
    breaker = Breaker()
    for n in range(5000):
        if n % 100 == 0:
            assert not breaker.failed("timeout", n / 500)
        else:
            breaker.succeeded()


def test_failures_that_are_long_past_do_not_count() -> None:
    breaker = Breaker()
    assert not any(breaker.failed("timeout", 60.0 * n) for n in range(20))


def test_what_is_certain_opens_it_at_once() -> None:
    assert Breaker().failed("authentication", 1.0, for_certain=True)


def test_closed_again_it_takes_five_failures_again() -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed("timeout", 1.0)
    breaker.close()
    assert [breaker.failed("timeout", 2.0) for _ in range(5)] == [False] * 4 + [True]
