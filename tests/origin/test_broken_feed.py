"""A CMS's feed that is not well-formed, at the socket: each reader gets it with what is due to them."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

from tests.origin.newsroom import LAGOS, MOSCOW, newsroom
from tests.origin.scripted import response

ITEMS = "".join(
    f"<item><title>{name}</title><link>http://127.0.0.1/{name}?a=1&b=2</link><description>R&D in {name}</description></item>"
    for name in ("story/one", "open/two")
)
FEED = f'<rss version="2.0"><channel><title>News</title>{ITEMS}</channel></rss>'.encode()


def test_it_is_mended_for_whom_it_concerns_and_passes_for_all_others(tmp_path: Path) -> None:
    with newsroom(tmp_path, base_url="http://127.0.0.1") as news:
        for path, body in (("/feed", FEED), ("/cut", FEED[: FEED.index(b"R&D in open")])):
            news.cms.answers[path] = [
                response(body, "200 OK", "Content-Type: application/rss+xml", "Cache-Control: max-age=60")
            ]
        one, two = fromstring(news.get("/feed", MOSCOW).body).iter("item")
        assert "data-notice" in (one.findtext("description") or "")
        assert two.findtext("description") == "R&D in open/two"
        links = news.get("/cut", MOSCOW)
        assert "R&amp;D" not in links.text
        assert "data-notice" in links.text
        assert [event["message"] for event in news.running.wait_for("feed_unreadable")] == ["/cut"]
        assert news.get("/open", LAGOS).status == 404
