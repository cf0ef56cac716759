"""Secrets in every place of an article, policies that take them away from one country, and the search for any of them
in the bytes that go there, however they may be spelt.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from urllib.parse import quote, unquote

import brotli
import zstandard

from tests.geo.addresses import ADDRESSES
from tests.running import Running
from tests.sites import policy, write_article, write_policies
from tests.web.wire import SITE, Response, Wire, get

THERE, ELSEWHERE = ADDRESSES["Berlin"], ADDRESSES["Lagos"]
SECRETS = {
    "part": "Žanna O\u2019Đorđević & Søn",
    "inner": "Ingeborg Ætelstan-Zwölf",
    "title": "Quiñones\u2010Ähtäri",
    "kicker": "Kırmızı Kölsch",
    "summary": "Łukasz <Wrzesień>",
    "caption": "Fjörður Überfahrt",
    "alt": "Ñandú Ærø",
    "author": "Œdipe Garçon",
    "text": "Straße Größenwahn",
    "translated": "Żółć Gęślą",
    "blocked": "Çağrı Øyelids",
}
"""One a place (a substituted article keeps its byline); each in letters that can be composed, escaped and folded in several ways."""
WARM = (
    "/articles/part",
    "/articles/title",
    "/articles/replaced",
    "/articles/pictured",
    "/articles/blocked",
    "/",
    "/feed.xml",
)
PATHS = [
    *(f"/articles/{slug}{suffix}" for slug in ("part", "title", "replaced", "pictured", "blocked", "teil", "none")
      for suffix in ("", ".json", "?x", "/", ".html", "?preview=x.y")),
    "/", "/sections/world", "/feed.xml", "/sections/world/feed.xml", "/sitemap.xml", "/robots.txt", "/nothing", "/-/transparency",
    "/-/notices/held", "/-/notices/held?lang=de", "/media/secret.svg", "/media/inner.svg", "/articles/../part", "//articles/part",
]  # fmt: skip


CODINGS, METHODS = ("identity", "gzip", "br", "zstd"), ("GET", "HEAD", "OPTIONS")


def write_site(root: Path) -> tuple[Path, Path]:
    """Content, and policies that name nothing yet."""
    s, content = SECRETS, root / "content"
    write_article(
        content, "part", body=f"Before.\n\n::: part id=p2\n{s['part']} said ![{s['inner']}](inner.svg).\n:::\n\nAfter."
    )
    write_article(content, "title", title=json.dumps(s["title"], ensure_ascii=False))
    write_article(content, "teil", title="Ein Titel", language="de", extra="translation_of: part\n",
                  body=f"Vorher.\n\n::: part id=p2\n{s['translated']} sagte es.\n:::\n")  # fmt: skip
    told = {name: json.dumps(s[name], ensure_ascii=False) for name in s}
    replaced = write_article(
        content, "replaced", title=told["title"], extra=f"kicker: {told['kicker']}\ndateline: {told['kicker']}\n",
        body=f"{s['text']}.",
    )  # fmt: skip
    replaced.write_text(replaced.read_text().replace("A short summary of replaced.", told["summary"]))
    write_article(
        content, "pictured", extra=f"image: {{src: secret.svg, caption: {told['caption']}, alt: {told['alt']}}}\n"
    )
    blocked = write_article(content, "blocked", title=told["blocked"], body=f"{s['blocked']}.")
    blocked.write_text(
        blocked.read_text()
        .replace("A short summary of blocked.", told["blocked"])
        .replace("[Ada Quill]", f"[{told['author']}]")
    )
    (content / "media").mkdir()
    for name in ("secret", "inner"):
        (content / "media" / f"{name}.svg").write_text(
            f"<svg xmlns='http://www.w3.org/2000/svg'><title>{s['alt']}</title></svg>"
        )
    return content, write_policies(
        root / "policies", [policy("none", "notice: {id: held}", readers="{in: [IR]}")], notices=["held"]
    )


def take_away(policies: Path) -> None:
    """Put the policies into the directory that take all of it away in one country."""
    (policies / "texts").mkdir(exist_ok=True)
    (policies / "texts" / "title.md").write_text("Another title\n")
    (policies / "texts" / "article.md").write_text("## Another heading\n\nAnother text.\n")
    done = {
        "part": "withhold: {parts: [p2], notice: held}",
        "title": "substitute: {title: true, with: texts/title.md}",
        "replaced": "substitute: {article: true, with: texts/article.md}",
        "pictured": "withhold: {media: all, notice: held}",
        "blocked": "block: {notice: held}",
    }
    for slug, action in done.items():
        made = policy(slug, action, readers="{in: [DE]}", articles=f"{{slugs: [{slug}]}}", kind="order")
        (policies / f"{slug}.yaml").write_text(made)


def answers(
    running: Running, *, codings: Sequence[str] = CODINGS, methods: Sequence[str] = METHODS
) -> Iterator[tuple[bytes, Response]]:
    """Every page in every form, as that country gets it; others ask before, between and after."""
    by = f"X-Forwarded-For: {THERE}"
    with Wire(running.port) as there, Wire(running.port) as elsewhere:
        for path in WARM:
            elsewhere.ask(path, f"X-Forwarded-For: {ELSEWHERE}")
        for path, coding, method in product(PATHS, codings, methods):
            other = elsewhere.ask(path, f"X-Forwarded-For: {ELSEWHERE}", f"Accept-Encoding: {coding}")
            own, lines = other.get("etag", '"x"'), (by, f"Accept-Encoding: {coding}")
            for more in ((), (f"If-None-Match: {own}",), ("If-None-Match: *",), ("Range: bytes=0-4000",),
                         ("Range: bytes=0-40", f"If-Range: {own}"), ("Accept: application/json", "Accept-Language: de")):  # fmt: skip
                request = get(path, *lines, *more, method=method)
                there.send(request)
                answer = there.response(method)
                yield request, answer
                if answer.get("connection", "") == "close":
                    there.socket.close()
                    there = Wire(running.port)  # noqa: PLW2901
        for broken in (
            b"GET /articles/part HTTP/1.1\r\nHost: " + SITE.encode() + b"\r\nno colon\r\n\r\n",
            get("/articles/part", by, method="POST"),
        ):
            with Wire(running.port) as wire:
                yield broken, wire.send(broken).response()


def found_in(answer: Response) -> list[str]:
    """The secrets of which any spelling is in any byte of an answer."""
    head = answer.raw.partition(b"\r\n\r\n")[0]
    coding = answer.get("content-encoding", "identity")
    body = answer.body
    if body and coding != "identity" and answer.status != 206:
        body = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": _zstd}[coding](body)
    sent = head + b"\r\n\r\n" + answer.body + b"\r\n\r\n" + body
    folded = fold(sent.decode("utf-8", "replace"))
    return [
        name
        for name, secret in SECRETS.items()
        if any(fold(word) in folded for word in words(secret)) or _encoded(secret, sent)
    ]


def words(secret: str) -> list[str]:
    """Its words, as whoever redacts would search for them; none so short that it is in another."""
    return [word for word in re.findall(r"\w+", secret) if len(word) > 4]


def fold(text: str) -> str:
    """All spellings of one text as one: escapes of HTML, URLs and JSON undone, accents, case, invisible characters and
    whatever stands between letters taken away.
    """
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    text = html.unescape(html.unescape(unquote(text)))
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[\W_]", "", plain.casefold(), flags=re.UNICODE)


def _encoded(secret: str, sent: bytes) -> bool:
    """Whether it stands there in another encoding: UTF-16, UTF-7's and MIME's base64 at each place of three, hexadecimal."""
    for form in {unicodedata.normalize(kind, secret) for kind in ("NFC", "NFD")}:
        raw = form.encode()
        wanted = [form.encode("utf-16-le"), form.encode("utf-16-be"), raw.hex().encode(), raw.hex().upper().encode()]
        wanted += [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in (0, 1, 2)]
        wanted += [quote(form, safe="").lower().encode(), form.encode("latin-1", "xmlcharrefreplace")]
        if any(one in sent for one in wanted):
            return True
    return False


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)
