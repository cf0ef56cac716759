"""A slug that no article has is refused with the nearest that one has: by commands, and by the admin port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli import application
from gateway.policy.cases import no_such_article
from tests.running import SAMPLE, Running, gateway
from tests.sites import write_article, write_content

SLUG, TYPED = "the-ferry-that-still-runs", "the-fery-that-still-runs"
MEANT = f"there is no article '{TYPED}'; did you mean '{SLUG}'?"


@pytest.fixture(scope="module", params=["1", "2"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("slugs"), arguments=["--workers", request.param]) as running:
        yield running


def run(state: Path, *arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(application, [*arguments, "--state", str(state)], env=settings)


def shown(result: Result) -> str:
    """What is said of wrong usage, without the frame and its line ends."""
    return " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("arguments", [["purge", "--article", TYPED], ["preview", TYPED, "--in", "RU"]])
def test_a_slug_that_no_article_has_is_refused_with_the_nearest(site: Running, arguments: list[str]) -> None:
    refused = run(site.state, *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert MEANT in shown(refused)


def test_a_part_of_a_slug_is_near_enough() -> None:
    known = {SLUG: 1, "the-dredging-contract": 2}
    assert no_such_article("ferry", known) == f"there is no article 'ferry'; did you mean '{SLUG}'?"
    assert no_such_article("zebra", known) == "there is no article 'zebra'"


@pytest.mark.parametrize(("path", "body"), [("/purge", {"article": TYPED}), ("/preview", {"article": TYPED})])
def test_so_does_the_admin_port(site: Running, path: str, body: dict[str, str]) -> None:
    answer = site.admin(path, body)
    assert (answer.status, answer.json()["error"]) == (404, MEANT)
    assert site.admin(path, {"article": SLUG}).status == 200


def test_what_is_no_url_is_refused_by_the_admin_port_and_nothing_is_purged(site: Running) -> None:
    for url in ("http://[x", "//[", "https://[::1", "http://[::1%]/"):
        answer = site.admin("/purge", {"url": url})
        assert (answer.status, answer.json()["error"]) == (404, f"{url!r} is no URL")


def test_a_preview_of_a_place_that_there_is_not_is_refused_by_the_admin_port(site: Running) -> None:
    answer = site.admin("/preview", {"article": SLUG, "in": "UK"})
    assert answer.status == 404
    assert "there is no region 'UK'" in str(answer.json()["error"])


def test_what_is_left_of_an_article_that_was_taken_away_can_be_purged(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    gone = write_article(content, "gone")
    with gateway(tmp_path, content=content) as running:
        assert running.get("/articles/gone").status == 200
        gone.unlink()
        assert running.admin("/reload", {}).status == 200
        assert running.get("/articles/gone").status == 404
        purged = run(running.state, "purge", "--article", "gone")
        assert (purged.exit_code, purged.stdout[:9]) == (0, "Removed 1")
        assert run(running.state, "purge", "--article", "gone").exit_code == 2


def test_an_article_that_is_yet_to_come_gets_its_link_and_a_word_about_it(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    write_article(content, "tomorrow", published="2999-01-01T00:00:00Z")
    with gateway(tmp_path, content=content) as running:
        made = run(running.state, "preview", "tomorrow", "--unknown")
        assert made.exit_code == 0
        assert "/articles/tomorrow?preview=" in made.stdout
        assert "tomorrow is not published before 2999-01-01T00:00:00+00:00" in made.stderr


def test_where_no_gateway_runs_the_content_directory_is_asked_that_was_named(tmp_path: Path) -> None:
    refused = run(tmp_path, "preview", TYPED, "--unknown", GATEWAY_CONTENT=str(SAMPLE))
    assert refused.exit_code == 2
    assert MEANT in shown(refused)
    made = run(tmp_path, "preview", TYPED, "--unknown")
    assert made.exit_code == 0, "of another site's articles nothing is known here"
    assert f"no gateway runs on {tmp_path}" in made.stderr
