"""MaxMind DB files: opened from a private copy, asked, and checked. The only file that touches maxminddb.

The copy lies in sealed memory (a memfd): whoever overwrites the file in place cannot pull it away under a reader,
which with a mapped file is a SIGBUS and a dead process. Where there is no memfd the file is read into memory.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import mmap
import os
import stat
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import maxminddb
import maxminddb.reader

from gateway.errors import EvidenceError
from gateway.geo.mmdb_tree import DamagedTreeError, Tree
from gateway.geo.records import FUSED, Finding, read_record, schema_of
from gateway.geo.region import Place
from gateway.geo.sources import DatabaseInfo, Source, licence_of, source_name, source_of, sources_from_text

SOURCES_KEY = "gateway-sources"
"""Where a fused file keeps its sources: the format allows no keys of one's own, but any number of descriptions."""

Address = IPv4Address | IPv6Address

_CHUNK_BYTES = 1 << 20
_SAMPLE = 200
# maxminddb's own InvalidDatabaseError is a RuntimeError
_READ_ERRORS = (ValueError, RuntimeError, TypeError, KeyError, OverflowError, MemoryError)


@dataclass(slots=True, weakref_slot=True)
class Database:
    """One open file. Asking never raises: a damaged place in the file is silence, and counted in `failures`.

    The copy goes when the last user does, so whoever still reads an old file finishes in peace.
    """

    info: DatabaseInfo
    fips: bool
    failures: int = 0
    _reader: maxminddb.Reader = field(kw_only=True, repr=False)
    _descriptor: int = field(kw_only=True, repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self._descriptor)

    def find(self, address: Address) -> Finding:
        """What the file says of an address. The other family than the file's is silence, not failure."""
        if address.version == 6 and self.info.ip_version == 4:
            return Finding()
        try:
            record = self._reader.get(address)
        except _READ_ERRORS:
            self.failures += 1
            return Finding(failed=True)
        found = read_record(record, self.info.name, fips=self.fips)
        self.failures += found.failed
        return found

    def places(self, address: Address) -> tuple[Place, ...]:
        """What each source in the file says of the address; those that know nothing are left out."""
        return self.find(address).places

    def hides(self, address: Address) -> str:
        """Why users of this network may be elsewhere ("anonymizer", "satellite", "hosting", "pseudo-code"), or ""."""
        return self.find(address).hidden

    def record(self, address: Address) -> object:
        """The record as it stands in the file. Raises EvidenceError where it cannot be read."""
        try:
            return self._reader.get(address)
        except _READ_ERRORS as error:
            raise EvidenceError(f"{self.info.path}: a record cannot be read ({error}); fetch the file again") from error

    @contextlib.contextmanager
    def tree(self) -> Iterator[Tree]:
        """The search tree of the private copy."""
        with _tree(self._descriptor, self._reader.metadata()) as tree:
            yield tree

    @property
    def descriptor(self) -> int:
        """The file descriptor of the private copy, to hand to the process that checks it."""
        return self._descriptor


def open_database(path: Path | str, *, name: str = "", fips: bool = False) -> Database:
    """Open an MMDB. `fips`: its region numbers are FIPS 10-4. Raises EvidenceError if it cannot be used as evidence."""
    path = Path(path)
    descriptor, digest, size = _private_copy(path)
    try:
        reader = maxminddb.open_database(f"/proc/self/fd/{descriptor}", maxminddb.MODE_MMAP_EXT)
    except (*_READ_ERRORS, OSError) as error:
        os.close(descriptor)
        raise EvidenceError(f"{path}: not a whole MaxMind DB; name an .mmdb file, complete and unpacked") from error
    try:
        records = _sample(path, reader, descriptor)
        info = _info(path, name or source_name(str(path)), reader, records, (digest, size))
    except EvidenceError:
        reader.close()
        os.close(descriptor)
        raise
    return Database(info, fips, _reader=reader, _descriptor=descriptor)


@contextlib.contextmanager
def _tree(descriptor: int, facts: maxminddb.reader.Metadata) -> Iterator[Tree]:
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as view:
        yield Tree(view, facts.node_count, facts.record_size, facts.ip_version)


def _private_copy(path: Path) -> tuple[int, str, int]:
    """The file in sealed memory: descriptor, digest, bytes. Refuses a file that changes while it is read."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise EvidenceError(f"{path}: a pipe or a device, and no file; name an .mmdb file")
            copy = os.memfd_create("evidence", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            try:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    _write_all(copy, chunk)
                after = os.fstat(file.fileno())
                fcntl.fcntl(copy, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
            except OSError:
                os.close(copy)
                raise
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read ({error.strerror}); check the path and the permissions") from error
    size = os.fstat(copy).st_size
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        os.close(copy)
        raise EvidenceError(f"{path}: is being written just now; try again when it is complete")
    return copy, digest.hexdigest()[:12], size


def _without_waiting(path: str, flags: int) -> int:
    """For somebody at the other end of a pipe: nobody may ever come."""
    return os.open(path, flags | os.O_NONBLOCK)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _sample(path: Path, reader: maxminddb.Reader, descriptor: int) -> list[object]:
    """Some records. Not by the reader's own iteration, which in a damaged tree may run in circles for good."""
    facts = reader.metadata()
    records: list[object] = []

    def read(family: type[IPv4Address | IPv6Address]) -> Callable[[int, int], int]:
        def classify(record: int, start: int) -> int:
            records.append(reader.get(family(start)))
            return record

        return classify

    try:
        with _tree(descriptor, facts) as tree:
            four, height = tree.root(4)
            walks = [tree.cuts(four, height, read(IPv4Address))] if height == 32 else []
            walks += [tree.cuts(0, 128, read(IPv6Address), skip=four)] if tree.ip_version == 6 else []
            for walk in walks:
                enough = len(records) + _SAMPLE
                for _ in walk:
                    if len(records) >= enough:
                        break
    except (*_READ_ERRORS, DamagedTreeError) as error:
        raise EvidenceError(f"{path}: damaged ({error}); fetch the file again") from error
    return records


def _info(
    path: Path, name: str, reader: maxminddb.Reader, records: Sequence[object], copy: tuple[str, int]
) -> DatabaseInfo:
    digest, size = copy
    facts = reader.metadata()
    built = datetime.fromtimestamp(facts.build_epoch, UTC)
    kinds = [schema for record in records if (schema := schema_of(record))]
    if not kinds:
        raise EvidenceError(
            f"{path}: no country in its records (type {facts.database_type!r}); name a city or country database"
        )
    kind = max(sorted(set(kinds)), key=kinds.count)
    if kind == FUSED:
        sources = _sources(path, facts.description)
        licence = licence_of(sources)
    else:
        sources = (source_of(name, built),)
        licence = sources[0].licence
    subdivided = (
        kind == FUSED or "city" in facts.database_type.lower() or any("subdivisions" in str(r) for r in records)
    )
    return DatabaseInfo(
        name, str(path), built, kind, facts.ip_version, sources, licence, facts.node_count, size, subdivided, digest
    )


def _sources(path: Path, description: dict[str, str]) -> tuple[Source, ...]:
    try:
        return sources_from_text(description[SOURCES_KEY])
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(f"{path}: a fused file without its sources; build it with `gateway geo build`") from error


class Operators:
    """Who runs the network of an address, from an ASN database. Raises EvidenceError where it is none."""

    _NAMES = ("autonomous_system_organization", "as_name", "as_org", "organization", "isp")

    def __init__(self, path: Path) -> None:
        descriptor, _, _ = _private_copy(path)
        weakref.finalize(self, os.close, descriptor)
        try:
            self._reader = maxminddb.open_database(f"/proc/self/fd/{descriptor}", maxminddb.MODE_MMAP_EXT)
            known = any(map(self._name, _sample(path, self._reader, descriptor)))
        except _READ_ERRORS as error:
            raise EvidenceError(f"{path}: not a MaxMind DB ({error}); name an ASN database") from error
        if not known:
            raise EvidenceError(f"{path}: names no network operators; name an ASN database")

    def operator(self, address: Address) -> str:
        """The operator's name, or "unknown"."""
        try:
            return self._name(self._reader.get(address)) or "unknown"
        except _READ_ERRORS:
            return "unknown"

    def _name(self, record: object) -> str:
        if not isinstance(record, dict):
            return ""
        return next((str(record[key]) for key in self._NAMES if record.get(key)), "")
