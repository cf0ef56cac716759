from __future__ import annotations

import gzip

import pytest

from gateway.content.message import Response
from gateway.content.origin.suspicion import suspicion

HTML = (("Content-Type", "text/html; charset=utf-8"),)
PAGE = Response(200, "OK", HTML, b"<html><p>All the news</html>\n")
CUT = Response(200, "OK", HTML, b"<html><p>All the n")


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (Response(200, "OK", HTML, b""), "empty"),
        (Response(200, "OK", (("Content-Type", "text/plain"),), b"Fatal error"), "no page any more"),
        (Response(200, "OK", (), b"Fatal error"), "no page any more"),
        (CUT, "no end"),
        (Response(200, "OK", (*HTML, ("Content-Encoding", "gzip")), gzip.compress(CUT.body)), "no end"),
    ],
)
def test_what_newsrooms_have_met_is_doubted(after: Response, why: str) -> None:
    assert suspicion(PAGE, after) == why


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PAGE, Response(200, "OK", HTML, b"<html>Other news</HTML>\n<!-- cached -->")),
        (PAGE, Response(404, "Not Found", HTML, b"")),
        (PAGE, Response(503, "No", HTML, b"")),
        (PAGE, Response(200, "OK", (*HTML, ("Content-Encoding", "gzip")), gzip.compress(PAGE.body))),
        (PAGE, Response(200, "OK", (*HTML, ("Content-Encoding", "compress")), b"\x1f\x9d")),
        (CUT, CUT),
        (Response(200, "OK", (("Content-Type", "application/json"),), b"{}"), Response(200, "OK", (), b"")),
        (Response(404, "Not Found", HTML, b"<html></html>"), CUT),
    ],
)
def test_a_page_that_changes_is_not(before: Response, after: Response) -> None:
    assert suspicion(before, after) == ""
