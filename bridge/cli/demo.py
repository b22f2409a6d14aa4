"""``demo``: the bridge with a simulated helpdesk and sample tickets, all on this machine."""

from __future__ import annotations

import click

from bridge.cli.exits import Exit


@click.command()
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port to listen on."
)
@click.option(
    "--speed",
    metavar="FACTOR",
    type=click.IntRange(1),
    default=600,
    show_default=True,
    help="How many times faster than real time the demo clock runs.",
)
@click.option(
    "--vendor",
    type=click.Choice(["zendesk", "odoo"]),
    default="zendesk",
    show_default=True,
    help="Helpdesk to simulate.",
)
def demo(port: int, speed: int, vendor: str) -> Exit:
    """Run a demo with a simulated helpdesk.

    Sample tickets play out on a fast clock. Nothing leaves this machine.
    """
    from bridge.demo import run

    return Exit(run(port, speed, vendor))
