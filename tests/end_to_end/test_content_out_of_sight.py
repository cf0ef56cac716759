"""A content directory that is out of sight for a while, as a disk that is not mounted, takes no article away."""

from __future__ import annotations

import time
from pathlib import Path

from tests.running import gateway
from tests.sites import policy, write_content, write_policies

READ, UNREAD = "/articles/market-day", "/articles/harbour-opens"


def test_nothing_is_gone_while_all_is_out_of_sight_and_all_is_back_with_it(tmp_path: Path) -> None:
    content, away = write_content(tmp_path / "content"), tmp_path / "away"
    policies = write_policies(tmp_path / "policies", [policy("note", "notice: {id: noted}")], notices=("noted",))
    with gateway(tmp_path, content=content, policies=policies) as running:
        assert running.get(READ).status == 200
        content.rename(away)
        running.wait_for("content_rejected")
        for _ in range(2):
            assert (running.get(READ).status, 'data-notice="noted"' in running.get(READ).text) == (200, True)
            answer = running.get(UNREAD)
            assert (answer.status, "retry-after" in answer.headers) == (503, True)
            assert "Market day" in running.get("/").text
        away.rename(content)
        deadline = time.monotonic() + 15
        while running.get(UNREAD).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
