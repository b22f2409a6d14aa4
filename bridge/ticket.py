"""The facts: a ticket with its whole timeline, in canonical words.

Nothing here knows a policy, a vendor or a clock. A :class:`Ticket` is what a helpdesk says happened, in order; every
clock, escalation and approval is computed from it each time. All instants are timezone-aware and kept in UTC.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class Facts(BaseModel):
    """Base of every immutable canonical record; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An instant: aware in any zone when given, UTC when kept."""

PLAUSIBLE_YEARS = range(1971, 2190)
"""Years that a person means, all within those of calendars; others, such as 0001 and 9999, stand for "never"."""

FactValue = bool | int | float | str | None
"""What a fact may hold. ``None`` and a missing key both mean "nobody said"."""


_NO_TAG_CHARACTERS = re.compile(r"[^\w:/-]+")


def tag_form(name: object) -> str:
    """A name in the one form in which every helpdesk keeps a tag as it is written.

    Zendesk keeps tags in lower case and divides them at blanks and commas; Odoo keeps any name. Other special
    characters become ``_`` as well, so that no helpdesk has a reason to change the tag.
    """
    return _NO_TAG_CHARACTERS.sub("_", str(name).strip().lower())


def same_form(one: object, other: object) -> bool:
    """Whether two values are the same to every helpdesk: one keeps the options of a dropdown as tags, in their form."""
    if one is None or other is None:
        return one is other
    return str(one) == str(other) or tag_form(one) == tag_form(other)


class Status(StrEnum):
    """Canonical statuses; a vendor's statuses or stages are mapped to them in ``mappings/``."""

    NEW = "new"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    CUSTOMER_UPDATE_REQUIRED = "customer_update_required"
    WAITING_INTERNAL = "waiting_internal"
    WAITING_DEVELOPMENT = "waiting_development"
    """Closed towards the customer, parked for development."""
    SOLVED = "solved"
    CLOSED = "closed"


RESOLVED = frozenset({Status.SOLVED, Status.CLOSED})
"""Statuses in which nothing more is owed to the customer."""


class Priority(StrEnum):
    """Canonical priorities, as a vendor's system priority shows them."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    def raised(self, steps: int = 1) -> Priority:
        """The priority ``steps`` higher, at most urgent."""
        ladder = list(Priority)
        return ladder[min(ladder.index(self) + steps, len(ladder) - 1)]


class Channel(StrEnum):
    """How a ticket reached the helpdesk."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"
    WEB = "web"
    PORTAL = "portal"
    API = "api"
    VOICE = "voice"
    OTHER = "other"


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


class Role(StrEnum):
    """Who did something, as far as a policy cares. A role belongs to a person and a ticket: see ``bridge/roles.py``."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BRIDGE = "bridge"
    """This program's own integration user."""
    SYSTEM = "system"
    """The vendor's own rules (triggers, automations, merges), and programs that use an agent's seat."""
    OTHER = "other"
    """A third person, such as a carrier in copy: neither the customer nor the helpdesk."""
    UNKNOWN = "unknown"
    """Somebody whom the helpdesk no longer knows: no credit and no blame."""


class Opener(StrEnum):
    """Who opened a ticket."""

    CUSTOMER = "customer"
    AGENT_ON_BEHALF = "agent_on_behalf"
    """An agent, for the customer."""
    AGENT_FOR_SELF = "agent_for_self"
    """An agent or employee who is the requester himself."""


class Actor(Facts):
    """A person or program that acted on a ticket."""

    role: Role
    id: str = ""
    """The vendor's user id, or empty where it is unknown."""
    email: str = ""
    name: str = ""


FACT_FIELD, OWN_FIELD = "fact:", "field:"
"""How the timeline's names of facts, and of fields that the bridge fills for people, begin."""


def fact_field(name: str) -> str:
    """The timeline's name of a fact."""
    return f"{FACT_FIELD}{name}"


def own_field(name: str) -> str:
    """The timeline's name of a field that the bridge fills for people."""
    return f"{OWN_FIELD}{name}"


class Entry(Facts):
    """One line of the timeline."""

    at: Instant
    actor: Actor
    keys: tuple[str, ...] = ()
    """Keys of the bridge's own effects carried by this entry (vendor metadata or message id); empty for people."""
    observed: bool = False
    """True when the vendor keeps no history of this and ``at`` is only when the bridge first saw it."""


class Changed(Entry):
    """A field got another value.

    ``field`` is ``status``, ``priority``, ``type``, ``assignee``, ``group``, ``tier``, ``plan``, ``tags``
    or ``fact:<name>``; a change of ``tags`` carries the whole sorted list as comma separated text on both sides.
    """

    kind: Literal["changed"] = "changed"
    field: str
    old: FactValue = None
    new: FactValue = None


class Message(Entry):
    """A comment: public (the customer sees it) or an internal note."""

    kind: Literal["message"] = "message"
    public: bool
    text: str = ""
    auto_reply: bool = False
    """Sent by a machine (RFC 3834, Precedence, vendor flags): it never answers, resumes, resets or ends anything."""
    back_at: Instant | None = None
    """Return date announced by an out-of-office reply, start of that day or the stated time."""
    back_on_day: bool = False
    """True when the out-of-office reply named a day and no time of day."""
    template: str = ""
    """Name of the template, for a message of the bridge."""
    undelivered: str = ""
    """Why it reached nobody on the other side; empty unless the vendor reports that."""


class PhoneContact(Entry):
    """A call with the customer, logged on the ticket."""

    kind: Literal["phone_contact"] = "phone_contact"
    answered: bool = True
    """False where nobody took the call: then it meets nothing, starts nothing and is no contact attempt."""


class Readability(Entry):
    """From here on what is said on the ticket can, or cannot, be read: a conversation whose words the vendor keeps."""

    kind: Literal["readability"] = "readability"
    readable: bool
    where: str = ""
    """Where it is said, such as ``a chat``."""


Proof = Literal["helpdesk", "reply", "link", "phone"]
"""How it was proven who approved: ``helpdesk``, logged in there; ``reply``, through a link and confirmed by a reply
from the address; ``link``, whoever had the link; ``phone``, an agent recorded a call."""


class Approval(Entry):
    """Somebody approved or refused what a gate asked for. Whether that person counts is the policy's business."""

    kind: Literal["approval"] = "approval"
    gate: str
    granted: bool
    remarks: str = ""
    proof: Proof = "helpdesk"


class Confirmation(Entry):
    """The customer confirmed something, normally the resolution."""

    kind: Literal["confirmation"] = "confirmation"
    subject: str = "resolution"


class Request(Entry):
    """Somebody asked for something by a mark: today only ``escalation``."""

    kind: Literal["request"] = "request"
    subject: str = "escalation"


AmendmentKind = Literal["waive", "extend", "promise"]


class Amendment(Entry):
    """Somebody amended what was promised. Whether that person may is the policy's business."""

    kind: Literal["amendment"] = "amendment"
    what: AmendmentKind
    clock: str = ""
    """The clock that is waived or extended; empty for the promise of a follow-up."""
    until: Instant | None = None
    """The new due time, or when the follow-up is promised; None for a waiver."""
    reason: str = ""


Said = Message | PhoneContact | Approval | Confirmation
"""What somebody said on a ticket, in whatever form."""


class Merge(Entry):
    """Another ticket was merged into this one.

    Which clocks, ladders and approvals of it count here is the policy's business: this says what the helpdesk knows.
    """

    kind: Literal["merge"] = "merge"
    source: str
    """The ticket that was merged, by the vendor's id."""
    created_at: Instant | None = None
    """When the merged ticket was created; None: the helpdesk does not tell."""
    said: tuple[Annotated[Said, Field(discriminator="kind")], ...] = ()
    """What people and the bridge said on the merged ticket before, oldest first; its description is none of it."""


TimelineEntry = Annotated[
    Changed | Message | PhoneContact | Readability | Approval | Confirmation | Request | Amendment | Merge,
    Field(discriminator="kind"),
]


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

    kind: Literal["deleted", "merged", "archived"]
    into: str = ""
    """Of a merge the other ticket, by the vendor's id."""

    def __str__(self) -> str:
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
    marked_by: dict[str, Instant] = Field(default={}, exclude_if=lambda marks: not marks)
    """Installations of the bridge that wrote to it, by id, and when each last did."""

    def value(self, field: str) -> FactValue:
        """The present value of a timeline field (``status``, ``fact:<name>`` ...)."""
        if field.startswith(FACT_FIELD):
            return self.facts.get(field.removeprefix(FACT_FIELD))
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
