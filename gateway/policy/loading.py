"""From a directory to a set in force: read and checked whole in another process, guarded, kept, and written down.

Whatever is wrong leaves the set in force as it is. A start without a valid directory falls back on the last good set.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.errors import PolicyError, Problem
from gateway.policy.files import read_directory
from gateway.policy.kept import Kept, KeptSets
from gateway.policy.model import PolicySet
from gateway.policy.parse import Parsed, parse

REMOVALS_FREE = 2
REMOVALS_SHARE = 5
"""More than a fifth, and more than two, of the policies gone at once is more likely an accident than a decision."""

PARSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """A set that may go into force. `refused`: why the directory itself could not be used (a start on the last good
    set), empty if it could.
    """

    policies: PolicySet
    files: Mapping[str, bytes]
    refused: tuple[Problem, ...] = ()


def read_and_parse(directory: Path, redirect_hosts: Collection[str] | None = None) -> tuple[dict[str, bytes], Parsed]:
    """Read and check, here and now. Raises PolicyError where files cannot be read; other problems are in `Parsed`."""
    files = read_directory(directory)
    return files, parse(files, redirect_hosts=redirect_hosts)


class PolicyLoader:
    """Loads one directory's policies, over and over. `state`: where good sets and the history are kept."""

    def __init__(self, directory: Path, state: Path, key: bytes, redirect_hosts: Collection[str] = ()) -> None:
        self.directory = directory
        self.kept = KeptSets(state, key)
        self._redirect_hosts = frozenset(redirect_hosts)

    async def load(self, *, accept_removals: bool = False) -> Loaded:
        """The directory's set, checked whole, in another process. Raises PolicyError with every problem."""
        files, parsed = await _in_a_process(self.directory, self._redirect_hosts)
        policies = parsed.required()
        last = self._last_good_here()
        if not accept_removals:
            _guard_removals(policies, last.policies if last else ())
        return Loaded(policies, files)

    def roll_back(self, revision: str = "") -> Loaded:
        """A set that was in force before: the one named, else the one before the last. Raises PolicyError."""
        wanted = revision or next((past.previous for past in reversed(self.kept.history()) if past.previous), "")
        kept = self.kept.revision(wanted)
        if kept is None:
            known = ", ".join(dict.fromkeys(past.revision for past in reversed(self.kept.history()))) or "none"
            problem = Problem(wanted or ".", 0, 0, "no-such-revision", "no such revision is kept", f"kept: {known}")
            raise PolicyError(str(problem), [problem])
        return Loaded(parse(kept.files, redirect_hosts=self._redirect_hosts).required(), kept.files)

    async def start(self) -> Loaded:
        """The first set: the directory's, else the last good one, with the problems that made it necessary.

        Raises PolicyError with those problems where there is no last good one either.
        """
        try:
            return await self.load()
        except PolicyError as error:
            try:
                last = self.kept.last_good()
            except PolicyError as tampered:
                raise PolicyError(f"{error}\n{tampered}", (*error.problems, *tampered.problems)) from error
            if last is None:
                raise
            parsed = await asyncio.to_thread(parse, last.files, redirect_hosts=self._redirect_hosts)
            if parsed.policies is None:
                raise
            return Loaded(parsed.policies, last.files, error.problems)

    def activated(self, loaded: Loaded, *, actor: str, now: datetime, action: str = "activate") -> bool:
        """Keep what is now in force and write it down; whether it differs from what was kept last."""
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
        self.kept.record(kept, before, actor=actor, now=now, action=action)
        return True

    def _last_good_here(self) -> Kept | None:
        """The last good set, if it came from this directory: another one's policies are not missing here."""
        try:
            last = self.kept.last_good()
        except PolicyError:
            return None
        return last if last is not None and last.directory == str(self.directory.resolve()) else None


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


async def _in_a_process(directory: Path, redirect_hosts: frozenset[str]) -> tuple[dict[str, bytes], Parsed]:
    """`read_and_parse` in a process of its own, so that thousands of files don't hold this one's event loop."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.policy.reader", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(
            process.communicate(pickle.dumps((directory, redirect_hosts))), timeout=PARSE_SECONDS
        )
    except TimeoutError as error:
        what = f"the policies could not be read within {PARSE_SECONDS:.0f} s"
        problem = Problem(".", 0, 0, "too-slow", what, "look for huge files in the directory")
        raise PolicyError(str(problem), [problem]) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        problem = Problem(".", 0, 0, "reader-died", f"the reading process ended with {process.returncode}", "try again")
        raise PolicyError(str(problem), [problem])
    outcome = await asyncio.to_thread(pickle.loads, output)  # from our own child, by our own pipe
    if isinstance(outcome, tuple) and len(outcome) == 2 and isinstance(outcome[1], Parsed):
        return outcome
    raise PolicyError("\n".join(map(str, outcome)), outcome)
