"""What the commands on histories share: the period, the packs, and where the tickets come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.errors import InputError

if TYPE_CHECKING:
    from app import Bridge
    from bridge.history.live import HelpdeskHistory, StoreHistory
    from bridge.history.past_ticket import Period
    from bridge.history.source import HistorySource, Trouble
    from bridge.policy.model import Policy
    from bridge.store import SqlStore
    from bridge.ticket import TicketRef
    from mappings.connection import Configuration

Command = TypeVar("Command", bound=Callable[..., Any])

DAYS = 90
"""How far back a period begins that nobody has named."""
LIVE, STORE = "vendor", "store"


def period_options(command: Command) -> Command:
    """Give a command ``--from`` and ``--to``, as the arguments ``start`` and ``end``."""
    start = click.option("--from", "start", metavar="TIME", help=f"Start; {DAYS} days before the end by default.")
    end = click.option("--to", "end", metavar="TIME", help="End; when the history was taken by default.")
    return start(end(command))


def history_option(command: Command) -> Command:
    """Give a command ``--history``."""
    return click.option(
        "--history",
        default=LIVE,
        show_default=True,
        metavar=f"FILE|FOLDER|{LIVE}|{STORE}",
        help="A file of `policybridge history`, a folder of the helpdesk's export, the tickets in the helpdesks, or "
        "those that were reviewed.",
    )(command)


def results_option(command: Command) -> Command:
    """Give a command ``--results``."""
    return click.option(
        "--results",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write a line of JSON for each ticket; an interrupted run resumes from this file.",
    )(command)


def processes_option(command: Command) -> Command:
    """Give a command ``--processes``."""
    return click.option(
        "--processes",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Processes to work in; one per processor by default.",
    )(command)


def instant(text: str, option: str) -> datetime:
    """A day or an instant as a person writes it; without an offset it is UTC. Raises ``InputError``."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{option}: found {text!r}; allowed: a day such as 2026-07-01, or 2026-07-01T09:00Z"
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def period(start: str | None, end: str | None, taken_at: datetime | None) -> Period:
    """The period that a person names. Raises ``InputError``."""
    from bridge.history.past_ticket import Period
    from bridge.runtime.ticket_clock import wall_clock

    known = taken_at or wall_clock()
    last = min(instant(end, "--to"), known) if end else known
    first = instant(start, "--from") if start else last - timedelta(days=DAYS)
    if first >= last:
        raise InputError(
            f"--from: found {first:%Y-%m-%dT%H:%M:%SZ}; allowed: before the end, {last:%Y-%m-%dT%H:%M:%SZ}"
        )
    return Period(first.replace(microsecond=0), last.replace(microsecond=0))


def chosen_pack(name: str) -> Policy:
    """One pack, with the overrides of policybridge.yaml if there are any. Raises ``InputError``."""
    from bridge.config.configuration import configuration_file
    from bridge.config.configured_packs import load_pack
    from bridge.config.settings import load_settings
    from bridge.policy.load import load_policy

    is_there = configuration_file(load_settings()) is not None
    return load_pack(_read_configuration(), name) if is_there else load_policy(name)


def chosen_packs(names: Sequence[str]) -> list[Policy]:
    """The packs that are named, else those of policybridge.yaml, the higher precedence first. Raises ``InputError``."""
    from bridge.config.configuration import configuration_file
    from bridge.config.configured_packs import load_packs, pack_conflicts
    from bridge.config.settings import load_settings

    if names:
        packs = [(name, chosen_pack(name)) for name in names]
    elif configuration_file(load_settings()) is None:
        raise InputError(f"--pack: found none, and no {load_settings().config} that names packs; allowed: --pack PACK")
    else:
        packs = load_packs(_read_configuration())
    if found := pack_conflicts(packs):
        raise InputError("\n".join(found))
    return sorted((policy for _, policy in packs), key=lambda policy: -policy.precedence)


def native_clocks(policies: Sequence[Policy], words: Sequence[str]) -> dict[str, dict[str, str]]:
    """The clocks that are declared equal to a metric, by connection and on the command line. Raises ``InputError``."""
    from bridge.config.configuration import configuration_file
    from bridge.config.settings import load_settings

    known = sorted({clock.name for policy in policies for clock in policy.clocks})
    found: dict[str, dict[str, str]] = {"": {}}
    for word in words:
        clock, _, metric = word.partition("=")
        if not metric or clock not in known:
            raise InputError(f"--native: found {word!r}; allowed: CLOCK=METRIC, with a clock of {', '.join(known)}")
        found[""][clock] = metric
    if configuration_file(load_settings()) is not None:
        connections = _read_configuration().connections
        found |= {name: dict(each.native_clocks) for name, each in connections.items() if each.native_clocks}
    return {name: clocks for name, clocks in found.items() if clocks}


def _read_configuration() -> Configuration:
    from bridge.config.configuration import read_configuration
    from bridge.config.settings import load_settings

    return read_configuration(load_settings().config)


@contextmanager
def open_history(history: str, start: str | None, results: Path | None = None) -> Iterator[HistorySource]:
    """The tickets that are named. Raises ``InputError``.

    With a file of ``results``, live tickets are saved beside it first, so that an interrupted run can go on.
    """
    from bridge.history.source import HistoryFile

    if history not in (LIVE, STORE):
        yield _export(history) if is_export(history) else HistoryFile(Path(history))
    elif results is None:
        with live_tickets(history, start, frozenset()) as source:
            yield source
    else:
        saved = results.with_name(f"{results.name}.history")
        troubles = _saved(history, start, saved)
        yield HistoryFile(saved, troubles)


def is_export(history: str) -> bool:
    """Whether a history is named that a helpdesk's own export has made: a folder, or CONNECTION=PATH."""
    return not Path(history).is_file() and ("=" in history or Path(history).is_dir())


def _export(history: str, without: frozenset[TicketRef] = frozenset()) -> HistorySource:
    """Files of a helpdesk's own export, in the words of a connection. Raises ``InputError``."""
    from bridge.config.accounts_file import Accounts
    from bridge.config.configured_packs import load_packs
    from bridge.helpdesks.exports import exporting_vendors, open_export
    from bridge.history.exported import ExportHistory

    configuration = _read_configuration()
    name, _, place = history.rpartition("=") if "=" in history else ("", "", history)
    known = [each for each, value in configuration.connections.items() if value.vendor in exporting_vendors()]
    if not name and len(known) == 1:
        name = known[0]
    if name not in configuration.connections:
        raise InputError(f"--history: found {history!r}; allowed: CONNECTION=PATH, with {', '.join(known) or 'none'}")
    accounts = Accounts(configuration.accounts, [policy for _, policy in load_packs(configuration)])
    path = Path(place)
    return ExportHistory(path, open_export(path, name, configuration.connections[name]), accounts, without)


def _saved(history: str, start: str | None, path: Path) -> list[Trouble]:
    """What went wrong while the tickets were saved that the file does not have yet."""
    from bridge.cli.progress import counted
    from bridge.history.save import is_complete, save, saved_refs

    if is_complete(path):
        click.echo(f"{path}: has these tickets; delete it to fetch them again", err=True)
        return []
    known = saved_refs(path)
    with live_tickets(history, start, known) as source:
        for _ in counted(save(source, path, len(known), texts=True), None):
            pass
    return list(source.troubles)


@contextmanager
def live_tickets(source: str, start: str | None, known: frozenset[TicketRef]) -> Iterator[HistorySource]:
    """The tickets in the helpdesks, or those that were reviewed, without those that are known."""
    from bridge.cli.context import open_database, open_installation

    if is_export(source):
        yield _export(source, known)
    elif source == LIVE:
        with open_installation() as bridge:
            yield live_history(bridge, start, known)
    else:
        with open_database() as store:
            yield store_history(store, known)


def live_history(bridge: Bridge, start: str | None, without: frozenset[TicketRef] = frozenset()) -> HelpdeskHistory:
    """The tickets of an installation's helpdesks that have changed since the start of a period."""
    import time

    from bridge.history.live import HelpdeskHistory

    now = bridge.clock()
    since = instant(start, "--from") if start else now - timedelta(days=DAYS)
    helpdesks, accounts, seen = bridge.previews.helpdesks, bridge.reconciler.accounts, bridge.store.snapshot
    return HelpdeskHistory(helpdesks, accounts, seen, since, now, time.sleep, without)


def store_history(store: SqlStore, without: frozenset[TicketRef] = frozenset()) -> StoreHistory:
    """The tickets that an installation has reviewed, as they were last seen."""
    from bridge.history.live import StoreHistory
    from bridge.runtime.ticket_clock import wall_clock

    return StoreHistory(store.latest_reviews, wall_clock(), without)
