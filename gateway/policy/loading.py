"""From a directory to a set in force: read and checked whole in another process, guarded, kept, and written down.

Whatever is wrong leaves the set in force as it is. A start without a valid directory falls back on the last good set.
After a rollback the directory's set is passed over for as long as the directory says the same, restarts included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.errors import PolicyError, Problem, Severity
from gateway.policy.apart import parse_apart
from gateway.policy.author import Author, author_of
from gateway.policy.files import read_directory
from gateway.policy.kept import Kept, KeptSets
from gateway.policy.model import PolicySet
from gateway.policy.parse import Parsed, parse, revision_of

REMOVALS_FREE = 2
REMOVALS_SHARE = 5
"""More than a fifth, and more than two, of the policies gone at once is more likely an accident than a decision."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A set that may go into force. `refused`: why it is not the directory's (a start on the last good set, or on the
    one that was rolled back to); empty if it is.
    """

    policies: PolicySet
    files: Mapping[str, bytes]
    refused: tuple[Problem, ...] = ()


def read_and_parse(directory: Path, redirect_hosts: Collection[str] | None = None) -> tuple[dict[str, bytes], Parsed]:
    """Read and check, here and now. Raises PolicyError where files cannot be read; other problems are in `Parsed`."""
    files = read_directory(directory)
    return files, parse(files, redirect_hosts=redirect_hosts)


class PolicyLoader:
    """Loads one directory's policies, over and over. `state`: where good sets and the history are kept.

    `passed_over`: the revision that the directory had when it was rolled back; "" if it wasn't, or has changed since.
    """

    def __init__(self, directory: Path, state: Path, key: bytes, redirect_hosts: Collection[str] = ()) -> None:
        self.directory = directory
        self.kept = KeptSets(state, key)
        self.passed_over = self.kept.passed_over
        self._redirect_hosts = frozenset(redirect_hosts)

    async def load(self, *, accept_removals: bool = False) -> Loaded:
        """The directory's set, checked whole, in another process. Raises PolicyError with every problem."""
        loaded = await self._read()
        return await self._admit(loaded, accept_removals=accept_removals)

    async def load_changed(self) -> Loaded | None:
        """The same, for whoever only watches: None while the directory still says what was rolled back."""
        loaded = await self._read()
        return None if loaded.policies.revision == self.passed_over else await self._admit(loaded)

    async def start(self) -> Loaded:
        """The first set: the directory's, else the last good one, with the problems that made it necessary.

        Raises PolicyError with those problems where there is no last good one either.
        """
        try:
            loaded = await self._read()
            return await self._rolled_back(loaded) or await self._admit(loaded)
        except PolicyError as error:
            try:
                last = self.kept.last_good()
            except PolicyError as tampered:
                raise PolicyError(f"{error}\n{tampered}", (*error.problems, *tampered.problems)) from error
            if last is None:
                raise
            files, parsed = await parse_apart(last.files, self._redirect_hosts)
            if parsed.policies is None:
                raise
            return Loaded(parsed.policies, files, error.problems)

    async def roll_back(self, revision: str = "") -> Loaded:
        """A set that was in force before: the one named, else the one before the last. Raises PolicyError."""
        wanted = revision or next((past.previous for past in reversed(self.kept.history()) if past.previous), "")
        kept = await asyncio.to_thread(self.kept.revision, wanted)
        if kept is None:
            known = ", ".join(dict.fromkeys(past.revision for past in reversed(self.kept.history()))) or "none"
            what = "no such revision is kept" if wanted else "no other set was in force before"
            problem = Problem(wanted or "rollback", 0, 0, "no-such-revision", what, f"kept: {known}")
            raise PolicyError(str(problem), [problem])
        files, parsed = await parse_apart(kept.files, self._redirect_hosts)
        loaded = Loaded(parsed.required(), files)
        here = await asyncio.to_thread(self._revision_here)
        self.passed_over = here if here != loaded.policies.revision else ""
        return loaded

    def author(self, loaded: Loaded, before: Loaded | None) -> Author:
        """Who made the directory what it says now, of what was in force before; None: of the last good set."""
        if before is not None:
            return author_of(self.directory, before.files, loaded.files)
        try:
            last = self.kept.last_good()
        except PolicyError:
            last = None
        return author_of(self.directory, last.files if last else {}, loaded.files)

    def activated(self, loaded: Loaded, *, author: Author, how: str, now: datetime) -> bool:
        """Keep what is now in force and write it down; whether it differs from what was kept last.

        Raises OSError where nothing can be written.
        """
        if self.kept.passed_over != self.passed_over:
            self.kept.pass_over(self.passed_over)
        try:
            before = self.kept.last_good()
        except PolicyError:
            before = None
        if before is not None and before.revision == loaded.policies.revision:
            return False
        kept = Kept(
            revision=loaded.policies.revision,
            directory=str(self.directory.resolve()),
            policies=tuple(policy.name for policy in loaded.policies.policies),
            files=loaded.files,
        )
        self.kept.keep(kept)
        self.kept.record(kept, before, author=author, how=how, now=now)
        return True

    async def _read(self) -> Loaded:
        files, parsed = await parse_apart(self.directory, self._redirect_hosts)
        return Loaded(parsed.required(), files)

    async def _admit(self, loaded: Loaded, *, accept_removals: bool = False) -> Loaded:
        if not accept_removals:
            _guard_removals(loaded.policies, await asyncio.to_thread(self._names_before))
        self.passed_over = ""
        return loaded

    async def _rolled_back(self, loaded: Loaded) -> Loaded | None:
        """The set that was rolled back to, if the directory still says what it said then. One that cannot be used any
        more (the signing key was changed) is none.
        """
        with suppress(PolicyError):
            last = self.kept.last_good()
            if last is not None and loaded.policies.revision == self.passed_over != last.revision:
                files, parsed = await parse_apart(last.files, self._redirect_hosts)
                what = f"the directory's revision {self.passed_over} was rolled back and has not changed since"
                remedy = "change the directory, or run `gateway reload` to put it into force as it is"
                rolled_back = Problem(".", 0, 0, "rolled-back", what, remedy, Severity.WARNING)
                return Loaded(parsed.required(), files, (rolled_back,))
        return None

    def _revision_here(self) -> str:
        """What the directory says now, valid or not; "" if it cannot be read."""
        try:
            return revision_of(read_directory(self.directory))
        except PolicyError:
            return ""

    def _names_before(self) -> Collection[str]:
        """The policies of the last good set, if it came from this directory: another one's are not missing here."""
        try:
            last = self.kept.last_good()
        except PolicyError:
            return ()
        return last.policies if last is not None and last.directory == str(self.directory.resolve()) else ()


def _guard_removals(policies: PolicySet, before: Collection[str]) -> None:
    names = {policy.name for policy in policies.policies}
    gone = sorted(set(before) - names)
    if names and not (len(gone) > REMOVALS_FREE and len(gone) * REMOVALS_SHARE > len(before)):
        return
    if not names:
        what = "there is no policy in the directory" + (f"; {len(gone)} were in force" if gone else "")
    else:
        what = f"{len(gone)} of {len(before)} policies are gone: {', '.join(gone[:5])}{', …' if len(gone) > 5 else ''}"
    problem = Problem(".", 0, 0, "many-removed", what, "if that is meant, run `gateway reload --accept-removals`")
    raise PolicyError(str(problem), [problem])
