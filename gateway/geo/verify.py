"""Is a GeoIP file whole? Every node of its tree, every record, and what it says of places that everybody knows.

A damaged file may open well and fail, or lie, at the first look-up. The walk takes a second a million nodes, so a
running gateway has it done by a process of its own: `python -m gateway.geo.verify FILE`.
"""

from __future__ import annotations

import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from gateway.errors import EvidenceError
from gateway.geo.maxmind import Database, open_database
from gateway.geo.mmdb_tree import DamagedTreeError, Tree
from gateway.geo.records import ANONYMIZERS, read_record
from gateway.geo.sources import DatabaseInfo

KNOWN_PLACES: tuple[tuple[str, str], ...] = (
    ("8.8.8.8", "US"), ("77.88.8.8", "RU"), ("141.20.1.1", "DE"), ("129.132.1.1", "CH"), ("128.232.1.1", "GB"),
    ("130.89.1.1", "NL"), ("133.11.1.1", "JP"), ("200.160.2.3", "BR"), ("102.88.0.1", "NG"), ("93.84.0.1", "BY"),
    ("37.73.35.1", "UA"), ("130.225.1.1", "DK"), ("2001:4860:4860::8888", "US"), ("2a02:6b8::1", "RU"),
    ("2001:620::1", "CH"), ("2001:630::1", "GB"), ("2001:660::1", "FR"), ("2001:718::1", "CZ"),
    ("2001:67c:2e8:22::c100:68b", "NL"), ("2001:200::1", "JP"),
)  # fmt: skip
"""Addresses of universities, registries and carriers that have not moved for decades."""

FULL_SIZE_NODES = 100_000
TIME_LIMIT_SECONDS = 180


def verify(database: Database) -> None:
    """Look at everything in the file. Raises EvidenceError with what is wrong and what to do."""
    path = database.info.path
    try:
        with database.tree() as tree:
            tree.data_records()
            _read_all(database, tree)
    except DamagedTreeError as error:
        raise EvidenceError(f"{path}: damaged ({error}); fetch the file again") from error
    if database.info.kind != ANONYMIZERS:
        _probe(database)


def verify_apart(database: Database) -> None:
    """The same, by a process of its own, on the very copy that would be used. Raises EvidenceError."""
    copy = f"/proc/self/fd/{database.descriptor}"
    command = [sys.executable, "-m", "gateway.geo.verify", copy]
    try:
        done = subprocess.run(
            command,
            pass_fds=(database.descriptor,),
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EvidenceError(f"{database.info.path}: not checked within {TIME_LIMIT_SECONDS} s; not used") from error
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2].replace(copy, database.info.path)
        raise EvidenceError(said or f"{database.info.path}: the check of the file died; fetch the file again")


def not_older(fresh: DatabaseInfo, old: DatabaseInfo | None, remedy: str) -> None:
    """Refuse data older than what it would replace. Raises EvidenceError, with how to insist."""
    if old is not None and fresh.built < old.built:
        raise EvidenceError(
            f"{fresh.path}: built {fresh.built:%Y-%m-%d}, older than the one in service ({old.built:%Y-%m-%d}); "
            f"to go back, {remedy}"
        )


def _read_all(database: Database, tree: Tree) -> None:
    """Read each record once, by an address that leads to it."""

    def read(family: type[IPv4Address | IPv6Address]) -> None:
        node, height = tree.root(4 if family is IPv4Address else 6)
        alias = tree.root(4)[0] if height == 128 else -1

        def classify(_record: int, start: int) -> int:
            record = database.record(family(start))
            if not isinstance(record, dict) or read_record(record, database.info.name).failed:
                raise DamagedTreeError("a record is not what a record of this schema is")
            return _record

        for _ in tree.cuts(node, height, classify, skip=alias):
            pass

    read(IPv4Address)
    if tree.ip_version == 6:
        read(IPv6Address)


def _probe(database: Database) -> None:
    """Compare with places that everybody knows. A small file need not have them; what it has must be right."""
    families = [(ip_address(text), country) for text, country in KNOWN_PLACES]
    asked = [
        (found, country)
        for address, country in families
        if (address.version == 4 or database.info.ip_version == 6)
        and (found := {place.country for place in database.places(address)})
    ]
    right = sum(country in found for found, country in asked)
    if len(asked) >= 4 and 4 * right < 3 * len(asked):
        raise EvidenceError(
            f"{database.info.path}: right on only {right} of {len(asked)} well-known addresses; fetch the file again"
        )
    if database.info.nodes >= FULL_SIZE_NODES and len(asked) < 4:
        raise EvidenceError(f"{database.info.path}: silent on well-known addresses; fetch the file again")


if __name__ == "__main__":
    try:
        verify(open_database(Path(sys.argv[1])))
    except EvidenceError as error:
        sys.exit(str(error))
