"""``python -m bridge.sandbox zendesk`` and ``... odoo``: run a local helpdesk until it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.http_server import HOST
from bridge.sandbox.odoo.server import serve as serve_odoo
from bridge.sandbox.record import Record
from bridge.sandbox.runner import SampleTicketRunner
from bridge.sandbox.sample_tickets import SAMPLES
from bridge.sandbox.zendesk.player import ZendeskPlayer
from bridge.sandbox.zendesk.server import serve


@click.group()
def main() -> None:
    """Local stand-ins for helpdesks."""


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not an ISO date-time, such as 2026-03-02T08:00:00Z") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _seed(_: click.Context, __: click.Parameter, path: Path | None) -> Record:
    if path is None:
        return {}
    try:
        seed = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.BadParameter(f"{path} is not JSON: {error}") from None
    if not isinstance(seed, dict):
        raise click.BadParameter(f"{path} must hold one JSON object")
    return seed


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Options that every sandbox has."""
    for option in reversed(
        (
            click.option("--port", default=0, show_default=True, help="TCP port on 127.0.0.1; 0 takes a free one."),
            click.option("--speed", default=1.0, show_default=True, help="Virtual seconds in a real second."),
            click.option("--start", callback=_instant, help="Virtual time at the start; now, when left out."),
            click.option("--with-parent", is_flag=True, help="End when standard input closes."),
        )
    ):
        command = option(command)
    return command


@main.command()
@_common
@click.option("--seed", type=click.Path(exists=True, path_type=Path), callback=_seed, help="JSON file of records.")
@click.option("--samples", type=click.Choice(sorted(SAMPLES)), help="Sample tickets that come alive.")
def zendesk(
    port: int, speed: float, start: datetime | None, seed: Record, samples: str | None, with_parent: bool
) -> None:
    """Serve a Zendesk account; prints its URL when it listens."""
    clock = SandboxClock(start, speed)
    with _port(port):
        server, account = serve(clock, seed, port)
    _announce(account.state.base_url, with_parent)
    if samples:
        SampleTicketRunner(ZendeskPlayer(account), SAMPLES[samples](clock())).start()
    server.serve_forever()


@main.command()
@_common
@click.option("--series", type=click.Choice(["18", "19"]), default="19", show_default=True, help="Odoo's series.")
def odoo(port: int, speed: float, start: datetime | None, series: str, with_parent: bool) -> None:
    """Serve an Odoo database with the community helpdesk; prints its URL when it listens."""
    with _port(port):
        server, _ = serve_odoo(int(series), SandboxClock(start, speed), port)
    _announce(f"http://{HOST}:{server.server_port}", with_parent)
    server.serve_forever()


@contextmanager
def _port(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"port {port} on {HOST} cannot be used ({error.strerror}); choose another") from None


def _announce(url: str, with_parent: bool) -> None:
    """Print where the server is, and arrange for its end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    click.echo(url)
    sys.stdout.flush()


def _leave(*_: object) -> NoReturn:
    # Nothing is worth saving, and deliveries may be waiting: leave at once.
    os._exit(0)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    _leave()


if __name__ == "__main__":
    main()
