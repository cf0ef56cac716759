"""Judges of settings' values: each says what is wrong, and after "; " what to write instead; "" if nothing is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationInfo

from gateway.cache.redis_client import connect
from gateway.errors import SettingsError
from gateway.geo import presets
from gateway.geo.mmdb_tree import METADATA_MAGIC
from gateway.pyyaml import nearest

METADATA_BYTES = 128 * 1024
"""The metadata of a MaxMind DB stand in its last 128 KiB (MaxMind DB File Format Specification 2.0)."""
_SECRET = re.compile(r"[!-~]{16,1024}")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110, section 5.6.2)."""
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?|[\da-fA-F:.]*:[\da-fA-F:.]*")
"""A name, in its letters or in ASCII, or an address."""


class WrongItemsError(ValueError):
    """Each that is wrong of several, as (item, what; remedy)."""

    def __init__(self, wrong: Iterable[tuple[str, str]]) -> None:
        self.wrong = tuple(wrong)
        super().__init__("\n".join(f"{item!r}: {what}" for item, what in self.wrong))


def each(items: tuple[str, ...], judge: Callable[[str], str]) -> tuple[str, ...]:
    """The items, if `judge` says "" of every one. Raises WrongItemsError with all of which it says something else."""
    wrong = [(item, what) for item in items if (what := judge(item))]
    if wrong:
        raise WrongItemsError(wrong)
    return items


def starting(info: ValidationInfo) -> bool:
    """Whether a gateway is about to start with these settings: then what they name must be there. A command that only
    speaks with one that runs must not fail for it.
    """
    return bool(info.context and info.context.get("starting"))


def no_evidence(name: str) -> str:
    """What is wrong with a GeoIP file at first glance; it is checked whole when it is opened."""
    try:
        with Path(name).open("rb") as file:
            file.seek(-min(METADATA_BYTES, os.fstat(file.fileno()).st_size), os.SEEK_END)
            whole = METADATA_MAGIC in file.read()
    except OSError as error:
        return f"it cannot be read ({error.strerror}); check the path and the permissions"
    return "" if whole else "it is not a whole MaxMind DB; name an .mmdb file, complete and unpacked"


def no_place(path: Path) -> str:
    """What is wrong with a file or directory that is to be written. Nothing is made: who makes it sets its mode."""
    try:
        there = next(one for one in (path, *path.absolute().parents) if one.exists())
    except OSError as error:
        return f"it cannot be reached ({error.strerror}); name one that this user may write to"
    if os.access(there, os.W_OK) and (there == path or there.is_dir()):
        return ""
    return f"it cannot be written: {there} is no place for it; name one that this user may write to"


def no_redis(url: str) -> str:
    """What is wrong with the URL of a Redis. Nothing is sent to it: one that doesn't answer is no error."""
    try:
        connect(url, timeout_seconds=None)
    except SettingsError as error:
        return "; ".join(f"{problem.what}; {problem.remedy}" for problem in error.problems) or str(error)
    return ""


def meant(word: str, known: Sequence[str]) -> str:
    """What to write instead: the nearest that there is, else what there is."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"write one of: {', '.join(known)}"


def no_secrets(secrets: Sequence[str]) -> str:
    """What is wrong with secrets that stand in a header; none of them is repeated."""
    if secrets and all(_SECRET.fullmatch(secret) for secret in secrets):
        return ""
    return "too short, or no header can hold it; write 16 letters and digits or more, as random as can be"


def no_site(url: str) -> str:
    """What is wrong with the address of a site."""
    parts = urlsplit(url)
    right = parts.scheme in ("http", "https") and parts.hostname and not parts.path.strip("/")
    return "" if right else "it is not the address of a site; write it as https://news.example"


def no_header(name: str) -> str:
    """What is wrong with the name of a header."""
    if _FIELD_NAME.fullmatch(name):
        return ""
    near = "-".join(re.findall(r"[0-9A-Za-z]+", name.partition(":")[0])).lower()
    return f"no header has such a name; write {f'it as {near}' if near else 'names as user-agent'}"


def no_host(name: str) -> str:
    """What is wrong with a host that stands for itself, without scheme, port or path."""
    if _HOST.fullmatch(name):
        return ""
    try:
        near = urlsplit(name if "//" in name else f"//{name}").hostname or ""
    except ValueError:
        near = ""
    instead = near if _HOST.fullmatch(near) else "it as help.example"
    return f"a host alone, without scheme, port or path, is wanted; write {instead}"


def no_proxy(name: str, lists: Path | None) -> str:
    """What is wrong with a trusted proxy's range, or name."""
    try:
        if name in presets.names():
            presets.preset(name, lists)
        else:
            ip_network(name)
    except SettingsError as error:
        return str(error)
    except ValueError as error:
        if name[:1].isdigit() or ":" in name:
            return f"{str(error).removeprefix(repr(name)).strip()}; write a CIDR as 10.0.0.0/8"
        return f"no proxy is known by that name; {meant(name, presets.names())}"
    return ""
