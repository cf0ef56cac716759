"""A CMS's pages as it exports them, treated, and served to a browser."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from selectolax.lexbor import LexborHTMLParser

from gateway.content.message import Response
from gateway.policy.decision import Decision, DueNotice, Treatments, Withheld
from gateway.policy.model import PROTECTIONS, NoticePlace, NoticeText
from gateway.render.foreign.recognise import Recognised, recognise
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.treat import Treated, treat
from gateway.render.site import Site

SITE = Path(__file__).parent / "site"
HOST = "news.example"
TYPES = {
    ".html": "text/html; charset=UTF-8",
    ".htm": "text/html",
    ".xml": "application/xml; charset=UTF-8",
    ".json": "application/json",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
WORDPRESS, AMP = "/2026/11/the-last-ferry/", "/2026/11/the-last-ferry/amp/"
DRUPAL, DRUPAL_RU = "/en/news/harbour-strike.html", "/ru/news/zabastovka-v-portu.html"
NEXT, NEXT_DATA = "/politics/budget-vote.html", "/_next/data/b7/politics/budget-vote.json"
LEGACY, FEED, POSTS, SITEMAP, FRONT = "/arkhiv/parom.htm", "/feed/", "/wp-json/wp/v2/posts.json", "/sitemap.xml", "/"
PAGES = (WORDPRESS, AMP, DRUPAL, DRUPAL_RU, NEXT, LEGACY, FRONT)
ARTICLES = PAGES[:-1]
HTML_FIELDS = (("Content-Type", "text/html; charset=utf-8"),)

DEFAULTS = Rules()

WARNING = NoticeText(
    "undesirable-organization", "en", "Before you share this", "<p>If you are in <b>Russia</b>, sharing it may be a crime.</p>",
    "If you are in Russia, sharing it may be a crime.", "What this means",
)  # fmt: skip
HELD = NoticeText(
    "passage-withheld",
    "en",
    "Withheld by order",
    "<p>A court forbids these words here.</p>",
    "A court forbids these words here.",
)
PROTECTED = frozenset(PROTECTIONS)


def due(place: NoticePlace = NoticePlace.AFTER_BODY, text: NoticeText = WARNING) -> tuple[DueNotice, ...]:
    return (DueNotice(text.id, place, text),)


def withheld(*parts: str, media: tuple[str, ...] = ()) -> Treatments:
    return Treatments(withheld=(Withheld(frozenset(parts), frozenset(media), HELD),))


def endangered(place: NoticePlace = NoticePlace.AFTER_BODY) -> Treatments:
    """What a reader in Moscow gets of every page."""
    return Treatments(notices=due(place), protect=PROTECTED, social=due(place))


def decided(treatments: Treatments) -> Decision:
    return Decision(treatments, (), depends_on_place=True, valid_until=None, fingerprint="test")


def file_of(path: str) -> Path:
    plain = SITE / path.strip("/")
    return next((file for file in (plain, plain / "index.html", plain / "index.xml") if file.is_file()), plain)


def response(path: str) -> Response:
    """What the CMS answers for a path of the export."""
    file = file_of(path)
    return Response(200, "OK", (("Content-Type", TYPES[file.suffix]), ("ETag", '"of-the-origin"')), file.read_bytes())


def page(body: str | bytes, content_type: str = HTML_FIELDS[0][1]) -> Response:
    """A page that a test makes up."""
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return Response(200, "OK", (("Content-Type", content_type),), raw)


def article(inside: str = "", *, head: str = "", before: str = "", after: str = "") -> str:
    """An article's page, small and whole."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Boats</title><meta property="og:type" content="article">'
        f"{head}</head><body>{before}<main><article><h1>Boats</h1><div class='entry-content'><p>Every evening at ten minutes past eight a boat "
        f"with room for forty people leaves the old pier, whether forty people have come or four.</p>{inside}</div></article></main>{after}</body></html>"
    )


def known(of: Response, path: str = "/news/boats", rules: Rules = DEFAULTS) -> Recognised:
    found = recognise(of, path, rules, HOST)
    assert found is not None
    return found


def shown(of: Response, treatments: Treatments, path: str = "/news/boats", rules: Rules = DEFAULTS) -> Treated:
    """A response under treatments, the same for each of its entries."""
    found = known(of, path, rules)
    return treat(
        of, found, decided(treatments), rules, Site(), entries=[decided(treatments)] * len(found.entries), host=HOST
    )


def text_of(of: Treated) -> str:
    return of.page.body.decode("utf-8")


def tree_of(of: Treated) -> LexborHTMLParser:
    return LexborHTMLParser(of.page.body)


@dataclass(slots=True)
class Serving:
    """A site in service on loopback, under `http://news.example:PORT` for a browser that resolves it so."""

    port: int
    treatments: Treatments | None = None
    fields: tuple[tuple[str, str], ...] = ()
    change: Callable[[bytes], bytes] = field(default=lambda body: body)

    def url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"


@contextlib.contextmanager
def serving() -> Iterator[Serving]:
    """The export, each page treated as `Serving.treatments` says at that moment; None: as the CMS has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            file = file_of(path)
            if not file.is_file() or SITE not in file.resolve().parents:
                self.send_error(404)
                return
            of = response(path)
            body = of.body.replace(f"https://{HOST}".encode(), f"http://{HOST}:{served.port}".encode())
            of = Response(of.status, of.reason, of.fields + served.fields, served.change(body))
            fields, sent = of.fields, of.body
            if served.treatments is not None and file.suffix in (".html", ".htm"):
                treated = shown(of, served.treatments, path)
                fields, sent = treated.fields, treated.page.body
            self.send_response(200)
            for name, value in fields:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Serving(server.server_address[1])
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
