"""Promise 3: a rule acts in its second, whatever is cached anywhere."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.running import gateway
from tests.sites import policy, write_article, write_content, write_policies

READER = "8.8.8.8"


def in_seconds(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


def test_a_notice_starts_and_ends_when_it_says_without_a_reload(tmp_path: Path) -> None:
    start, end = in_seconds(6), in_seconds(9)
    window = f"effective: [{{from: {start.isoformat()}, until: {end.isoformat()}}}]\n"
    policies = write_policies(
        tmp_path / "policies", [policy("warn", "notice: {id: first}", effective=window)], notices=("first",)
    )
    with gateway(tmp_path, content=write_content(tmp_path / "content"), policies=policies) as running:
        seen: list[tuple[datetime, bool, int]] = []
        while datetime.now(UTC) < end + timedelta(seconds=1):
            asked = datetime.now(UTC)
            answer = running.get("/articles/market-day", reader=READER)
            if asked.second == datetime.now(UTC).second:  # else the second turned while the answer was on its way
                age = re.fullmatch(r"public, max-age=(\d+), must-revalidate", answer.headers["cache-control"])
                assert age
                seen.append((asked, "data-notice" in answer.text, int(age[1])))
            time.sleep(0.05)
        assert {start <= asked < end for asked, _, _ in seen} == {True, False}
        for asked, shown, max_age in seen:
            assert shown == (start <= asked < end), asked
            boundary = start if asked < start else end if asked < end else None
            if boundary is not None:
                assert asked + timedelta(seconds=max_age) <= boundary + timedelta(seconds=0.2)


def test_an_article_does_not_exist_before_it_is_published_anywhere(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    published = in_seconds(5)
    write_article(content, "embargoed", published=published.isoformat())
    policies = write_policies(tmp_path / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))
    with gateway(tmp_path, content=content, policies=policies) as running:
        while (asked := datetime.now(UTC)) < published + timedelta(seconds=1):
            status = running.get("/articles/embargoed", reader=READER).status
            listed = {
                path: "embargoed" in running.get(path, reader=READER).text
                for path in ("/", "/feed.xml", "/sitemap.xml")
            }
            answered = datetime.now(UTC)
            if answered < published:
                assert (status, *listed.values()) == (404, False, False, False)
            elif asked >= published:
                assert (status, *listed.values()) == (200, True, True, True)
            time.sleep(0.05)
