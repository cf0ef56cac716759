"""What the gateway must stand on: versions below which holes are open that are known, and parts that are compiled.

Hashes say that a wheel is the one that was meant, when it is installed; this says, at each start, that it is in use.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from gateway.errors import GatewayError

FLOORS = {
    "aiohttp": ("3.14.4", "its parser and its limits had some forty advisories up to there"),
    "redis": ("8.1.0", "before, it cannot be told to look for a left-over answer before it asks again"),
}
"""By distribution: the version, and what is wrong below it (reliability, threat 27 and findings 1 to 3)."""

COMPILED = {
    "aiohttp": ("aiohttp._http_parser", "aiohttp._http_writer"),
    "hiredis": ("hiredis.hiredis",),
    "maxminddb": ("maxminddb.extension",),
    "multidict": ("multidict._multidict",),
    "yarl": ("yarl._quoting_c",),
}
"""By distribution: the compiled parts for which something slower or laxer would stand in, and nobody would notice."""


def assert_floors() -> None:
    """Refuse to run on less. Raises GatewayError with every library that is too old, or not whole."""
    found = {name: _found(name) for name in FLOORS}
    old = [
        f"{name} {found[name] or 'without a version'}: {wrong}; install at least {least}"
        for name, (least, wrong) in FLOORS.items()
        if _numbers(found[name]) < _numbers(least)
    ]
    old += [
        f"{name} runs without its compiled part {part}: {error}; install its wheel for this platform"
        for name, parts in COMPILED.items()
        for part in parts
        if (error := _broken(part))
    ]
    if old:
        raise GatewayError("\n".join(old))


def _broken(part: str) -> str:
    try:
        import_module(part)
    except ImportError as error:
        return str(error)
    return ""


def _found(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> list[int]:
    """3.14.4 as numbers; what follows them (rc1, .post2) does not count."""
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    return [int(part) for part in numbers[0].split(".")] if numbers else []
