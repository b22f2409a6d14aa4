"""``python -m bridge.sandbox zendesk``: run the local Zendesk until it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.server import HOST, serve
from bridge.sandbox.stage import Stage
from bridge.sandbox.state import Record
from bridge.sandbox.stories import STORIES


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


@main.command()
@click.option("--port", default=0, show_default=True, help="TCP port on 127.0.0.1; 0 takes a free one.")
@click.option("--speed", default=1.0, show_default=True, help="Virtual seconds in a real second.")
@click.option("--start", callback=_instant, help="Virtual time at the start; now, when left out.")
@click.option("--seed", type=click.Path(exists=True, path_type=Path), callback=_seed, help="JSON file of records.")
@click.option("--stories", type=click.Choice(sorted(STORIES)), help="Sample tickets that come alive.")
@click.option("--with-parent", is_flag=True, help="End when standard input closes.")
def zendesk(
    port: int, speed: float, start: datetime | None, seed: Record, stories: str | None, with_parent: bool
) -> None:
    """Serve a Zendesk account; prints its URL when it listens."""
    clock = SandboxClock(start, speed)
    try:
        server, house = serve(clock, seed, port)
    except OSError as error:
        raise click.ClickException(f"port {port} on {HOST} cannot be used ({error.strerror}); choose another") from None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    click.echo(house.state.base_url)
    sys.stdout.flush()
    if stories:
        Stage(house, STORIES[stories](clock())).start()
    server.serve_forever()


def _leave(*_: object) -> NoReturn:
    # Nothing is worth saving, and deliveries may be waiting: leave at once.
    os._exit(0)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    _leave()


if __name__ == "__main__":
    main()
