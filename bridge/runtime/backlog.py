"""The backlog: tickets that were created before a pack came into force on their connection.

A pack is in force since the connection first left shadow mode with it, or since the time that ``policybridge.yaml``
gives. For one ticket it can be earlier, where the bridge's own records show that it governed the ticket before, as
after the loss of the database; and later, where the pack began to apply to a ticket that no pack had governed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

import structlog

from bridge.config.in_force_check import in_force_problems, stamp
from bridge.decision import Mode
from bridge.errors import BridgeError, Conflict, InputError
from bridge.plan import LedgerEntry
from bridge.policy.evaluation.adoption import BacklogChoice, InForce
from bridge.policy.model import Policy
from bridge.ports.audit import AuditEntry
from bridge.ports.in_force import PackStart
from bridge.ports.store import Store
from bridge.ticket import Ticket, TicketRef
from bridge.yamlio.problems import dotted
from mappings.connection import Connection

log = structlog.get_logger()


class LeftAlone(BridgeError):
    """The ticket is from before the policy came into force, and is left alone."""


@dataclass(frozen=True)
class InForceSince:
    """Since when a pack is in force on a connection, as people are told."""

    connection: str
    pack: str
    since: datetime | None
    """None: not yet."""
    backlog: BacklogChoice
    watched_since: datetime | None = None
    mode: Mode = "shadow"
    """The mode in the file, which may not have begun yet."""

    def describe(self) -> str:
        """Since when, and what happens to older tickets, in one line."""
        if self.since is None:
            watched = f"; watched since {stamp(self.watched_since)}" if self.watched_since else ""
            return f"not in force yet: {_NOT_YET[self.mode]}{watched}"
        older = {
            "adopt": "older tickets are adopted from then on",
            "ignore": "older tickets are ignored until `policybridge adopt`",
            "judge": "older tickets are evaluated from their creation (backlog: judge), with everything overdue",
        }
        return f"in force since {stamp(self.since)}; {older[self.backlog]}"


_NOT_YET: dict[Mode, str] = {
    "shadow": "the mode is shadow",
    "comment_only": "it begins when `policybridge serve` starts with mode comment_only",
    "enforce": "mode enforce is not confirmed yet; `policybridge enforce` shows what it would do",
}


class Backlog:
    """Since when each pack is in force on each connection, and what becomes of older tickets."""

    def __init__(
        self,
        store: Store,
        connections: Mapping[str, Connection],
        packs: Collection[str],
        now: datetime,
        *,
        begins: bool = True,
        unconfirmed: Collection[str] = (),
    ) -> None:
        """Record what comes into force now, if it ``begins``. Raises ``InputError`` for times that cannot be used.

        ``unconfirmed``: connections whose step to ``enforce`` waits for a person; nothing comes into force there.
        """
        if wrong := [f"{dotted(path)}: {line}" for path, line in in_force_problems(connections, packs, now)]:
            raise InputError("\n".join(wrong))
        self._store = store
        self._connections = connections
        self._packs = packs
        self._begins = begins
        self._watching = {name for name, each in connections.items() if each.mode == "shadow" or name in unconfirmed}
        for name, connection in connections.items() if begins else ():
            for pack in packs:
                writes = name not in self._watching
                store.record_pack_start(name, pack, now.replace(microsecond=0), writes=writes)
            if connection.backlog == "judge":
                log.warning("backlog_judged", connection=name, advice="older tickets are evaluated from their creation")
        self._assumed: datetime | None = None
        self._starts = self._read_starts()

    def assuming(self, now: datetime) -> Backlog:
        """The same, as if what is not in force yet came into force now."""
        other = copy(self)
        other._assumed = now
        return other

    def _read_starts(self) -> dict[tuple[str, str], PackStart]:
        return {(start.connection, start.pack): start for start in self._store.pack_starts()}

    def starts(self) -> list[InForceSince]:
        """Since when every configured pack is in force on every connection."""
        return [self.start(name, pack) for name in self._connections for pack in self._packs]

    def since(self, connection: str, pack: str, now: datetime) -> datetime:
        """Since when a pack is in force; in shadow mode, since when it watches."""
        start = self.start(connection, pack)
        recorded = start.since or start.watched_since
        if recorded and recorded > now and self._begins:  # by a clock that was ahead; this one is trusted
            self._store.forget_future_starts(now.replace(microsecond=0))
            self._starts = self._read_starts()
            start = self.start(connection, pack)
        if start.since is None and connection in self._watching:
            return start.watched_since or now
        return start.since or now

    def governed(
        self,
        ticket: Ticket,
        policy: Policy,
        began: datetime | None,
        entries: Iterable[LedgerEntry],
        now: datetime,
        watched_until: datetime | None = None,
    ) -> Ticket:
        """The ticket as its pack governs it; ``began``: when the pack began to apply to it, if that was later.

        ``watched_until``: a ticket that may be written to since then is adopted at that instant. Raises ``LeftAlone``.
        """
        connection = ticket.ref.connection
        since = max(filter(None, (self.since(connection, policy.pack, now), began)))
        backlog = self._connections[connection].backlog
        if ticket.created_at >= since and backlog != "judge":
            backlog = "adopt"  # it is from after the beginning; only a rule or a person has kept the bridge from it
        since = max(filter(None, (since, watched_until)))
        if ticket.created_at >= since:
            return ticket
        since = min([since, *_occasions(ticket, policy, entries)])
        in_force = InForce(since, backlog)
        if in_force.backlog == "ignore" and (adopted_at := self._store.adopted_at(ticket.ref)):
            in_force = InForce(adopted_at)
        governed = in_force.governed(ticket, now)
        if governed is None:
            raise LeftAlone(_reason(ticket, policy.pack, in_force))
        return governed

    def check_adoption(self, connection: str) -> None:
        """Raises ``InputError`` where older tickets need nobody to adopt them."""
        choice = self._connections[connection].backlog
        if choice != "ignore":
            does = "adopted on their own" if choice == "adopt" else "evaluated from their creation"
            raise InputError(f"{connection}: found backlog: {choice}, so older tickets are {does}; nothing to adopt")

    def start(self, connection: str, pack: str) -> InForceSince:
        """Since when a pack is in force on a connection, for people."""
        settings = self._connections[connection]
        known = self._starts.get((connection, pack))
        if known and known.since is None and not self._assumed:  # another process may have left shadow mode
            self._starts = self._read_starts()
            known = self._starts.get((connection, pack))
        configured, recorded = settings.in_force_since_of(pack), known.since if known else None
        watched = known.watched_since if known else None
        since = configured or recorded or self._assumed
        return InForceSince(connection, pack, since, settings.backlog, watched, settings.mode)


def adopt(store: Store, ref: TicketRef, who: str, because: str, now: datetime) -> None:
    """Adopt a ticket that is ignored, record who did it and why, and have it reviewed.

    Raises ``Conflict`` when it was adopted before.
    """
    detail = f"{ref} adopted by {who}{f': {because}' if because else ''}"
    ident = sha256(f"{now.isoformat()}/{detail}".encode()).hexdigest()
    if not store.adopt(ref, AuditEntry(ident, now.replace(microsecond=0), "adoption", detail)):
        raise Conflict(f"{ref} is adopted already; `policybridge explain {ref}` shows what its policy decides")


def _occasions(ticket: Ticket, policy: Policy, entries: Iterable[LedgerEntry]) -> Iterator[datetime]:
    """The occasions of what the bridge has done on a ticket under a pack, as the keys name them."""
    keys = {entry.key for entry in entries if entry.confirmed} | {key for e in ticket.timeline for key in e.keys}
    for key in keys:
        clause, _, rest = key.partition("/")
        if clause in policy.clauses and (since := _instant(rest.partition("/")[0])):
            yield since


@lru_cache(maxsize=10_000)
def _instant(text: str) -> datetime | None:
    """An instant as keys write it, each of which is read many times; None for anything else."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None


def _reason(ticket: Ticket, pack: str, in_force: InForce) -> str:
    created = f"{ticket.ref} was created {stamp(ticket.created_at)}, before {pack} came into force here"
    created += f" ({stamp(in_force.since)})"
    if in_force.backlog == "ignore":
        return f"{created}, and such tickets are ignored; `policybridge adopt {ticket.ref}` adopts it"
    return f"{created}, and was solved or closed then; it is left alone until somebody opens it"
