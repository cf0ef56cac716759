"""The least versions of the libraries that read what strangers send: below these, holes are open that are known."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from gateway.errors import GatewayError

FLOORS = {
    "aiohttp": ("3.14.4", "its parser and its limits had some forty advisories up to there"),
    "redis": ("8.1.0", "before, it cannot be told to look for a left-over answer before it asks again"),
}
"""By distribution: the version, and what is wrong below it (reliability, threat 27 and findings 1 to 3)."""


def assert_floors() -> None:
    """Refuse to run on less. Raises GatewayError with every library that is too old."""
    found = {name: _found(name) for name in FLOORS}
    old = [
        f"{name} {found[name] or 'without a version'}: {wrong}; install at least {least}"
        for name, (least, wrong) in FLOORS.items()
        if _numbers(found[name]) < _numbers(least)
    ]
    if old:
        raise GatewayError("\n".join(old))


def _found(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> list[int]:
    """3.14.4 as numbers; what follows them (rc1, .post2) does not count."""
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    return [int(part) for part in numbers[0].split(".")] if numbers else []
