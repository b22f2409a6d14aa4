"""``schema``: the JSON Schema of the files people write."""

from __future__ import annotations

import click

from bridge.cli.exits import Exit
from bridge.cli.output import print_json


@click.command()
@click.argument("kind", type=click.Choice(["pack", "scenario", "connection", "accounts"]))
def schema(kind: str) -> Exit:
    """Print the JSON Schema of a file format.

    An editor uses it to complete and check such files. connection is policybridge.yaml; accounts is the file named
    by its key accounts.
    """
    from bridge.cli.json_schema import schema_of

    print_json(schema_of(kind))
    return Exit.OK
