"""Promise 7: without Redis everything is still served; with Redis back, it heals by itself."""

from __future__ import annotations

import time
from pathlib import Path

from tests.readers import READER, Readers
from tests.running import Answer, Running, gateway
from tests.servers import valkey
from tests.sites import policy, write_article, write_content, write_policies


def small(tmp_path: Path) -> tuple[Path, Path]:
    content = write_content(tmp_path / "content")
    for number in range(40):
        write_article(content, f"page-{number}")
    return content, write_policies(tmp_path / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))


def test_killing_valkey_under_load_fails_no_request_and_hits_resume(tmp_path: Path) -> None:
    content, policies = small(tmp_path)
    with valkey(tmp_path / "valkey") as server:
        # No memory cache: every page must come from Redis, or be rendered.
        settings = {"redis_url": server.url, "memory_cache_bytes": "0"}
        with gateway(tmp_path, content=content, policies=policies, **settings) as running:
            with Readers(running, lambda n: f"/articles/page-{n % 40}", 'data-notice="first"') as readers:
                time.sleep(1)
                server.kill()
                running.wait_for("redis_lost")
                time.sleep(1)
                server.start()
                running.wait_for("redis_restored")
                time.sleep(1)
            assert readers.failed == []
            assert len(readers.answers) > 100
            assert found_in(running, "page-1") == "redis"


def test_after_a_restart_of_everything_the_first_answer_comes_from_redis(tmp_path: Path) -> None:
    content, policies = small(tmp_path)
    levels = {"redis_url": "", "memory_cache_bytes": str(2**26)}  # whatever the run turns off: they are the subject
    for expected in ("render", "redis"):
        with gateway(tmp_path, content=content, policies=policies, **levels) as running:
            assert found_in(running, "page-1") == expected
            assert found_in(running, "page-1") == "memory"


def test_without_any_redis_everything_is_served(tmp_path: Path) -> None:
    content, policies = small(tmp_path)
    with gateway(tmp_path, content=content, policies=policies, redis_url="redis://127.0.0.1:1/0") as running:
        answers: list[Answer] = [running.get(f"/articles/page-{n}", reader=READER) for n in range(10)]
        assert {answer.status for answer in answers} == {200}
        assert running.admin("/readyz").status == 200


def found_in(running: Running, slug: str) -> str:
    seen = len(running.events("request"))
    assert running.get(f"/articles/{slug}", reader=READER).status == 200
    return str(running.wait_for("request", count=seen + 1)[-1]["gateway.cache.level"])
