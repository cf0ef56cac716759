"""Puts policy sets into force, and says and writes down who did it, when, and what it changed.

A rollback holds until the directory says something else, or until somebody asks for a reload: the watcher alone never
puts back what was rolled back, and a restart doesn't either, but says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from gateway.errors import PolicyError
from gateway.events import Events
from gateway.policy.author import Author
from gateway.policy.files import changes, signature
from gateway.policy.loading import Loaded, PolicyLoader
from gateway.policy.model import PolicySet
from gateway.telemetry.metrics import Metrics

SAID = "command"
"""How the name of somebody is known who asks for something, and says who they are."""


class PoliciesInForce:
    """One directory's policies. `swap` puts a set into force; with `keeps_state` the state directory follows."""

    def __init__(
        self, loader: PolicyLoader, swap: Callable[[PolicySet], None], events: Events, metrics: Metrics,
        clock: Callable[[], datetime], *, keeps_state: bool,
    ) -> None:  # fmt: skip
        self._loader = loader
        self._swap = swap
        self._events = events
        self._metrics = metrics
        self._clock = clock
        self._keeps_state = keeps_state
        self.activated = clock()
        self._mistakes = 0
        """In the directory as it was last read; what it says is then not in force, whatever is."""

    async def start(self) -> PolicySet:
        """The first set; the caller puts it into force. Raises PolicyError where there is none."""
        self._before = await asyncio.to_thread(signature, self._loader.directory)
        loaded = await self._loader.start()
        if loaded.refused:
            self._mistakes = 0 if self.rolled_back else len(loaded.refused)
            problems = list(map(str, loaded.refused))
            reason = loaded.refused[0].code if self.rolled_back else "refused"
            self._events.emit(
                "policy_stale", level="error", revision=loaded.policies.revision, reason=reason, problems=problems
            )
        else:
            author = await asyncio.to_thread(self._loader.author, loaded, None)
            await self._keep(loaded, author, "start")
        self._current, self._loaded = loaded.policies, loaded
        return loaded.policies

    def changes(self) -> AsyncIterator[None]:
        """Each time that the directory has changed since it was first read, and rested. Endless."""
        return changes(self._loader.directory, self._before)

    async def refresh(self, actor: str, *, accept_removals: bool = False) -> None:
        """The directory's set as it is now. Raises PolicyError, after saying so, where it is refused."""
        await self._put(self._loader.load(accept_removals=accept_removals), actor, "reload")

    async def look(self) -> None:
        """The same for the watcher, who leaves alone what was rolled back. Raises PolicyError as `refresh` does."""
        await self._put(self._loader.load_changed(), "", "watch")

    async def roll_back(self, revision: str, *, actor: str) -> None:
        """Put a former set into force ("": the one before). Raises PolicyError if it is not kept, or cannot be used."""
        await self._activate(await self._loader.roll_back(revision), Author(actor, SAID), "rollback")
        if not self.rolled_back:
            self._mistakes = 0  # the directory says just this

    @property
    def rolled_back(self) -> str:
        """The directory's revision, while it is rolled back; else ""."""
        return self._loader.passed_over

    def warnings(self) -> tuple[str, ...]:
        """Why the directory is not in force. Whoever asks may be anybody: it tells of no policy, so none is named."""
        found = []
        if self.rolled_back:
            now = self._current.revision
            found.append(f"the policies directory was rolled back: its {self.rolled_back} is not in force, {now} is")
        if self._mistakes:
            mistakes = f"{self._mistakes} mistake{'s' * (self._mistakes > 1)}"
            either = " either" if self.rolled_back else ""
            what = f"what the policies directory holds now is not in force{either}"
            found.append(f"{what}: {mistakes}; `gateway check` says where")
        return tuple(found)

    async def _put(self, loading: Awaitable[Loaded | None], actor: str, how: str) -> None:
        """`actor`: "" where nobody asked."""
        try:
            loaded = await loading
        except PolicyError as error:
            self._mistakes = max(1, len(error.problems))
            self._metrics.add("gateway_policy_reloads_total", ("rejected",))
            self._events.emit(
                "policy_rejected",
                level="error",
                revision=self._current.revision,
                actor=actor or None,
                how=how,
                problems=[str(problem) for problem in error.problems] or [str(error)],
            )
            raise
        self._mistakes = 0
        if loaded is not None:
            self._metrics.add("gateway_policy_reloads_total", ("accepted",))
            await self._activate(loaded, Author(actor, SAID) if actor else None, how)

    async def _activate(self, loaded: Loaded, asked: Author | None, how: str) -> None:
        """`asked`: who did; None where nobody, and who made the files is found out once readers get what they say."""
        author = asked or Author()
        if loaded.policies.revision != self._current.revision:
            added, removed, changed = await asyncio.to_thread(_changes, self._current, loaded.policies)
            self._swap(loaded.policies)
            self.activated = self._clock()
            if asked is None:
                author = await asyncio.to_thread(self._loader.author, loaded, self._loaded)
            self._current, self._loaded = loaded.policies, loaded
            self._events.emit(
                "policy_reloaded",
                revision=loaded.policies.revision,
                policies=len(loaded.policies.policies),
                actor=author.name or None,
                how=how,
                action="rollback" if how == "rollback" else "activate",
                added=added,
                removed=removed,
                changed=changed,
            )
        await self._keep(loaded, author, how)

    async def _keep(self, loaded: Loaded, author: Author, how: str) -> None:
        """Write down what is in force. A disk that refuses costs the next start its fallback, nothing else."""
        if not self._keeps_state:
            return  # another worker of this gateway does
        try:
            await asyncio.to_thread(self._loader.activated, loaded, author=author, how=how, now=self._clock())
        except OSError as error:
            self._events.emit("state_not_written", level="error", error=error)


def _changes(old: PolicySet, new: PolicySet) -> tuple[list[str], list[str], list[str]]:
    """Names of policies that a new set adds, removes and changes."""
    before = {policy.name: policy for policy in old.policies}
    after = {policy.name: policy for policy in new.policies}
    changed = sorted(name for name in after.keys() & before.keys() if after[name] != before[name])
    return sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys()), changed
