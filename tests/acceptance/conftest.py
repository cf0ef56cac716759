"""Gives each check its row, keeps the rows, and shows the table when all have run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.recorder import Recording, Row, keep, kept_rows, table

_rows = pytest.StashKey[dict[str, list[Row]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_rows] = {}


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Recording:
    """Rows of the table that this test fills."""

    def row(number: int, part: str = "") -> Row:
        assert f"check_{number:02}" in request.node.nodeid, "so that -k finds it"
        made = Row(number, part)
        request.config.stash[_rows].setdefault(request.node.nodeid, []).append(made)
        return made

    return row


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    for row in item.config.stash[_rows].get(item.nodeid, []):
        if row.outcome in ("not run", "passed"):
            row.outcome = report.outcome
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    made = {
        f"{test}#{place}" if place else test: row
        for test, rows in config.stash[_rows].items()
        for place, row in enumerate(rows)
    }
    if made:
        keep(made)
        terminalreporter.section("acceptance checks")
        terminalreporter.write_line(table(kept_rows(), {row.number for row in made.values()}))
