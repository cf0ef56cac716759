"""The front matter of an article as facts, with every problem found. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import PurePosixPath
from urllib.parse import unquote

from gateway.content.article import Facts, Image
from gateway.content.markdown import Segment, segments
from gateway.content.sanitise import media_path
from gateway.errors import Problem
from gateway.pyyaml import Fields, Node, YamlError, split_front_matter

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_SLUG = 200
_EXTENSION = re.compile(r"\.(?:svg|png|jpe?g|gif|webp|avif|mp3|ogg|mp4|webm|pdf)(?!\w)", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"[\w./%+-]+\Z")
MAX_MEDIA_PATH = 300


@dataclass(frozen=True, slots=True)
class Source:
    """An article's file, read: its facts, what else stands in the front matter, and its text, not yet rendered."""

    facts: Facts
    dateline: str
    image: Image | None
    text: str
    markdown: bool


def digest(raw: bytes) -> str:
    """What names the state of a file: 32 hex digits."""
    return blake2b(raw, digest_size=16).hexdigest()


def parse_article(raw: bytes, path: str) -> tuple[Source | None, list[Problem]]:
    """An article from `articles/<language>/<slug>.md` (or `.html`); None where it cannot be published, with why."""
    problems: list[Problem] = []
    try:
        node, text, first_line = split_front_matter(raw, path)
    except YamlError as error:
        return None, list(error.problems)
    slug, language = _named(path, problems)
    markdown = not path.endswith(".html")
    pieces, wrong = segments(text, path, first_line, markdown=markdown)
    problems += wrong
    with Fields(node, problems) as fields:
        image = _image(fields)
        title = fields.text("title", required=True)
        published = fields.moment("published", required=True)
        updated = fields.moment("updated")
        said = fields.text("language", language)
        if said != language:
            what = f"'language' is '{said[:20]}', the directory says '{language}'"
            fields.refuse(fields.key("language"), "wrong-language", what, "move the file, or mend the line")
        section = _word(fields, "section", "news")
        translation_of = _word(fields, "translation_of", "") or None
        tags = fields.texts("tags") or ()
        kicker, summary = fields.text("kicker"), fields.text("summary")
        authors = fields.texts("authors") or ()
        dateline = fields.text("dateline")
    if problems or published is None:
        return None, problems
    if updated is not None and updated < published - timedelta(seconds=1):
        updated = None
    facts = Facts(
        slug=slug,
        version=digest(raw),
        language=language,
        section=section,
        tags=frozenset(tags),
        published=published,
        updated=updated,
        translation_of=translation_of,
        parts=frozenset(piece.part for piece in pieces if piece.part),
        media=_media(image, text),
        media_parts=_media_parts(image, pieces),
        title=one_line(title),
        kicker=one_line(kicker),
        summary=one_line(summary),
        authors=tuple(one_line(author) for author in authors),
    )
    return Source(facts, one_line(dateline), image, text, markdown), []


def one_line(text: str) -> str:
    """A text as it is shown in a line: no breaks, no runs of spaces."""
    return " ".join(text.split())


def _named(path: str, problems: list[Problem]) -> tuple[str, str]:
    """The slug and the language that a path names."""
    pure = PurePosixPath(path)
    slug, language = pure.stem, pure.parent.name
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
        what, remedy = (
            f"'{slug[:60]}' cannot be an article's address",
            "name the file in letters a-z, digits and hyphens",
        )
        problems.append(Problem(path, 0, 0, "bad-slug", what, remedy))
    if not LANGUAGE.fullmatch(language):
        what = f"the directory '{language[:60]}' names no language"
        remedy = "put the file under articles/<language>/, as articles/en/"
        problems.append(Problem(path, 0, 0, "bad-language", what, remedy))
    return slug, language


def _word(fields: Fields, name: str, default: str) -> str:
    word = fields.text(name, default)
    if word and not WORD.fullmatch(word):
        fields.refuse(fields.get(name) or fields.node, "bad-word", f"'{name}' is '{word[:60]}'",
                      "write small letters a-z, digits and hyphens; it stands in addresses")  # fmt: skip
        return default
    return word


def _image(fields: Fields) -> Image | None:
    node = fields.get("image")
    if node is None:
        return None
    with Fields(node, fields.problems, "of 'image'") as image:
        written = image.text("src", required=True)
        caption, credit, alt = image.text("caption"), image.text("credit"), _may_be_empty(image.get("alt"))
        src = media_path(written) if written else None
        if written and src is None:
            image.refuse(image.get("src") or node, "foreign-image", f"'{written[:60]}' is no file under media/",
                         "put the picture under media/ and name it as harbour.svg")  # fmt: skip
    return Image(src, one_line(caption), one_line(credit), one_line(alt)) if src else None


def _may_be_empty(node: Node | None) -> str:
    """An alternative text may be empty: the picture is then only decoration (HTML, section 4.8.4.4)."""
    return node.text if node is not None and node.kind == "scalar" else ""


def _media(image: Image | None, text: str) -> tuple[str, ...]:
    """Every medium that an article may show: rather one too many, since a medium is treated as its articles are."""
    return tuple(dict.fromkeys([*([image.src] if image else ()), *_media_in(text)]))


def _media_parts(image: Image | None, pieces: Sequence[Segment]) -> tuple[tuple[str, frozenset[str]], ...]:
    """The media that only parts show, each with those parts."""
    if not any(piece.part for piece in pieces):
        return ()
    elsewhere = {path for piece in pieces if not piece.part for path in _media_in(piece.text)}
    if image:
        elsewhere.add(image.src)
    found: dict[str, set[str]] = {}
    for piece in pieces:
        for path in _media_in(piece.text) if piece.part else ():
            found.setdefault(path, set()).add(piece.part)
    return tuple((path, frozenset(parts)) for path, parts in found.items() if path not in elsewhere)


def _media_in(text: str) -> Iterator[str]:
    for extension in _EXTENSION.finditer(text):
        name = _NAME_BEFORE.search(text, max(0, extension.start() - MAX_MEDIA_PATH), extension.start())
        path = media_path(unquote(name[0] + extension[0])) if name else None
        if path:
            yield path
