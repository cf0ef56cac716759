"""What a policy takes away from a country is in no byte that goes there: no door, no coding, no error, no copy made before."""

from __future__ import annotations

import html
import json
import unicodedata
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.end_to_end.redaction import SECRETS, answers, found_in, take_away, write_site
from tests.running import gateway
from tests.web.wire import SITE, Response


def test_nothing_of_what_is_taken_away_is_in_any_answer_that_goes_there(tmp_path: Path) -> None:
    content, policies = write_site(tmp_path)
    with gateway(tmp_path, content=content, policies=policies, base_url=f"http://{SITE}") as running:
        plain = answers(running, codings=["identity"], methods=["GET"])
        before = Counter(name for _, answer in plain for name in found_in(answer))
        assert set(before) == set(SECRETS), "or the search below would show nothing"
        take_away(policies)
        assert running.admin("/reload", {}).status == 200
        asked = 0
        for request, answer in answers(running, codings=["identity", "br"]):  # all of them in acceptance check 17
            asked += 1
            assert found_in(answer) == [], request
        assert asked > 1500


@pytest.mark.parametrize("secret", SECRETS.values())
def test_the_search_finds_every_spelling(secret: str) -> None:
    spellings = [
        secret, secret.upper(), secret.casefold(), html.escape(secret), quote(secret), quote(secret).lower(), json.dumps(secret),
        json.dumps(html.escape(secret)), unicodedata.normalize("NFD", secret), unicodedata.normalize("NFKC", secret),
        "\u00ad".join(secret), "\u200b".join(secret), "".join(f"&#{ord(char)};" for char in secret),
        "".join(f"&#x{ord(char):x};" for char in secret), secret.replace(" ", "\u00a0"), secret.replace(" ", "-").lower(),
    ]  # fmt: skip
    for spelt in spellings:
        assert found_in(Response(200, [], b"", f"HTTP/1.1 200 OK\r\nLink: <{spelt}>\r\n\r\n".encode()))
        assert found_in(Response(200, [], f"<p>{spelt}</p>".encode(), b"HTTP/1.1 200 OK\r\n\r\n"))
    for coded in (secret.encode("utf-16-le"), secret.encode("utf-16-be"), secret.encode().hex().encode()):
        assert found_in(Response(200, [], coded, b"HTTP/1.1 200 OK\r\n\r\n"))
