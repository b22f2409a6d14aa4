"""The ledger: what the bridge has done on one ticket, by the store's record and by the evidence on the ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from pydantic import model_serializer

from bridge.decision.citation import Citation
from bridge.decision.desired import DesiredValue, DueMessage
from bridge.decision.effects import Action, Clear, Say, Set
from bridge.decision.records import ledger_fields
from bridge.decision.targets import Field, SystemField, Tag, Target
from bridge.ticket import Facts, Instant, Role, Ticket

UNDONE = "/undone"
"""Ends the key of the write that took back the one before it."""


class LedgerEntry(Facts):
    """One action as the ledger keeps it."""

    action: Action
    at: Instant
    """When it was intended."""
    confirmed: bool
    """False: intended, but neither the vendor's answer nor its audit trail has shown it yet."""

    @property
    def key(self) -> str:
        return self.action.key

    @property
    def cite(self) -> Citation:
        return self.action.cite

    @model_serializer
    def _record(self) -> dict[str, Any]:
        field, value = ledger_fields(self.action)
        written = {"key": self.key, "field": field, "value": value}
        return {**written, "cite": self.cite, "at": self.at, "confirmed": self.confirmed}


class Ledger:
    """What was done on one ticket: the store's record, completed by the evidence in the ticket's own timeline."""

    def __init__(self, entries: Iterable[LedgerEntry] = (), ticket: Ticket | None = None) -> None:
        evidence = {key for entry in ticket.timeline for key in entry.keys} if ticket else set()
        recorded = sorted(entries, key=attrgetter("at"))
        self._evidence = evidence
        self.proven = frozenset(each.key for each in recorded if not each.confirmed and each.key in evidence)
        """Keys of what was intended and what the ticket shows, although nobody has recorded that it was done."""
        self._entries = {entry.key: self._completed(entry) for entry in recorded}
        self._undone = {key for key in (*self._entries, *evidence) if key.endswith(UNDONE)}

    def _completed(self, entry: LedgerEntry) -> LedgerEntry:
        return entry.model_copy(update={"confirmed": True}) if entry.key in self.proven else entry

    def is_intended(self, key: str) -> bool:
        """Whether this was to be done before, be it in vain."""
        return key in self._entries

    def is_confirmed(self, key: str) -> bool:
        """Whether the helpdesk is known to have received this."""
        return key in self._evidence or (key in self._entries and self._entries[key].confirmed)

    def is_undone(self, key: str) -> bool:
        """Whether a person had this taken back, or began to: it is not done again on the same occasion."""
        return f"{key}{UNDONE}" in self._undone if self._undone else False

    def can_be_undone(self, entry: LedgerEntry) -> bool:
        """Whether an entry is a write of the policy that was not taken back, or a message of it.

        An activity that was withdrawn is gone.
        """
        if isinstance(entry.action, Clear) and entry.action.target is SystemField.ACTIVITIES:
            return False
        is_undo = entry.key.endswith(UNDONE) or (isinstance(entry.action, Say) and entry.action.template == "undo")
        return not is_undo and not self.is_confirmed(f"{entry.key}{UNDONE}")

    @property
    def entries(self) -> list[LedgerEntry]:
        """All entries, oldest first."""
        return list(self._entries.values())

    def has_arrived(self, message: DueMessage, ticket: Ticket) -> bool:
        """Whether a message to the customer may be on the ticket without our mark.

        So it is when since the intent more messages of ours without a mark have appeared there than are known to have
        been received: a customer must never get a message twice, also where the vendor keeps no marks.
        """
        intent = self._entries.get(message.key)
        if intent is None or not message.is_public:
            return False
        since = intent.at.replace(microsecond=0)
        ours = ticket.messages(public=True, role=Role.BRIDGE)
        unmarked = sum(not sent.keys and sent.at >= since for sent in ours)
        return unmarked > sum(self._is_received_unmarked(entry, since) for entry in self._entries.values())

    def _is_received_unmarked(self, entry: LedgerEntry, since: datetime) -> bool:
        """Whether the helpdesk confirmed a message to the customer of this time, and no mark on the ticket shows it."""
        is_public = isinstance(entry.action, Say) and entry.action.is_public
        return is_public and entry.confirmed and entry.key not in self._evidence and entry.at >= since

    def has_written(self, desired: DesiredValue) -> bool:
        """Whether this was written and not taken back by the bridge itself: who changed it since is a person."""
        last = self.last_writes.get(desired.target)
        is_withdrawn = isinstance(last, Clear) and isinstance(last.target, Tag | Field)
        return self.is_confirmed(desired.key) and not is_withdrawn

    @cached_property
    def last_writes(self) -> Mapping[Target, Set | Clear]:
        """The last confirmed write of each target, without what was undone, and without the writes that undid it."""
        writes = (
            entry.action
            for key, entry in self._entries.items()
            if entry.confirmed and not key.endswith(UNDONE) and not self.is_undone(key)
        )
        return {write.target: write for write in writes if not isinstance(write, Say)}
