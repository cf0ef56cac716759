"""What the whole suite has looked through by its end, on one line."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests import sinks


class Privacy:
    """Adds up the sinks that were looked through, also those of other processes of the same run."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand a worker's part on."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["sinks"] = {**asdict(sinks.TALLY), "kinds": sorted(sinks.TALLY.kinds)}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """Take a worker's part."""
        del error
        part = getattr(node, "workeroutput", {}).get("sinks")
        if part:
            sinks.TALLY.add(part["gateways"], part["sinks"], part["size"], part["kinds"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it; a leak has failed its test already."""
        if sinks.TALLY.gateways:
            terminalreporter.write_line(sinks.TALLY.sentence())


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Privacy())
