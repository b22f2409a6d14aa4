"""A ticket at one moment: its present values and its whole timeline."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field

from bridge.ticket.timeline import FACT_FIELD, OWN_FIELD, Changed, Merge, Message, TimelineEntry
from bridge.ticket.values import Facts, FactValue, Instant
from bridge.ticket.vocabulary import Channel, Opener, Priority, Role, Status


class TicketRef(Facts):
    """Which ticket, of which connection: the only thing that travels through queues."""

    connection: str
    """Name of the configured helpdesk connection, e.g. ``acme-zendesk``."""
    id: str
    """The vendor's own ticket id, always as text."""

    def __str__(self) -> str:
        return f"{self.connection}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> TicketRef:
        """Read ``connection:id``; raises ``ValueError`` when either part is missing."""
        connection, _, ident = text.partition(":")
        if not (connection and ident):
            raise ValueError(f"{text!r} is not a ticket reference; write it as connection:id, like zendesk:5158")
        return cls(connection=connection, id=ident)


class Person(Facts):
    """The requester of a ticket."""

    email: str = ""
    name: str = ""
    locale: str = ""
    """BCP 47 tag such as ``ja`` or ``en-US``; empty when the vendor does not say."""
    unreachable: str = ""
    """Why no message can reach this person, such as ``has no e-mail address``; empty if nothing stands against it."""


class Ending(Facts):
    """How a ticket left the helpdesk: nothing more is owed on it, and nothing is written to it."""

    kind: Literal["deleted", "spam", "merged", "archived"]
    into: str = ""
    """Of a merge the other ticket, by the vendor's id."""

    def __str__(self) -> str:
        if self.kind == "spam":
            return "the ticket was marked as spam"
        return f"the ticket was merged into #{self.into}" if self.into else f"the ticket was {self.kind}"


class Ticket(Facts):
    """Everything a helpdesk knows of one ticket that a policy may use, at one moment.

    ``timeline`` is complete and sorted by time; entries of the same second keep the vendor's order. The scalar
    fields hold the present values, and are consistent with the last change in the timeline.
    """

    ref: TicketRef
    number: str = ""
    """What people call the ticket, where that is not the vendor's id."""
    created_at: Instant
    version: str = ""
    """The vendor's stamp of this snapshot, sent back for optimistic locking; opaque text that sorts by time."""
    account: str | None = None
    """Key of the customer's account (organization, partner), or None."""
    channel: Channel = Channel.OTHER
    type: str | None = None
    requester: Person = Person()
    opened_by: Opener | None = None
    """None: a program, or nobody knows."""
    subject: str = ""
    description: str = ""
    priority: Priority | None = None
    status: Status | None = Status.NEW
    """None: a vendor status for which the mapping has no canonical word."""
    status_label: str = ""
    """The vendor's own name of the status."""
    assignee: str | None = None
    """E-mail address where the vendor gives one, else its user id."""
    group: str | None = None
    tier: int | None = None
    """Support line 1 to 3, from the group; None where no group is mapped to a tier."""
    brand: str | None = None
    form: str | None = None
    team: str | None = None
    tags: frozenset[str] = frozenset()
    facts: dict[str, FactValue] = {}
    """Canonical facts by name; see SCENARIOS."""
    fields: dict[str, str] = {}
    """Fields which the bridge itself writes, by canonical name (``closure_at``, ``proposed_severity`` ...)."""
    unusable: dict[str, str] = {}
    """What the vendor says and has no canonical word: property -> what was found, and what is allowed."""
    timeline: tuple[TimelineEntry, ...] = ()
    adopted_at: Instant | None = None
    """Where the policy came into force after the creation: since when it counts on this ticket."""
    ending: Ending | None = Field(default=None, exclude_if=lambda ending: ending is None)
    activities: str | None = Field(default=None, exclude_if=lambda found: found is None)
    """What notes of the bridge have put on people's lists, and the ticket was resolved since; ids, by commas."""
    marked_by: dict[str, Instant] = Field(default={}, exclude_if=lambda marks: not marks)
    """Installations of the bridge that wrote to it, by id, and when each last did."""

    def value(self, field: str) -> FactValue:
        """The present value of a timeline field (``status``, ``fact:<name>`` ...)."""
        if field.startswith(FACT_FIELD):
            return self.facts.get(field.removeprefix(FACT_FIELD))
        if field.startswith(OWN_FIELD):
            return self.fields.get(field.removeprefix(OWN_FIELD))
        found: Any = getattr(self, field)
        return ",".join(sorted(found)) if field == "tags" else found

    def changes(self, field: str) -> list[Changed]:
        """The changes of one field, oldest first."""
        return self._changes_by_field.get(field, [])

    @cached_property
    def _changes_by_field(self) -> dict[str, list[Changed]]:
        found: dict[str, list[Changed]] = {}
        for entry in self.timeline:
            if isinstance(entry, Changed):
                found.setdefault(entry.field, []).append(entry)
        return found

    def history(self, field: str) -> list[tuple[datetime, FactValue]]:
        """The values a field held, each with the instant it began; the first begins at creation."""
        changes = self.changes(field)
        first = changes[0].old if changes else self.value(field)
        return [(self.created_at, first), *((change.at, change.new) for change in changes)]

    def value_at(self, field: str, at: datetime) -> FactValue:
        """The value of a field at an instant, changes of that very instant included; None before the creation."""
        if at < self.created_at:
            return None
        changes = self.changes(field)
        if not changes:
            return self.value(field)
        made = bisect_right(changes, at, key=lambda change: change.at)
        return changes[made - 1].new if made else changes[0].old

    @property
    def merges(self) -> list[Merge]:
        """The tickets that were merged into this one, in the order in which that happened."""
        return [entry for entry in self.timeline if isinstance(entry, Merge)]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was derived from the timeline is derived again from its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_changes_by_field", None)
        return copied

    def messages(self, *, public: bool | None = None, role: Role | None = None) -> Iterator[Message]:
        """Messages that a person wrote or the bridge sent; automatic replies are left out."""
        for entry in self.timeline:
            if not isinstance(entry, Message) or entry.auto_reply:
                continue
            if (public is None or entry.public == public) and (role is None or entry.actor.role == role):
                yield entry
