"""The command `gateway`: one module a family of verbs; no rules inside.

Exit codes: 0 well; 1 findings, failed cases, invalid policies; 2 wrong usage or settings.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gateway import __version__
from gateway.cli import admin, doctor, geo, history, impact, new, policy, serve, try_command
from gateway.cli.output import fail
from gateway.errors import GatewayError, SettingsError

application = typer.Typer(
    name="gateway",
    help="Delivers a newsroom's articles under the newsroom's own policies, by where each reader may be.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gateway {__version__}")
        raise typer.Exit


@application.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    del version


application.command()(serve.serve)
for verb in (admin.reload, admin.purge, admin.preview, history.history, history.rollback, impact.impact):
    application.command()(verb)
policy.register(application)
application.command()(new.new)
application.command("try")(try_command.try_article)
application.command()(doctor.doctor)
application.add_typer(geo.application, name="geo")


def main() -> None:
    """Run the command; errors that were raised on purpose become a message and an exit code."""
    try:
        application()
    except SettingsError as error:
        fail(str(error))
        sys.exit(2)
    except GatewayError as error:
        for problem in error.problems:
            fail(str(problem))
        if not error.problems or str(error) not in "\n".join(map(str, error.problems)):
            fail(str(error))
        sys.exit(1)
