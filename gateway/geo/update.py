"""Bring a newer GeoIP file into service: from a directory that geoipupdate keeps, a monthly URL, or any path.

The file is opened, checked whole, compared in age with the one that it replaces, and only then put in its place, at
once. A gateway that serves notices by itself and checks again.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import EvidenceError
from gateway.geo.maxmind import open_database
from gateway.geo.sources import DatabaseInfo, source_name
from gateway.geo.verify import not_older, verify_apart

DBIP_MONTHLY = "https://download.db-ip.com/free/dbip-city-lite-{month:%Y-%m}.mmdb.gz"
"""DB-IP's free monthly file: no key, CC BY 4.0, a link back to DB-IP on pages that use it."""

PREFERRED = ("GeoIP2-City", "GeoLite2-City", "GeoIP2-Country", "GeoLite2-Country")
TIMEOUT_SECONDS = 60
MAX_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Update:
    """What came of it. `installed`: where the file is now; `replaced`: what was there before, if anything."""

    info: DatabaseInfo
    installed: Path
    changed: bool
    replaced: DatabaseInfo | None


def update(source: str, directory: Path, *, allow_older: bool = False) -> Update:
    """Install `source` (a path, a directory, a URL, or "dbip") into a directory.

    Raises EvidenceError; what was installed before is then untouched.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with _obtained(source, directory) as (draft, name):
        target = directory / name
        old = open_database(target).info if target.exists() else None
        try:
            fresh = open_database(draft, name=source_name(name))
            if old is not None and old.digest == fresh.info.digest:
                return Update(old, target, changed=False, replaced=old)
            if not allow_older:
                not_older(fresh.info, old, "say --allow-older")
            verify_apart(fresh)
        except EvidenceError as error:
            raise EvidenceError(str(error).replace(str(draft), source)) from error
        draft.chmod(0o644)
        draft.replace(target)
        return Update(open_database(target).info, target, changed=True, replaced=old)


@contextmanager
def _obtained(source: str, directory: Path) -> Iterator[tuple[Path, str]]:
    """A private draft of the file beside its target, and the name that it will have."""
    descriptor, text = tempfile.mkstemp(dir=directory, prefix=".draft-", suffix=".mmdb")
    os.close(descriptor)
    draft = Path(text)
    try:
        if source == "dbip" or "://" in source:
            yield draft, _download(source, draft)
        else:
            path = _chosen(Path(source))
            _unpack(path, draft)
            yield draft, _plain(path.name)
    except OSError as error:
        raise EvidenceError(f"{source}: {error.strerror or error}; check the address or the path") from error
    finally:
        draft.unlink(missing_ok=True)
        draft.with_suffix(".packed").unlink(missing_ok=True)


def _chosen(path: Path) -> Path:
    """The file itself, or the best of a directory that geoipupdate keeps."""
    if not path.is_dir():
        return path
    found = {entry.stem: entry for entry in sorted(path.glob("*.mmdb"))}
    for name in PREFERRED:
        if name in found:
            return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    raise EvidenceError(f"{path}: none of {', '.join(PREFERRED)} in it, nor a single .mmdb; name the file")


def _download(source: str, draft: Path) -> str:
    """Fetch a URL; for "dbip" this month's file, or last month's in the first days of a month."""
    addresses = [source]
    if source == "dbip":
        month = datetime.now(UTC).date().replace(day=1)
        before = month.replace(year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1)
        addresses = [DBIP_MONTHLY.format(month=month), DBIP_MONTHLY.format(month=before)]
    for address in addresses:
        if urlsplit(address).scheme not in ("http", "https"):
            raise EvidenceError(f"{address}: neither http nor https; name a URL, a file or a directory")
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  (the scheme is checked)
                packed = draft.with_suffix(".packed")
                with packed.open("wb") as file:
                    shutil.copyfileobj(answer, file)
                _unpack(packed, draft)
                return _plain(Path(urlsplit(address).path).name)
        except urllib.error.HTTPError as error:
            if error.code == 404 and address != addresses[-1]:
                continue
            raise EvidenceError(f"{address}: answered {error.code}; check the address") from error
    raise EvidenceError(f"{source}: nothing to fetch")


def _unpack(path: Path, draft: Path) -> None:
    """Copy a file, without its gzip if it has one."""
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as file, draft.open("wb") as out:
            size = 0
            while chunk := file.read(1 << 20):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise EvidenceError(f"{path}: more than a gigabyte unpacked; this is no GeoIP file")
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    except (EOFError, gzip.BadGzipFile) as error:
        raise EvidenceError(f"{path}: the packed file is incomplete; fetch it again") from error


def _plain(name: str) -> str:
    """The name under which a file is kept: without packing and month, so that the next one takes its place."""
    stem = name.removesuffix(".gz").removesuffix(".mmdb")
    head, dash, month = stem.rpartition("-")
    dated = bool(dash) and month.isdecimal() and len(month) == 2
    if dated and head[-4:].isdecimal():
        stem = head[:-5]
    return f"{stem or 'geoip'}.mmdb"
