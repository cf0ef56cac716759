"""Templates and static files: the one place that configures Jinja, and the digest that names all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined

from gateway.content.sanitise import MEDIA_PREFIX, clean_prose
from gateway.render import notices
from gateway.render.language import direction, own_name
from gateway.render.markup import sanitised
from gateway.render.site import local

ASSETS_PREFIX = "/-/assets/"
_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIGESTED = ("Jinja2", "markdown-it-py", "nh3", "babel")


def _package_files(directory: str) -> dict[str, Traversable]:
    return {item.name: item for item in files("gateway.render").joinpath(directory).iterdir() if item.is_file()}


@cache
def assets() -> Mapping[str, tuple[str, bytes]]:
    """Static files by the name under `/-/assets/`, which holds their digest: content type and bytes."""
    found: dict[str, tuple[str, bytes]] = {}
    for name, item in sorted(_package_files("static").items()):
        stem, dot, suffix = name.rpartition(".")
        raw = item.read_bytes()
        found[f"{stem}-{blake2b(raw, digest_size=8).hexdigest()}.{suffix}"] = (_TYPES[dot + suffix], raw)
    return found


@cache
def asset(name: str) -> str:
    """The address of a static file. Raises KeyError for an unknown one."""
    stem, _, suffix = name.rpartition(".")
    pattern = re.compile(rf"{re.escape(stem)}-[0-9a-f]{{16}}\.{re.escape(suffix)}")
    for named in assets():
        if pattern.fullmatch(named):
            return ASSETS_PREFIX + named
    raise KeyError(name)


@cache
def templates_version() -> str:
    """A digest of everything of ours that shapes a page: templates, static files, words, code, and the libraries."""
    summed = blake2b(digest_size=16)
    for package in ("gateway.render", "gateway.content"):
        root = files(package)
        shelves = ("templates", "static", "messages", "foreign", "foreign/lists")
        directories = [root, *(root.joinpath(name) for name in shelves)]
        for directory in directories:
            if directory.is_dir():
                for item in sorted(directory.iterdir(), key=lambda one: one.name):
                    if item.is_file():
                        summed.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
    for library in _DIGESTED:
        summed.update(f"{library}={version(library)}\n".encode())
    return summed.hexdigest()


def media_address(path: str) -> str:
    """A medium's address on this site."""
    return MEDIA_PREFIX + quote(path)


def safe_url(url: str) -> str:
    """The address if it is one that a reader may be sent to; else "", which links nowhere."""
    return url if urlsplit(url).scheme in ("http", "https", "mailto") or re.match(r"/(?![/\\])", url) else ""


def xml_text(text: str) -> str:
    """A text without the characters that XML 1.0 cannot hold (section 2.2)."""
    return _NOT_XML.sub("", text)


def _load(name: str) -> str | None:
    found = _package_files("templates").get(name)
    return found.read_text("utf-8") if found else None


@cache
def environment() -> Environment:
    """The templates, compiled once. A name that a template does not know raises UndefinedError, never an empty gap."""
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_load),
        trim_blocks=False,
        lstrip_blocks=False,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals["asset"] = asset
    made.filters |= {
        "direction": direction,
        "explanation": notices.explanation,
        "local": local,
        "media": media_address,
        "own_name": own_name,
        "prose": lambda html: sanitised(clean_prose(html)),
        "safe_url": safe_url,
    }
    return made


def render(template: str, **values: object) -> bytes:
    """A template with its values, as UTF-8."""
    text = environment().get_template(template).render(values)
    return (xml_text(text) if template.endswith(".xml") else text).encode("utf-8", "replace")
