"""``serve``, ``demo`` and ``migrate``: running an installation; and how other commands open one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines

if TYPE_CHECKING:
    from app import Bridge
    from bridge.config.settings import Settings
    from bridge.store import SqlStore


@contextmanager
def installation() -> Iterator[Bridge]:
    """The configured installation, for one command. Raises ``InputError`` for what cannot be used."""
    from app import assemble

    with assemble(_settings()) as bridge:
        yield bridge


@contextmanager
def record() -> Iterator[SqlStore]:
    """The store alone: what was recorded can be read without helpdesk and credentials."""
    from bridge.store import open_store

    store = open_store(_settings().database_url)
    try:
        yield store
    finally:
        store.close()


def _settings() -> Settings:
    from bridge.cli.logs import log_to_stderr
    from bridge.config.settings import load_settings

    log_to_stderr("warning", "console")
    return load_settings()


@click.command()
@click.option("--host", help="Address to listen on, instead of POLICYBRIDGE_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, instead of POLICYBRIDGE_PORT.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes; PostgreSQL only.")
def serve(host: str | None, port: int | None, workers: int) -> Exit:
    """Run the bridge on this machine.

    It receives webhooks, reviews tickets when they are due, and shows the console.
    """
    from bridge.cli.logs import log_to_stderr
    from bridge.cli.server import run
    from bridge.config.settings import load_settings

    settings = load_settings()
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    log_to_stderr(settings.log_level, settings.log_format)
    run(settings.model_copy(update=given), workers)
    return Exit.OK


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port to listen on.")
@click.option("--speed", type=click.IntRange(1), default=600, show_default=True, help="How much faster its clock runs.")
@click.option("--vendor", type=click.Choice(["zendesk", "odoo"]), default="zendesk", show_default=True)
def demo(port: int, speed: int, vendor: str) -> Exit:
    """Try the bridge with a local Zendesk or Odoo.

    Sample tickets come alive on a clock that runs fast; nothing leaves this machine.
    """
    from bridge.demo import run

    return Exit(run(port, speed, vendor))


@click.command()
@json_option
def migrate(*, as_json: bool) -> Exit:
    """Bring the database up to date.

    Every command that opens it does so too; this is for doing it at a time of your own.
    """
    from sqlalchemy import make_url

    with record():
        database = make_url(_settings().database_url).render_as_string(hide_password=True)
    if as_json:
        print_json({"database": database, "up_to_date": True})
    else:
        print_lines([("✓ ", "bold green"), f"{database}: the tables are up to date"])
    return Exit.OK
