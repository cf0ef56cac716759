"""The command `gateway try`: options in, one trial, a page or JSON out."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from gateway.cli.loopback import one_page
from gateway.cli.output import Json, err, say, say_json, write
from gateway.cli.policy_sets import as_if_active, moment, read_set
from gateway.cli.try_article import Tried, fetched, saved, tried
from gateway.content.doors import Door
from gateway.origins import rules_of
from gateway.render.environment import render
from gateway.render.foreign.facts import UNKNOWN
from gateway.settings import load_settings


def try_article(
    article: Annotated[str, typer.Argument(metavar="URL|FILE", help="An article's address, or a page saved from it.")],
    directory: Annotated[
        Path | None, typer.Option("--policies", help="The policies directory [GATEWAY_POLICIES].")
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option("--pages", metavar="FILE", help="What stands where on the CMS's pages [GATEWAY_ORIGIN_PAGES]."),
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Another moment, as 2026-11-01T00:00:00Z.")] = "",
    url: Annotated[str, typer.Option("--url", help="Where a saved page stands [what it says itself].")] = "",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the page to a file, and serve nothing.")
    ] = None,
    port: Annotated[int, typer.Option("--port", help="The port on loopback [any that is free].", min=0, max=65535)] = 0,
    shadow: Annotated[bool, typer.Option("--shadow", help="As if policies in shadow were in force.")] = False,
    scripts: Annotated[bool, typer.Option("--scripts", help="Let the page's own scripts run in the frames.")] = False,
    as_json: Json = False,
) -> None:
    """Show your own article as five readers would get it. In Moscow, Simferopol, Kyiv, Lagos, and at an unknown place.

    No gateway is needed for it, and nothing is changed anywhere. Exit code 1: it is no article to the gateway, or
    something on it needs a person's eye.
    """
    if article.startswith(("http://", "https://")) and url:
        raise typer.BadParameter("--url is for a saved page; an address says itself where it stands")
    settings = load_settings({"policies": directory, "origin_pages": pages})
    now = moment(at)
    policies = read_set(settings.policies)[1]
    rules = rules_of(settings)
    _progress(f"Reading {article} …")
    source = fetched(article) if article.startswith(("http://", "https://")) else saved(Path(article), url)
    result = tried(source, as_if_active(policies) if shadow else policies, rules, now, _progress)
    if as_json:
        say_json(as_value(result))
    else:
        for finding in findings(result):
            say(finding, style="yellow")
        page = page_of(result, scripts=scripts)
        if html is not None:
            write(html, page)
            say(f"Written to {html}: open it in a browser, or mail it.")
        elif result.readers:
            _serve(page, port)
    if findings(result):
        raise typer.Exit(1)


def findings(result: Tried) -> list[str]:
    """What somebody should look at, a sentence each, with what to do about it."""
    if result.found is None:
        what = "is nothing that a policy could treat, and would pass as it is"
        return [f"{result.source.url}: {what}; try an article, a feed, or a list in JSON"]
    found = [f"{alarm}; mend the policy, or look at the page" for alarm in result.alarms]
    if result.found.door is Door.LISTING:
        remedy = "add its path to `articles: {paths: [...]}` in the file of GATEWAY_ORIGIN_PAGES"
        found.insert(0, f"{result.source.url}: the page does not say that it is an article; {remedy}")
    return found


def as_value(result: Tried) -> dict[str, object]:
    """The trial as JSON."""
    found = result.found
    facts = found.facts if found is not None else None
    return {
        "url": result.source.url,
        "article": bool(found and found.article),
        "door": found.door if found is not None else None,
        "path": facts.slug if facts else None,
        "section": facts.section if facts else None,
        "tags": sorted(facts.tags) if facts else [],
        "language": facts.language if facts else None,
        "published": facts.published if facts and facts.published != UNKNOWN else None,
        "entries": [one.slug for one in found.entries] if found is not None else [],
        "readers": [
            {
                "reader": one.name,
                "region": one.region or "unknown",
                "status": one.treated.page.status,
                "treatments": list(one.names),
                "untouched": one.treated.untouched,
                "bytes": len(one.treated.page.body),
                "policies": [
                    {"policy": reason.policy, "matched": reason.matched, "reason": reason.reason}
                    for reason in one.decision.trace
                ],
            }
            for one in result.readers
        ],
        "findings": findings(result),
    }


def page_of(result: Tried, *, scripts: bool = False) -> str:
    """The five readers side by side, on one page that needs nothing else."""
    made = render("try.html", tried=result, findings=findings(result), scripts=scripts)
    return made.decode("utf-8")


def _serve(page: str, port: int) -> None:
    stopping = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        with one_page(page, port) as address:
            say(address)
            _progress("Open it in a browser; Ctrl-C ends it.")
            stopping.wait()
    except OSError as error:
        raise typer.BadParameter(f"port {port} cannot be had: {error.strerror}; name another, or none") from error


def _progress(text: str) -> None:
    err.print(text, markup=False)
