"""`gateway reload`, `purge` and `preview`: verbs that speak with a running gateway, or sign for it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from gateway.cli.output import Json, fail, say, say_json
from gateway.cli.policy_sets import located_in, read_set
from gateway.content.files import load_directory
from gateway.errors import AdminError, PolicyError
from gateway.policy.cases import no_such_article
from gateway.settings import Settings, load_settings
from gateway.state import StateDirectory
from gateway.web.paths import passable
from gateway.web.preview import PARAMETER, Preview, sign

State = Annotated[Path | None, typer.Option("--state", help="The state directory of the running gateway.")]
TIMEOUT_SECONDS = 30
NOBODY_LISTENS = (FileNotFoundError, ConnectionRefusedError)
"""What says for certain that no gateway runs on a state directory."""


def call(settings: Settings, path: str, body: Mapping[str, object]) -> tuple[int, Mapping[str, object]]:
    """POST to the admin port of the gateway that runs on this state directory. Raises AdminError."""
    state, address = StateDirectory(settings.state), ""
    try:
        address = state.admin_address.read_text("ascii").strip()
        host, _, port = address.rpartition(":")
        token = state.admin_token(settings.admin_token.get_secret_value())
        with closing(http.client.HTTPConnection(host.strip("[]"), int(port), timeout=TIMEOUT_SECONDS)) as connection:
            connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AdminError(_no_answer(state, address, error)) from error


def _no_answer(state: StateDirectory, address: str, error: Exception) -> str:
    """What to make of a gateway that doesn't answer, and what to do about it."""
    other = "name the directory of the one that you mean with --state"
    if isinstance(error, FileNotFoundError):
        return f"no gateway runs on {state.root}; start one with `gateway serve`, or {other}"
    if isinstance(error, ConnectionRefusedError):
        ended = f"the gateway on {state.root} isn't running: nobody listens at {address}, where it was"
        return f"{ended}; start it with `gateway serve`, or {other}"
    return f"no gateway answers for {state.root} ({address or error}); look at it with `gateway doctor`, or {other}"


def reload(
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Yes, these policies are meant to be gone.")
    ] = False,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Read policies, content and evidence again, now. Exit 1 if the new policies were not accepted."""
    settings = load_settings({"state": state})
    body = {"accept_removals": accept_removals, "actor": getuser()}
    status, answer = call(settings, "/reload", body)
    if as_json:
        say_json(answer)
    elif status == 200:
        say(f"In force: revision {answer['revision']}, {answer['policies']} policies, {answer['articles']} articles.")
    else:
        problems = answer.get("problems")
        for problem in problems if isinstance(problems, list) else [answer.get("error", "refused")]:
            fail(str(problem))
        fail(f"The set in force stays: revision {answer.get('revision', '?')}.")
    raise typer.Exit(0 if status == 200 else 1)


def purge(
    article: Annotated[str, typer.Option("--article", metavar="SLUG", help="Every copy of this article.")] = "",
    tag: Annotated[str, typer.Option("--tag", metavar="TAG", help="Every copy of articles with this tag.")] = "",
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Every copy of this page of a CMS.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every copy of everything.")] = False,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Remove stored pages, and prove it by a read-back. Fresh, stale and in-process copies, on every node."""
    if sum((bool(article), bool(tag), bool(url), everything)) != 1:
        raise typer.BadParameter("name exactly one of --article, --tag, --url and --all")
    settings = load_settings({"state": state})
    named = {"article": article, "tag": tag, "url": url}
    body: dict[str, object] = {name: value for name, value in named.items() if value} or {"all": True}
    status, answer = call(settings, "/purge", body)
    if as_json:
        say_json(answer)
    elif status == 404:
        raise typer.BadParameter(f"{answer.get('error')}")
    elif status == 200:
        say(f"Removed {answer['memory']} from memory, {answer['store']} from Redis; read back: {answer['left']} left.")
    else:
        fail(str(answer.get("error", "refused")))
    raise typer.Exit(2 if status == 404 else 0 if status == 200 and not answer.get("left") else 1)


def preview(
    article: Annotated[str, typer.Argument(help="The article's slug; of a CMS's, the path.")],
    within: Annotated[str, typer.Option("--in", metavar="REGION", help="A region's name or code, as UA-43.")] = "",
    unknown: Annotated[bool, typer.Option("--unknown", help="A reader whose place is unknown.")] = False,
    minutes: Annotated[int, typer.Option(help="How long the link works.", min=1, max=10080)] = 60,
    state: State = None,
) -> None:
    """Print a signed, expiring link: the article as read in REGION. Never cached, marked in the logs."""
    if bool(within) == unknown:
        raise typer.BadParameter("name either --in REGION or --unknown")
    settings = load_settings({"state": state})
    _foresee(settings, article, within)
    directory = StateDirectory(settings.state)
    key = directory.signing_key(settings.signing_key.get_secret_value())
    say(preview_link(_site_url(settings, directory), article, within, key, timedelta(minutes=minutes)))


def _foresee(settings: Settings, article: str, within: str) -> None:
    """Make no link that would show nothing: wrong usage. The gateway knows; where none answers, what it would read."""
    try:
        status, answer = call(settings, "/preview", {"article": article, "in": within})
    except AdminError as error:
        if within:
            with suppress(PolicyError):  # while they are being mended, the gateway refuses a link that it does not know
                located_in(within, read_set(settings.policies)[1])
        if "content" in settings.model_fields_set and not settings.origin:
            known = _known_articles(settings)
            if article not in known:
                raise typer.BadParameter(no_such_article(article, known)) from error
        if not settings.base_url:
            fail(f"{error}. The link shows something once it runs.")
        return
    if status == 404:
        raise typer.BadParameter(f"{answer.get('error')}")
    if "published" in answer:
        fail(f"{article} is not published before {answer['published']}; until then the link shows that there is none.")


def _known_articles(settings: Settings) -> Collection[str]:
    index = load_directory(settings.directory, cache=StateDirectory(settings.state).content_index, keeps=False)
    return index.facts.keys()


def _site_url(settings: Settings, directory: StateDirectory) -> str:
    """Where the site is: as the settings name it, else where the gateway listens that runs on this directory."""
    if settings.base_url:
        return settings.site_url
    try:
        host, _, port = directory.public_address.read_text("ascii").strip().rpartition(":")
        return settings.model_copy(update={"host": host.strip("[]"), "port": int(port)}).site_url
    except (OSError, ValueError):
        return settings.site_url


def preview_link(base_url: str, article: str, target: str, key: bytes, lifetime: timedelta) -> str:
    """A link to the article as read at `target` ("" for an unknown place). A CMS's article is named by its path."""
    ends = datetime.now(UTC) + lifetime
    if not article.startswith("/"):
        token = sign(Preview(article, target, ends), key)
        return f"{base_url}/articles/{article}?{urlencode({PARAMETER: token})}"
    token = sign(Preview(passable(article) or article, target, ends), key)
    return f"{base_url}{article}{'&' if '?' in article else '?'}{urlencode({PARAMETER: token})}"
