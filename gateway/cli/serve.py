"""`gateway serve`: start, say where, run until told to stop."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from gateway.app import Gateway
from gateway.cli.admin import preview_link
from gateway.cli.output import err
from gateway.errors import GatewayError
from gateway.settings import Settings, load_settings
from gateway.starting import started
from gateway.workers import Workers

PREVIEWS = (("Moscow", "RU"), ("Simferopol", "UA-43"), ("Kyiv", "UA-30"), ("Lagos", "NG"), ("an unknown place", ""))
PREVIEW_LIFETIME = timedelta(hours=12)


def serve(
    host: Annotated[str | None, typer.Option(help="Where the public port listens [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="The public port [8080].")] = None,
    admin_host: Annotated[str | None, typer.Option(help="Where the admin port listens [127.0.0.1].")] = None,
    admin_port: Annotated[int | None, typer.Option(help="The admin port [8081].")] = None,
    content: Annotated[
        str | None, typer.Option(help="The content directory, or the URL of a CMS [the sample].")
    ] = None,
    policies: Annotated[Path | None, typer.Option(help="The policies directory [./policies].")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes [1].", min=1)] = None,
    state: Annotated[Path | None, typer.Option(help="The state directory [./.gateway].")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Greet nobody: no preview links and no token on standard error.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="A YAML file of settings; the environment goes before it.")
    ] = None,
) -> None:
    """Serve the articles; the admin port listens beside it."""
    given = {
        "host": host, "port": port, "admin_host": admin_host, "admin_port": admin_port, "content": content,
        "policies": policies, "workers": workers, "state": state,
    }  # fmt: skip
    settings = load_settings(given, config=config, starting=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, greets=not quiet))


async def _serve(settings: Settings, *, greets: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    gateway = Workers(settings) if settings.workers > 1 else Gateway(settings)
    loop.add_signal_handler(signal.SIGHUP, gateway.reopen_logs)
    if not await started(gateway.start(), stopping):
        return
    try:
        if greets:
            _greet(gateway)
        if isinstance(gateway, Workers):
            loop.add_signal_handler(signal.SIGUSR2, gateway.roll_soon)
            gave_up = asyncio.create_task(gateway.gave_up.wait())
            await asyncio.wait([gave_up, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
            if not stopping.is_set():
                raise GatewayError("the workers die as soon as they start; what they found stands in the log")
        await stopping.wait()
    finally:
        await gateway.stop()


def _greet(gateway: Gateway | Workers) -> None:
    """Print the five readers of one article, and where the admin port is."""
    article = gateway.showcase()
    err.print(f"\nThe gateway serves {gateway.public_url}", style="bold")
    if article:
        err.print(
            f"One article, as it is read in five places (links work for {PREVIEW_LIFETIME.seconds // 3600} hours):\n"
        )
        for place, target in PREVIEWS:
            link = preview_link(gateway.public_url, article, target, gateway.signing_key, PREVIEW_LIFETIME)
            err.print(f"  {place:16} ", end="")
            err.print(link, soft_wrap=True, markup=False)
    err.print(f"\nAdmin: {gateway.admin_url}/metrics with the header  Authorization: Bearer {gateway.admin_token}")
    err.print("Stop with Ctrl-C.\n")
