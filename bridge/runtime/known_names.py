"""The names that people give to commands, pages and programs: what is known under them, and what to say otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bridge.errors import Unknown
from bridge.policy.recorded import recorded_policy
from bridge.store import SqlStore
from bridge.store.queries import QueueEntry
from bridge.ticket import TicketRef

LISTED = 12
"""Names in an error; it says how many more there are."""


def check_connection(name: str, connections: Collection[str]) -> None:
    """Raise ``Unknown`` for a connection that does not exist."""
    if name not in connections:
        raise Unknown(f"connection: found {name!r}; allowed: {_listed(connections)}")


def known_ticket(store: SqlStore, ref: TicketRef, connections: Collection[str]) -> QueueEntry:
    """The queue entry of a ticket. Raises ``Unknown`` for one that was never seen."""
    if entry := store.queue_entry(ref):
        return entry
    check_connection(ref.connection, connections)
    raise Unknown(f"ticket: found {ref}, which was never reviewed; `policybridge review {ref}` reviews it now")


def check_clause(store: SqlStore, clause: str, clauses: Iterable[str] = ()) -> None:
    """Raise ``Unknown`` for a clause of no policy: neither of ``clauses`` nor of one that was ever in force."""
    known = {*clauses, *_recorded_clauses(store)}
    if clause.casefold() not in {each.casefold() for each in known}:
        raise Unknown(f"clause: found {clause!r}; allowed: {_listed(sorted(known))}")


def check_account(store: SqlStore, account: str) -> None:
    """Raise ``Unknown`` for a customer of whom no ticket was ever seen."""
    known = store.account_names()
    if account.casefold() not in {name.casefold() for pair in known.items() for name in pair}:
        shown = sorted((f"{name} ({key})" if name != key else key for key, name in known.items()), key=str.casefold)
        raise Unknown(f"account: found {account!r}; allowed: {_listed(shown)}")


def _recorded_clauses(store: SqlStore) -> Iterable[str]:
    for digest in {version.digest for version in store.pack_versions()}:
        if text := store.pack_text(digest):
            yield from recorded_policy(text).clauses


def _listed(names: Collection[str]) -> str:
    shown: Sequence[str] = list(names)[:LISTED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{', '.join(shown)}{more}" or "none, because nothing was reviewed yet"
