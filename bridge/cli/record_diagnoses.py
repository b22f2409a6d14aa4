"""What ``doctor`` says of the database: whether it can be opened, and what the running server has recorded in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from bridge.config.settings import Settings
    from bridge.ports.helpdesk import Diagnosis
    from mappings.connection import Configuration


def recorded_conditions(settings: Settings, configuration: Configuration) -> Iterator[Diagnosis]:
    """What the running server has recorded: what fails, since when, and what last succeeded."""
    from bridge.ports.helpdesk import Diagnosis
    from bridge.runtime.health import Health
    from bridge.runtime.ticket_clock import TicketClock
    from bridge.store import open_store

    try:
        with closing(open_store(settings.database_url)) as store:
            connections = tuple(configuration.connections)
            found = Health(store, TicketClock(), connections, sweep_s=settings.sweep).assess()
            problem = store.clock_problem()
    except BridgeError:
        return  # reported by the line on the database
    if problem:
        yield Diagnosis("clock of the database", ok=False, advice=problem)
    yield from (Diagnosis(each.subject, each.is_ok, each.text) for each in found if each.problem or each.succeeded_at)


def pack_starts(configuration: Configuration, packs: Sequence[str], url: str) -> Iterator[Diagnosis]:
    """Since when each pack is in force on each connection."""
    from bridge.ports.helpdesk import Diagnosis
    from bridge.runtime.backlog import Backlog
    from bridge.runtime.ticket_clock import wall_clock
    from bridge.store import open_store

    try:
        with closing(open_store(url)) as store:
            backlog = Backlog(store, configuration.connections, packs, wall_clock(), begins=False)
    except InputError as error:
        yield from failures("in force", error)
        return
    except BridgeError:
        return  # reported by the line on the database
    for start in backlog.starts():
        yield Diagnosis(f"{start.connection}, {start.pack}", ok=True, advice=start.describe())


def recorded_accounts(url: str, *, is_fixed: bool) -> Iterator[Diagnosis]:
    """The last change of the accounts and the last rejected edit, as the server recorded them."""
    from bridge.config.accounts_file import refusal
    from bridge.ports.helpdesk import Diagnosis
    from bridge.store import open_store

    try:
        with closing(open_store(url)) as store:
            changed, refused = store.last_audit_entry("account"), refusal(store)
    except BridgeError:
        return  # reported by the line on the database
    if changed:
        yield Diagnosis("accounts, last change", ok=True, advice=f"{changed.at:%Y-%m-%d %H:%M} UTC: {changed.detail}")
    if refused:
        what = f"the edit of {refused.at:%Y-%m-%d %H:%M} UTC was rejected, and the accounts read before stay in force"
        advice = "the file is fixed, and a running server reads it within seconds" if is_fixed else "fix the file"
        yield Diagnosis("accounts, in force", ok=is_fixed, advice=f"{what}; {advice}")


def database_state(url: str) -> str:
    """How many of its tickets need attention; raises ``BridgeError`` when it cannot be opened."""
    from bridge.store import open_store

    with closing(open_store(url)) as store:
        parked = store.counts(datetime.now(UTC)).parked
    listed = "; `policybridge parked` lists them" if parked else ""
    return f"can be opened; {parked} {'ticket needs' if parked == 1 else 'tickets need'} attention{listed}"


def failures(subject: str, error: BridgeError) -> Iterator[Diagnosis]:
    """What an error says, line by line."""
    from bridge.ports.helpdesk import Diagnosis

    return (Diagnosis(subject, ok=False, advice=line) for line in str(error).splitlines())
