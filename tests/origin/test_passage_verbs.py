"""The operators' verbs in front of a CMS: they ask it, and say what they cannot know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.geo.addresses import ADDRESSES
from tests.origin.newsroom import WARNED, story
from tests.origin.scripted import Apart, apart, response
from tests.running import POLICIES
from tests.sites import policy, write_policies


@pytest.fixture(scope="module")
def cms() -> Iterator[Apart]:
    with apart() as running:
        page = response(story("harbour"), "200 OK", "Content-Type: text/html")
        running.origin.answers |= {
            "/story/harbour": [page],
            "/mute": [response(b"<!doctype html><title>x</title><p>harbour", "200 OK", "Content-Type: text/html")],
            "/logo.png": [response(b"x", "200 OK", "Content-Type: image/png")],
        }
        yield running


def verb(cms: Apart, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GATEWAY_CONTENT": cms.origin.url, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_explain_asks_the_cms_for_the_page_and_says_why(cms: Apart, tmp_path: Path) -> None:
    policies = str(write_policies(tmp_path, [WARNED], notices=("warned",)))
    asked = verb(cms, "explain", "--ip", ADDRESSES["Moscow"], "/story/harbour", "--policies", policies, "--json")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["treatments"] == ["notice:warned"]
    assert verb(cms, "explain", "--unknown", "/logo.png", "--policies", policies).returncode == 2
    silent = subprocess.run(
        [sys.executable, "-m", "gateway", "explain", "--unknown", "/x", "--policies", policies],
        env={**os.environ, "GATEWAY_CONTENT": "http://127.0.0.1:1", "COLUMNS": "200"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (silent.returncode, "GATEWAY_CONTENT" in silent.stderr) == (1, True), silent.stderr
    gone = verb(cms, "explain", "--unknown", "/nowhere", "--policies", policies)
    assert (gone.returncode, "the CMS says 404" in gone.stderr + gone.stdout) == (1, True)


def test_explain_says_of_a_page_that_is_no_article_what_readers_get(cms: Apart, tmp_path: Path) -> None:
    replaced = "redirect: {to: https://other.example/}"
    everywhere = policy("all", replaced)
    below = policy("below", replaced, "block: {notice: warned}", readers="{in: [RU]}", articles="{paths: [/mute*]}")
    directory = str(write_policies(tmp_path, [everywhere, below], notices=("warned",)))
    for where, status, treatments in (("RU", 451, ["block:warned"]), ("NG", 200, [])):
        asked = verb(cms, "explain", "--in", where, "/mute", "--policies", directory, "--json")
        said = json.loads(asked.stdout)
        assert (said["status"], said["treatments"]) == (status, treatments), asked.stderr


def test_check_says_what_it_cannot_know(cms: Apart) -> None:
    checked = verb(cms, "check", str(POLICIES))
    assert checked.returncode == 0, checked.stdout
    assert "which of them the policies mean was not checked" in checked.stdout + checked.stderr
    assert "explain PATH" in checked.stdout + checked.stderr
