"""``serve``: run the server."""

from __future__ import annotations

import click

from bridge.cli.exits import Exit


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on; overrides POLICYBRIDGE_HOST.")
@click.option("--port", metavar="PORT", type=click.IntRange(0, 65535), help="Overrides POLICYBRIDGE_PORT.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Number of worker processes; more than one needs PostgreSQL.",
)
@click.option("--yes", is_flag=True, help="Confirm a change of the mode to enforce without a question.")
def serve(host: str | None, port: int | None, workers: int, *, yes: bool) -> Exit:
    """Run the server.

    It receives webhooks, reviews tickets when they are due and serves the console. If the mode of a connection was
    changed to enforce, nothing more is written until that is confirmed: here, with --yes, by `policybridge enforce
    --apply`, or in the console.
    """
    from bridge.cli.logs import log_to_stderr
    from bridge.cli.server import run
    from bridge.config.settings import load_settings

    settings = load_settings()
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    log_to_stderr(settings.log_level, settings.log_format)
    run(settings.model_copy(update=given), workers, confirmed=yes)
    return Exit.OK
