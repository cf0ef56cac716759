"""Previews are no spoofing tool: only what was signed, for that article, until its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli import application
from gateway.web.preview import Preview, sign, verify
from tests.running import Running, gateway

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY = b"a key"
GRANTED = Preview("an-article", "UA-43", NOW + timedelta(hours=1))


def test_a_preview_is_granted_for_its_article_until_its_end() -> None:
    token = sign(GRANTED, KEY)
    assert verify(token, "an-article", KEY, NOW) == GRANTED
    assert verify(token, "another", KEY, NOW) is None
    assert verify(token, "an-article", b"another key", NOW) is None
    assert verify(token, "an-article", KEY, GRANTED.ends) is None


@given(st.integers(0, 10_000), st.characters(codec="utf-8"))
def test_no_changed_token_grants_anything(position: int, character: str) -> None:
    token = sign(GRANTED, KEY)
    at = position % len(token)
    changed = token[:at] + character + token[at + 1 :]
    assert verify(changed, "an-article", KEY, NOW) == (GRANTED if changed == token else None)


@given(st.text())
def test_no_made_up_token_raises(token: str) -> None:
    assert verify(token, "an-article", KEY, NOW) is None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("preview")) as running:
        yield running


def test_a_preview_is_never_kept_and_marked_in_the_log_and_in_no_metric(site: Running) -> None:
    key = (site.state / "signing-key").read_text().strip().encode()
    ends = datetime.now(UTC) + timedelta(minutes=5)
    path = "/articles/the-ferry-that-still-runs"
    token = sign(Preview(path.rpartition("/")[2], "RU", ends), key)
    before = site.admin("/metrics").text
    for _ in range(2):
        answer = site.get(f"{path}?preview={token}", reader="8.8.8.8")
        assert answer.status == 200
        assert 'data-notice="undesirable-organization"' in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["cache-status"] == "gateway; fwd=bypass"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    logged = site.wait_for("request", count=2)
    assert {event.get("gateway.preview") for event in logged} == {True}
    assert [line for line in site.admin("/metrics").text.splitlines() if 'door="html"' in line] == [
        line for line in before.splitlines() if 'door="html"' in line
    ]
    assert site.get(f"{path}?preview={token}x", reader="8.8.8.8").status == 403


def preview(state: Path, **settings: str) -> str:
    """What `gateway preview` prints for the gateway that runs on this state directory."""
    asked = ["preview", "the-ferry-that-still-runs", "--in", "RU", "--state", str(state)]
    return CliRunner().invoke(application, asked, env=settings).stdout.strip()


def test_the_command_makes_a_link_to_the_gateway_that_runs_wherever_it_listens(site: Running) -> None:
    link = preview(site.state)
    assert link.startswith(f"http://127.0.0.1:{site.port}/articles/the-ferry-that-still-runs?preview=")
    assert 'data-notice="undesirable-organization"' in site.get(link.partition(str(site.port))[2]).text


def test_a_link_names_the_site_as_the_settings_do_and_needs_no_running_gateway(site: Running, tmp_path: Path) -> None:
    assert preview(site.state, GATEWAY_BASE_URL="https://m.example").startswith("https://m.example/articles/the-ferry")
    assert preview(tmp_path, GATEWAY_PORT="1234").startswith("http://127.0.0.1:1234/articles/the-ferry")
    (tmp_path / "public-address").write_text("0.0.0.0:4321\n")
    assert preview(tmp_path).startswith("http://127.0.0.1:4321/articles/the-ferry"), "nobody can open 0.0.0.0"


@pytest.mark.parametrize("target", ["UK", "gb", "london", "no-region-any-more"])
def test_no_link_stands_for_a_place_that_there_is_not(site: Running, target: str) -> None:
    asked = ["preview", "the-ferry-that-still-runs", "--in", target, "--state", str(site.state)]
    refused = CliRunner().invoke(application, asked)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"there is no region '{target}'" in refused.stderr
    key = (site.state / "signing-key").read_text().strip().encode()
    token = sign(Preview("the-ferry-that-still-runs", target, datetime.now(UTC) + timedelta(minutes=5)), key)
    assert site.get(f"/articles/the-ferry-that-still-runs?preview={token}").status == 403
