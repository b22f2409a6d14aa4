"""``console-token``: make a new token for the console."""

from __future__ import annotations

import json

import click

from bridge.cli.context import command_settings, open_database
from bridge.cli.exits import Exit
from bridge.cli.output import json_option


@click.command("console-token")
@json_option
def console_token(*, as_json: bool) -> Exit:
    """Make a new token for the console.

    It replaces the one that `serve` made at its first start, is shown only once, and ends all sessions. A running
    server accepts it at once. If POLICYBRIDGE_CONSOLE_TOKEN is set, change it there.
    """
    from bridge.runtime.console_token import new_token
    from bridge.runtime.ticket_clock import wall_clock

    with open_database(must_exist=False) as store:
        token = new_token(command_settings(), store, wall_clock())
    if as_json:
        click.echo(json.dumps({"token": token}))
    else:
        click.echo(token)  # other output leaves out secrets
    return Exit.OK
