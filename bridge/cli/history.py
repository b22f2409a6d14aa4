"""``history``: save the histories of tickets to a file, for backtests on this machine or another."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli.exits import Exit
from bridge.cli.history_options import DAYS, LIVE, STORE, is_export, live_tickets
from bridge.cli.progress import counted, resumable
from bridge.errors import InputError


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "start", metavar="TIME", help=f"Only tickets changed since then; {DAYS} days back by default.")
@click.option(
    "--source",
    metavar=f"{LIVE}|{STORE}|FOLDER",
    default=LIVE,
    show_default=True,
    help="Where to read them: the helpdesks, our own records, or a folder of the helpdesk's export.",
)
@click.option("--without-texts", is_flag=True, help="Leave out what people wrote: subjects, messages, names.")
def history(file: Path, start: str | None, source: str, *, without_texts: bool) -> Exit:
    """Save the histories of tickets to FILE.

    FILE holds a line of JSON for each ticket, with its whole timeline in canonical words. Nothing is written to a
    helpdesk. If the command is interrupted, run it again: it continues where it stopped.
    """
    from bridge.history.save import save, saved_refs

    if source not in (LIVE, STORE) and not is_export(source):
        raise InputError(f"--source: found {source!r}; allowed: {LIVE}, {STORE}, a folder, or CONNECTION=PATH")
    known = saved_refs(file)
    if known:
        click.echo(f"{file}: continuing after {len(known)} tickets", err=True)
    with resumable(file), live_tickets(source, start, known) as found:
        saved = sum(1 for _ in counted(save(found, file, len(known), texts=not without_texts), None))
    click.echo(f"{file}: {saved + len(known)} tickets")
    for trouble in found.troubles:
        click.echo(f"{trouble.problem}: {trouble.detail}", err=True)
    return Exit.FINDINGS if found.troubles else Exit.OK
