"""`gateway try`: one's own article as five readers would get it, with no gateway anywhere."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from gateway.cli import application
from tests.foreign import shown as cms
from tests.running import POLICIES

FERRY = cms.file_of(cms.WORDPRESS)
READERS = ["Moscow", "Simferopol", "Kyiv", "Lagos", "an unknown place"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_POLICIES", str(POLICIES))
    monkeypatch.setenv("GATEWAY_STATE", str(tmp_path / "state"))


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(application, ["try", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr + (str(result.exception) if result.exception else "")


def test_a_saved_page_is_shown_as_five_readers_get_it(tmp_path: Path) -> None:
    file = tmp_path / "try.html"
    code, out, err = run(FERRY, "--html", file)
    assert (code, out.count(str(file))) == (0, 1)
    assert [line.partition(":")[0] for line in err.splitlines()[1:6]] == READERS
    page = file.read_text()
    assert len(re.findall(r"<iframe title=\"The page for [^\"]+\" sandbox=\"\" ", page)) == 5
    assert page.count("data-notice=&#34;undesirable-organization&#34;") == 3
    assert "base href=&#34;https://news.example/2026/11/the-last-ferry/&#34;" in page
    assert "script-src &#39;none&#39;" not in page
    assert "script-src 'none'" in page


def test_programs_get_the_same_as_json() -> None:
    code, out, _ = run(FERRY, "--json")
    value = json.loads(out)
    assert (code, value["path"], value["section"], value["article"]) == (0, cms.WORDPRESS, "world-news", True)
    assert [one["reader"] for one in value["readers"]] == READERS
    assert [bool(one["treatments"]) for one in value["readers"]] == [True, True, False, False, True]
    assert {one["status"] for one in value["readers"]} == {200}


def test_a_feed_says_what_becomes_of_its_entries() -> None:
    code, out, _ = run(cms.file_of(cms.FEED), "--url", "https://news.example/feed/", "--json")
    assert code == 0
    assert json.loads(out)["entries"] == [cms.WORDPRESS, "/2026/11/night-bakers/"]


def test_what_needs_a_persons_eye_is_said_with_a_remedy_and_exit_code_1(tmp_path: Path) -> None:
    code, out, _ = run(cms.file_of(cms.FRONT), "--url", "https://news.example/", "--json")
    assert code == 1
    assert "does not say that it is an article" in out
    assert "GATEWAY_ORIGIN_PAGES" in out
    plain = tmp_path / "x.html"
    plain.write_text("no markup at all")
    code, out, _ = run(plain, "--json")
    assert code == 1
    assert "nothing that a policy could treat" in out


def test_a_part_that_a_policy_no_longer_finds_is_told(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    (policies / "notices" / "held").mkdir(parents=True)
    (policies / "notices" / "held" / "en.md").write_text("---\ntitle: Held\n---\nBy order.\n")
    (policies / "order.yaml").write_text(
        "policy: order\ntitle: By order\nbasis: [{kind: order, authority: A court}]\nreaders: {in: [NG]}\narticles: {paths: ['/2026/*']}\ndo:\n  - withhold: {parts: ['selector:#gone'], notice: held}\n"
    )
    code, out, _ = run(FERRY, "--json", "--policies", policies)
    assert code == 1
    assert "withhold_unmatched: selector:#gone on /2026/11/the-last-ferry/; mend the policy" in out
    assert [one["treatments"] for one in json.loads(out)["readers"]] == [[], [], [], ["withhold:selector:#gone"], []]


def test_a_mapping_says_what_the_page_does_not(tmp_path: Path) -> None:
    pages = tmp_path / "pages.yaml"
    pages.write_text('articles: {paths: ["/"]}\nsection: {default: front}\n')
    code, out, _ = run(cms.file_of(cms.FRONT), "--url", "https://news.example/", "--pages", pages, "--json")
    assert (code, json.loads(out)["section"]) == (0, "front")
    pages.write_text("articles: {paths: [x]}\n")
    code, _, err = run(FERRY, "--pages", pages, "--json")
    assert code != 0
    assert "pages.yaml:1:20: the path 'x' does not begin with /; write /x" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nowhere/page.html"], "cannot be read"),
        (["http://127.0.0.1:1/x"], "could not be fetched"),
        (["http://127.0.0.1:1/x", "--url", "https://a.example"], "is for a saved page"),
        ([str(FERRY), "--at", "yesterday"], "no moment with a zone"),
        ([str(FERRY), "--html", "/nowhere/x.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do_instead(arguments: list[str], said: str) -> None:
    code, _, err = run(*arguments)
    assert code in (1, 2)
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", err).split())


@pytest.fixture
def site() -> Iterator[str]:
    """A newsroom's site: one article, one that has moved, nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = {"/story": 200, "/old": 301}.get(self.path, 404)
            body = FERRY.read_bytes() if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/story")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


def test_an_address_is_fetched_once_and_what_it_answers_is_told(site: str) -> None:
    code, out, _ = run(f"{site}/story", "--json")
    assert (code, json.loads(out)["article"]) == (0, True)
    code, _, err = run(f"{site}/old", "--json")
    assert code == 1
    assert "has moved to /story; try that address" in err
    code, _, err = run(f"{site}/gone", "--json")
    assert code == 1
    assert "answers 404" in err


def test_the_page_is_served_on_loopback_under_its_own_name_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "gateway", "try", str(FERRY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])  # type: ignore[index]
            for name, path, status in (
                (f"127.0.0.1:{port}", "/", 200),
                ("evil.example", "/", 404),
                (f"127.0.0.1:{port}", "/x", 404),
            ):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", path, headers={"Host": name})
                response = connection.getresponse()
                assert response.status == status
                assert (b"<iframe" in response.read()) == (status == 200)
                connection.close()
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
