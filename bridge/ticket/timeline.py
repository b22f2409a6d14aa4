"""The timeline: what happened on a ticket, entry by entry, and who did it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.ticket.values import Facts, FactValue, Instant
from bridge.ticket.vocabulary import Role


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
    """False where nobody took the call: then it meets nothing, starts nothing and is not a contact attempt."""


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
    proof: Proof = Field(default="helpdesk", exclude_if=lambda proof: proof == "helpdesk")


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
    """What people and the bridge said on the merged ticket before, oldest first; its description is not part of it."""
    tags: frozenset[str] = Field(default=frozenset(), exclude_if=lambda tags: not tags)
    """Those of the merged ticket, where the helpdesk puts them on this one too."""


TimelineEntry = Annotated[
    Changed | Message | PhoneContact | Readability | Approval | Confirmation | Request | Amendment | Merge,
    Field(discriminator="kind"),
]
