"""`gateway history` and `gateway rollback`: who put which policies into force, and back to a former set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.admin import NOBODY_LISTENS, State, call
from gateway.cli.output import Json, fail, say, say_json
from gateway.errors import AdminError
from gateway.policies_in_force import SAID
from gateway.policy.author import Author
from gateway.policy.kept import Activation, KeptSets
from gateway.policy.loading import PolicyLoader
from gateway.settings import Settings, load_settings
from gateway.state import StateDirectory


def history(
    number: Annotated[int, typer.Option("--number", "-n", help="The last so many.", min=1)] = 20,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Print who put which policies into force, when, and how. With the files that this changed; the newest last."""
    directory = StateDirectory(load_settings({"state": state}).state)
    kept = KeptSets(directory.policies, b"")  # the history is not signed, so no key is made for it
    activations = kept.history()[-number:]
    if as_json:
        say_json([asdict(activation) for activation in activations])
        return
    if not activations:
        say(f"No activation is recorded in {directory.policies}.")
    for activation in activations:
        say(f"{activation.at}  {activation.revision}  {_who(activation)}, by {activation.how}  {_did(activation)}")
        for what in ("added", "changed", "removed"):
            for path in getattr(activation, what) if activation.previous else ():
                say(f"    {what} {path}")
    if kept.passed_over:
        say(f"The policies directory's revision {kept.passed_over} was rolled back; it is not in force.")


def rollback(
    revision: Annotated[str, typer.Argument(help="A revision of `gateway history` [the one before].")] = "",
    state: State = None,
    as_json: Json = False,
) -> None:
    """Put a former policy set into force again. It stays until the policies directory changes, or `gateway reload`.

    Exit 1 if no such set is kept.
    """
    settings = load_settings({"state": state})
    body = {"revision": revision, "actor": getuser()}
    try:
        _, answer = call(settings, "/rollback", body)
        until = "until the policies directory changes, or `gateway reload`"
    except AdminError as error:
        if not isinstance(error.__cause__, NOBODY_LISTENS):
            raise  # one that doesn't answer may still run, and write its state
        answer = asyncio.run(_roll_back_alone(revision, settings))
        until = "at the next start of the gateway, which does not run now; until the policies directory changes"
    if as_json:
        say_json(answer)
    elif answer.get("accepted"):
        say(f"In force: revision {answer['revision']}, {answer['policies']} policies, {until}.")
    else:
        problems = answer.get("problems")
        for problem in problems if isinstance(problems, list) else [answer.get("error", "refused")]:
            fail(str(problem))
    raise typer.Exit(0 if answer.get("accepted") else 1)


async def _roll_back_alone(revision: str, settings: Settings) -> Mapping[str, object]:
    """Where no gateway runs: change what the next one starts with. Raises PolicyError, or AdminError."""
    directory = StateDirectory(settings.state)
    key = directory.signing_key(settings.signing_key.get_secret_value()) if directory.policies.is_dir() else b""
    last = KeptSets(directory.policies, key).last_good()
    if last is None:
        raise AdminError(f"no policies were ever in force by {directory.root}; name its directory with --state")
    loader = PolicyLoader(Path(last.directory), directory.policies, key, settings.redirect_hosts)
    loaded = await loader.roll_back(revision)
    loader.activated(loaded, author=Author(getuser(), SAID), how="rollback", now=datetime.now(UTC))
    return {"accepted": True, "revision": loaded.policies.revision, "policies": len(loaded.policies.policies)}


def _who(activation: Activation) -> str:
    """A person, and by what they are known where they did not say it themselves."""
    known = {"git": " (git's author)", "owner": " (owner of the files)"}.get(activation.known_by, "")
    return (activation.actor or "somebody") + known


def _did(activation: Activation) -> str:
    if activation.action == "rollback":
        return f"rolled back from {activation.previous}"
    return f"instead of {activation.previous}" if activation.previous else "the first"
