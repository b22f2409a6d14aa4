"""The language of scenarios: what a scenario about one ticket may say, as models. Pure.

A public interface: it grows by adding and never changes meaning. Whether the names are names of the scenario's policy
is checked in :mod:`bridge.scenarios.resolve`, which needs the policy for it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from bridge.account import SupportPlan
from bridge.config.account_form import AccountForm, Email, Ident
from bridge.policy.evaluation.adoption import BacklogChoice
from bridge.scenarios.expectations import ClockExpectation, Expectation, Final
from bridge.scenarios.values import ActorName, Moment, Name, ReturnTime, TagText, Tier, When
from bridge.ticket import Channel, Facts, Opener, Priority, Proof, Status

ROLES = (
    "assignee",
    "on_call",
    "team_lead",
    "account_manager",
    "customer_service_manager",
    "customer_service_director",
    "customer_service_management",
    "support_manager",
    "chief_services_officer",
    "coo",
    "account_owner",
)


class RequesterSection(Facts):
    email: Email = ""
    name: str = ""
    locale: str = ""
    unreachable: str = ""
    """Why no message reaches them, such as ``has no e-mail address``."""


class TicketSection(Facts):
    """The ticket as it was created."""

    id: Ident = "1"
    at: Moment
    channel: Channel = Channel.OTHER
    type: str | None = None
    requester: RequesterSection = RequesterSection()
    opened_by: Opener | None = None
    """Who opened it; None: the policy is not told."""
    subject: str = ""
    description: str = ""
    priority: Priority | None = None
    """What the customer chose."""
    assignee: Email | None = None
    facts: dict[str, Any] = {}
    status: Status | None = Status.NEW
    tier: Tier | None = None
    """None: where tickets of the policy start."""
    tags: frozenset[TagText] = frozenset()
    group: str | None = None
    brand: str | None = None
    form: str | None = None
    team: str | None = None


class Changes(Facts):
    """What ``set:`` sets; every other key is a fact of the policy."""

    model_config = ConfigDict(extra="allow")

    status: Status | None = None
    priority: Priority | None = None
    type: str | None = None
    assignee: Email | None = None
    tier: Tier | None = None
    tags: frozenset[TagText] = frozenset()
    """All tags the ticket has from now on."""
    group: str | None = None
    plan: SupportPlan | None = None


class MergedTicket(Facts):
    """Another ticket, at the time when it is merged into the one of the scenario."""

    id: Ident
    at: Moment
    """When it was created."""
    events: tuple[Event, ...] = ()
    """What was said on it; times are counted from its own creation."""


class Event(Facts):
    """What happens at one time. Several things in one event happen in the order of the fields below."""

    model_config = ConfigDict(serialize_by_alias=True)

    at: When
    by: ActorName
    reply: str | None = None
    """A public message."""
    note: str | None = None
    """An internal note; by a customer: words that the helpdesk filed as one."""
    phone_contact: Literal[True, "unanswered"] | None = None
    """A logged call; ``unanswered``: one that nobody took."""
    conversation: Literal["unreadable", "readable"] | None = None
    """From now on what is said can, or cannot, be read."""
    set_: Changes | None = Field(None, alias="set")
    merge: MergedTicket | None = None
    """A ticket that is merged into this one."""
    approve: Name | None = None
    """A gate, such as ``severity_change``."""
    refuse: Name | None = None
    with_: str = Field("", alias="with")
    """Remarks to an approval or refusal."""
    proof: Proof | None = None
    """How it was proven who approved or refused; without it, as by who is logged in at the helpdesk."""
    confirm: Name | None = None
    request: Literal["escalation"] | None = None
    waive: Name | None = None
    """A clock."""
    extend: Name | None = None
    """A clock; ``until`` is its new due time."""
    promise: When | None = None
    """When a follow-up is promised for."""
    until: When | None = None
    because: str = ""
    """The reason of a waiver, an extension or a promise."""
    auto_reply: bool = False
    """The reply, or the note of a customer, was sent by a machine."""
    back_at: ReturnTime | None = None
    """ReturnTime date which the reply announces."""

    @model_validator(mode="after")
    def _says_something(self) -> Event:
        happenings = (
            "reply",
            "note",
            "phone_contact",
            "conversation",
            "set",
            "merge",
            "approve",
            "refuse",
            "confirm",
            "request",
            "waive",
            "extend",
            "promise",
        )
        given = {field.rstrip("_") for field in self.model_fields_set if getattr(self, field) is not None}
        if not given.intersection(happenings):
            raise ValueError(f"allowed: at least one of {', '.join(happenings)}")
        if given & {"auto_reply", "back_at"} and not given & {"reply", "note"}:
            raise ValueError("allowed: auto_reply and back_at only together with reply or note")
        for key in given & {"until", "because"} if not given & {"waive", "extend", "promise"} else ():
            raise ValueError(f"allowed: {key} only together with waive, extend or promise")
        for key in given & {"with", "proof"} if not given & {"approve", "refuse"} else ():
            raise ValueError(f"allowed: {key} only together with approve or refuse")
        return self


class Scenario(Facts):
    """One scenario."""

    name: str = ""
    policy: Annotated[str, AfterValidator(str.strip)]
    """A shipped pack, or the path of a pack file."""
    overrides: dict[str, Any] = {}
    account: AccountForm | None = None
    in_force_since: Moment | None = None
    """Since when the promise counts here; None: since before the ticket."""
    backlog: BacklogChoice = "adopt"
    """What becomes of a ticket created before ``in_force_since``."""
    ticket: TicketSection
    events: tuple[Event, ...] = ()
    until: When
    expect: tuple[Expectation, ...] = ()
    never: tuple[Expectation, ...] = ()
    final: Final | None = None
    clocks: tuple[ClockExpectation, ...] = ()
    """Clocks at the end; each must be among those of the outcome."""
