"""What the text of a setting may be, where that needs no other setting to tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr

from gateway.settings import judge

_TARGET = re.compile(r"/(?!/)[!$-;=?-Z_a-z~]*")
"""A path and perhaps a query, as a request line has them (RFC 9112, section 3.2.1)."""


def listed(text: str) -> tuple[str, ...]:
    """The items of `a, b`."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _maybe_listed(value: object) -> object:
    """Take `a, b` from the environment as the list that it is."""
    return listed(value) if isinstance(value, str) else value


def _placed(value: object) -> object:
    """A URL stays what it is; whatever else is text names a directory."""
    return Path(value) if isinstance(value, str) and not value.startswith(("http:", "https:")) else value


def _content(value: Path | str) -> Path | str:
    if isinstance(value, Path):
        if not (value / "articles").is_dir():
            raise ValueError("there is no directory `articles` in it; name a content directory, or a CMS's URL")
        return value
    parts = urlsplit(value)
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("it is not the address of a CMS; write scheme and host, as https://cms.internal")
    return value.rstrip("/")


def _rules(value: Path | None) -> Path | None:
    if value is not None and not value.is_file():
        raise ValueError("there is no such file; name a YAML file, or none")
    return value


def _target(value: str) -> str:
    if not _TARGET.fullmatch(value):
        raise ValueError("it is no path on the CMS; write it as /health, without host and spaces")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("no such time zone; write an IANA name as Europe/Riga") from error
    return value


def _hard_to_guess(value: SecretStr) -> SecretStr:
    if (text := value.get_secret_value()) and (wrong := judge.no_secrets(listed(text))):
        raise ValueError(wrong)
    return value


def _files(value: tuple[str, ...]) -> tuple[str, ...]:
    return judge.each(value, lambda name: "" if Path(name).is_file() else "there is no such file; name MMDB files")


def _sites(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(url.rstrip("/") for url in judge.each(value, judge.no_site))


Listed = Annotated[tuple[str, ...], BeforeValidator(_maybe_listed)]
Files = Annotated[Listed, AfterValidator(_files)]
Sites = Annotated[Listed, AfterValidator(_sites)]
Hosts = Annotated[Listed, AfterValidator(lambda value: judge.each(value, judge.no_host))]
Headers = Annotated[Listed, AfterValidator(lambda value: judge.each(value, judge.no_header))]
Content = Annotated[Path | str, BeforeValidator(_placed), AfterValidator(_content)]
RulesFile = Annotated[Path | None, AfterValidator(_rules)]
Target = Annotated[str, AfterValidator(_target)]
Zone = Annotated[str, AfterValidator(_zone)]
HardToGuess = Annotated[SecretStr, AfterValidator(_hard_to_guess)]
