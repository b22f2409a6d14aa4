"""``migrate``: upgrade the tables of the database."""

from __future__ import annotations

import click

from bridge.cli.context import command_settings, open_database
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines


@click.command()
@json_option
def migrate(*, as_json: bool) -> Exit:
    """Upgrade the database schema.

    Every command that opens the database upgrades it as well; use this one to choose the time yourself.
    """
    from sqlalchemy import make_url

    with open_database(must_exist=False):
        database = make_url(command_settings().database_url).render_as_string(hide_password=True)
    if as_json:
        print_json({"database": database, "up_to_date": True})
    else:
        print_lines([("✓ ", "bold green"), f"{database}: the schema is up to date"])
    return Exit.OK
