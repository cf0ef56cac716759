"""Promise 2: protect when in doubt, never censor when in doubt. Real public addresses, the embedded evidence, the
sample policies, through a trusted proxy's header, at the socket.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.geo.addresses import ADDRESSES
from tests.running import POLICIES, SAMPLE, Running

WARNED = ("Moscow", "Simferopol", "Sevastopol", "Donetsk", "Luhansk", "Kherson")
LEFT_ALONE = ("Kyiv", "Minsk", "Lagos")
IN_DOUBT = {
    "a private address": "192.168.7.7",
    "a loopback address": "127.0.0.1",
    "a documentation address": "203.0.113.9",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "garbage": "not-an-address",
    "an obfuscated name": "_hidden",
    "a zone id": "fe80::1%eth0",
    "an octal spelling": "010.1.1.1",
    "nothing between commas": ", ,",
}
ARTICLE = "/articles/the-ferry-that-still-runs"
WARNING = "undesirable-organization"


def notices(text: str) -> list[str]:
    return re.findall(r'<aside[^>]*data-notice="([^"]+)"', text)


@pytest.mark.parametrize("city", WARNED)
def test_readers_in_russia_and_the_territories_it_controls_are_warned_and_protected(sample: Running, city: str) -> None:
    answer = sample.get(ARTICLE, reader=ADDRESSES[city])
    assert answer.status == 200
    assert notices(answer.text) == [WARNING]
    assert "share" not in re.findall(r'class="([^"]*)"', answer.text)
    assert answer.headers["cache-control"] == "private, no-cache, no-store"


@pytest.mark.parametrize("city", LEFT_ALONE)
def test_readers_elsewhere_read_the_page_as_it_was_published(sample: Running, city: str) -> None:
    answer = sample.get(ARTICLE, reader=ADDRESSES[city])
    assert answer.status == 200
    assert notices(answer.text) == []
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("header", IN_DOUBT.values(), ids=list(IN_DOUBT))
def test_whoever_may_be_anywhere_is_warned_and_never_refused(sample: Running, header: str) -> None:
    for article in (ARTICLE, "/articles/" + blocked_article()):
        answer = sample.get(article, reader=header)
        assert answer.status == 200
        assert notices(answer.text) == [WARNING]


def test_a_trusted_proxy_that_names_nobody_makes_the_reader_unknown_not_the_proxys_neighbour(sample: Running) -> None:
    answer = sample.get(ARTICLE)
    assert notices(answer.text) == [WARNING]


def test_a_block_acts_on_confirmed_readers_alone(sample: Running) -> None:
    article = "/articles/" + blocked_article()
    refused = sample.get(article, reader=ADDRESSES["Berlin"])
    assert refused.status == 451
    assert refused.headers["link"].endswith('rel="blocked-by"')
    assert "private" in refused.headers["cache-control"]
    assert sample.get(article, reader=ADDRESSES["Lagos"]).status == 200


@pytest.mark.parametrize("city", [*WARNED, *LEFT_ALONE])
def test_explain_gives_the_reason_for_what_the_socket_did(sample: Running, city: str) -> None:
    command = [sys.executable, "-m", "gateway", "explain", "--ip", ADDRESSES[city], "--json",
               "--policies", str(POLICIES), "--content", str(SAMPLE), ARTICLE.rpartition("/")[2]]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    line = next(entry for entry in told["policies"] if entry["policy"] == WARNING)
    assert line["matched"] == (city in WARNED)
    assert line["reason"]
    assert told["status"] == sample.get(ARTICLE, reader=ADDRESSES[city]).status
    assert (f"notice:{WARNING}" in told["treatments"]) == (city in WARNED)


def blocked_article() -> str:
    """The slug that the sample's court order names."""
    found = re.search(r"slugs:\s*\[\s*([a-z0-9-]+)", (POLICIES / "court-order-example.yaml").read_text("utf-8"))
    assert found
    return found[1]
