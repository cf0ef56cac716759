"""Observe before enforce: pages untouched, and the log says what would have been done."""

from __future__ import annotations

from pathlib import Path

from tests.geo.addresses import ADDRESSES
from tests.running import gateway
from tests.sites import policy, write_content, write_policies


def test_in_observe_mode_every_page_is_as_published_and_the_log_tells_what_would_be_done(tmp_path: Path) -> None:
    policies = write_policies(
        tmp_path / "policies",
        [
            policy("warn", "notice: {id: first}", readers="{in: [RU]}"),
            policy("block", "block: {notice: second}", readers="{in: [DE]}", kind="order"),
        ],
        notices=("first", "second"),
    )
    content = write_content(tmp_path / "content")
    with gateway(tmp_path, content=content, policies=policies, mode="observe") as running:
        pages = [running.get("/articles/market-day", reader=ADDRESSES[city]) for city in ("Moscow", "Berlin", "Lagos")]
        assert {page.status for page in pages} == {200}
        assert len({page.body for page in pages}) == 1
        assert b"data-notice" not in pages[0].body
        logged = [event["gateway.decision.shadow"] for event in running.wait_for("request", count=3)]
        assert logged == [["warn=notice:first"], ["block=block:second"], []]
