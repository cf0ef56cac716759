"""The ground that a node stands on: state directory, HTTP parser, the running gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from stat import S_IMODE

from gateway.doctor.check import Check, failed, ok, warning

SECRET_FILES = ("admin-token", "signing-key")
LITTLE_BYTES = 100 * 2**20
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory as `stat` tells it."""

    path: str
    mode: int
    owner: int


@dataclass(frozen=True, slots=True)
class Ground:
    """The state directory's entries (itself first), who asks, and how much the disk still takes."""

    entries: Sequence[Entry]
    user: int
    free_bytes: int


def state_directory(ground: Ground | None, path: str) -> Iterator[Check]:
    """Whether secrets are secret, and the disk takes more. `ground` is None where there is no such directory yet."""
    name = "state directory"
    if ground is None:
        yield warning(
            name,
            f"there is no {path}",
            "Nothing has been started here, or the doctor looks elsewhere than the gateway.",
            "name the gateway's own directory: --state, or GATEWAY_STATE",
        )
        return
    open_to_others = [entry.path for entry in ground.entries if S_IMODE(entry.mode) & _OTHERS]
    foreign = [entry.path for entry in ground.entries if entry.owner != ground.user]
    if open_to_others:
        yield failed(
            name,
            f"others may read {', '.join(open_to_others)}",
            "Who has the signing key can put pages before readers; who has the token can rule the gateway.",
            f"chmod -R go= {path}; then replace both secrets",
        )
    if foreign:
        yield warning(
            name,
            f"{', '.join(foreign)}: of another user than the one who asks",
            "A gateway that may not write there keeps no history and no last good policies.",
            "run the doctor as the gateway's own user, or give the directory to that user",
        )
    if ground.free_bytes < LITTLE_BYTES:
        yield warning(
            name,
            f"{ground.free_bytes // 2**20} MiB left on its disk",
            "Readers are served without it; the next start may not have its last good policies.",
            "make room",
        )
    if not (open_to_others or foreign or ground.free_bytes < LITTLE_BYTES):
        yield ok(name, f"{path}: its owner's alone")


def http_parser(*, strict: bool) -> Check:
    """Whether aiohttp runs with its C parser."""
    name = "HTTP parser"
    if strict:
        return ok(name, "aiohttp's C parser")
    return failed(
        name,
        "aiohttp's pure-Python parser",
        "It reads some requests otherwise than proxies do; the gateway refuses to start on it.",
        "install a wheel of aiohttp for this platform, and unset AIOHTTP_NO_EXTENSIONS",
    )


def running(readiness: object, path: str) -> Check:
    """The running gateway's own word. `readiness`: what /readyz answered; None where nobody did."""
    name = "running gateway"
    if not isinstance(readiness, dict):
        return warning(
            name,
            f"none answers for {path}",
            "What readers really meet was not looked at.",
            "start it, or name its directory with --state",
        )
    reasons, warnings = (_texts(readiness.get(key)) for key in ("reasons", "warnings"))
    if not readiness.get("ready"):
        return failed(name, f"not ready: {'; '.join(reasons)}", "No reader should be sent there.", "mend what it names")
    if warnings:
        return warning(name, "; ".join(warnings), "It serves, but not as it should.", "mend what it names")
    return ok(name, "ready")


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
