"""The language of scenarios: what a scenario about one ticket may say, as models. Pure.

A public interface: it grows by adding and never changes meaning. Whether the names are names of the scenario's policy
is checked in :mod:`bridge.scenarios.resolve`, which needs the policy for it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from bridge.account import SupportPlan
from bridge.config.account_form import AccountForm, Email, Ident
from bridge.decision import TAG_PREFIX, ClockState
from bridge.decision.records import ACTION_NAMES
from bridge.policy.calendars import duration
from bridge.policy.calendars.duration import ElapsedText
from bridge.ticket import Channel, Facts, Priority, Status

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
ACTIONS: tuple[str, ...] = ACTION_NAMES
MOMENTS = "a date-time with offset such as 2026-03-02T08:00:00Z"
TIMES = f"+30m, +4h, +2d, +5h30m or {MOMENTS}"


def read_when(value: object) -> timedelta | datetime:
    """A time of a scenario: elapsed since creation, or absolute (kept in UTC, whole seconds).

    Raises ``ValueError`` that names the allowed forms.
    """
    try:
        if isinstance(value, str) and value.startswith("+"):
            length = duration.parse(value[1:])
            if isinstance(length, timedelta):
                return length
        elif isinstance(value, str):
            return read_moment(value)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"allowed: {TIMES}")


def read_moment(value: object) -> datetime:
    """An absolute time with offset, kept in UTC and whole seconds. Raises ``ValueError``."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"allowed: {MOMENTS}")


def _read_return(value: object) -> date | timedelta | datetime:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else read_when(value)
    except ValueError:
        pass
    try:
        return read_when(value)
    except ValueError as error:
        raise ValueError(f"allowed: a date such as 2026-03-09, {TIMES}") from error


def _read_doer(value: object) -> str:
    doer = value.strip().lower() if isinstance(value, str) else ""
    if doer in ("customer", "agent", "bridge") or "@" in doer:
        return doer
    raise ValueError("allowed: customer, agent, bridge, or an e-mail address")


def _checked_tag(tag: str) -> str:
    if not tag.startswith(TAG_PREFIX):
        raise ValueError(f"allowed: a tag that begins with {TAG_PREFIX}")
    return tag


def _read_anything(value: object) -> None:
    if value not in (None, True, "any"):
        raise ValueError("allowed: any")


When = Annotated[timedelta | datetime, BeforeValidator(read_when)]
Moment = Annotated[datetime, BeforeValidator(read_moment)]
Return = Annotated[date | timedelta | datetime, BeforeValidator(_read_return)]
Doer = Annotated[str, BeforeValidator(_read_doer)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Tier = Annotated[int, Field(ge=1, le=3, strict=True)]
PolicyTag = Annotated[str, AfterValidator(_checked_tag)]


class RequesterWords(Facts):
    email: Email = ""
    name: str = ""
    locale: str = ""


class TicketWords(Facts):
    """The ticket as it was created."""

    id: Ident = "1"
    at: Moment
    channel: Channel = Channel.OTHER
    type: str | None = None
    requester: RequesterWords = RequesterWords()
    subject: str = ""
    description: str = ""
    priority: Priority | None = None
    """What the customer chose."""
    assignee: Email | None = None
    facts: dict[str, Any] = {}
    status: Status | None = Status.NEW
    tier: Tier | None = None
    """None: where tickets of the policy start."""
    tags: frozenset[str] = frozenset()
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
    tags: frozenset[str] = frozenset()
    """All tags the ticket has from now on."""
    plan: SupportPlan | None = None


class Event(Facts):
    """What happens at one time. Several things in one event happen in the order of the fields below."""

    model_config = ConfigDict(serialize_by_alias=True)

    at: When
    by: Doer
    reply: str | None = None
    """A public message."""
    note: str | None = None
    """An internal note; by a customer: words that the helpdesk filed as one."""
    phone_contact: Literal[True, "unanswered"] | None = None
    """A logged call; ``unanswered``: one that nobody took."""
    set_: Changes | None = Field(None, alias="set")
    approve: Word | None = None
    """A gate, such as ``severity_change``."""
    refuse: Word | None = None
    with_: str = Field("", alias="with")
    """Remarks to an approval or refusal."""
    confirm: Word | None = None
    request: Literal["escalation"] | None = None
    auto_reply: bool = False
    """The reply, or the note of a customer, was sent by a machine."""
    back_at: Return | None = None
    """Return date which the reply announces."""

    @model_validator(mode="after")
    def _says_something(self) -> Event:
        happenings = ("reply", "note", "phone_contact", "set", "approve", "refuse", "confirm", "request")
        given = {field.rstrip("_") for field in self.model_fields_set if getattr(self, field) is not None}
        if not given.intersection(happenings):
            raise ValueError(f"allowed: at least one of {', '.join(happenings)}")
        if given & {"auto_reply", "back_at"} and not given & {"reply", "note"}:
            raise ValueError("allowed: auto_reply and back_at only beside reply or note")
        if "with" in given and not given & {"approve", "refuse"}:
            raise ValueError("allowed: with only beside approve or refuse")
        return self


Anything = Annotated[None, BeforeValidator(_read_anything)]
"""``any``, ``true`` or nothing: whatever the value is."""


class Expectation(Facts):
    """One action that must appear, or must never appear. Exactly one of the actions is named."""

    at: When | None = None
    """The second it happens; none: at any time."""
    within: ElapsedText | None = None
    """It may happen so much later than ``at`` (the creation, where there is no ``at``), but not earlier."""
    clause: str | None = None
    set_priority: Priority | Anything = None
    set_status: Status | Anything = None
    add_tag: Anything | PolicyTag = None
    remove_tag: Anything | PolicyTag = None
    set_field: Anything | str = None
    """``name=value``, or only the name."""
    set_tier: Tier | Anything = None
    set_assignee: Anything | str = None
    public_message: Anything | str = None
    """Name of the template."""
    internal_note: Anything | str = None
    notify: Anything | str = None

    @property
    def action(self) -> str:
        """The named action."""
        return next(name for name in ACTIONS if name in self.model_fields_set)

    @property
    def value(self) -> str | int | None:
        """Its value; None stands for any."""
        found: str | int | None = getattr(self, self.action)
        return found

    @model_validator(mode="before")
    @classmethod
    def _one_action(cls, words: Any) -> Any:
        named = [name for name in ACTIONS if name in words] if isinstance(words, dict) else []
        if len(named) > 1:
            raise ValueError(f"allowed: exactly one action; give {' and '.join(named)} a line each")
        return words

    @model_validator(mode="after")
    def _some_action(self) -> Expectation:
        if not self.model_fields_set.intersection(ACTIONS):
            raise ValueError(f"allowed: exactly one of {', '.join(ACTIONS)}")
        return self


class ClockExpectation(Facts):
    """A row of ``clocks``; only the given keys are compared."""

    name: str
    clause: str | None = None
    state: ClockState | None = None
    started_at: When | None = None
    due_at: When | None = None
    met_at: When | None = None
    elapsed_s: int | None = None
    target_s: int | None = None


class Final(Facts):
    """The ticket at the end; only the given keys are compared, and of tags and fields only those named."""

    priority: Priority | None = None
    status: Status | None = None
    tier: int | None = None
    tags: frozenset[str] = frozenset()
    fields: dict[str, Annotated[str, BeforeValidator(lambda v: str(v) if type(v) is int else v)]] = {}
    assignee: Email | None = None
    group: str | None = None


class Scenario(Facts):
    """One scenario."""

    name: str = ""
    policy: Annotated[str, AfterValidator(str.strip)]
    """A shipped pack, or the path of a pack file."""
    overrides: dict[str, Any] = {}
    account: AccountForm | None = None
    in_force_since: Moment | None = None
    """Since when the promise counts here; None: since before the ticket."""
    backlog: Literal["adopt", "ignore", "judge"] = "adopt"
    """What becomes of a ticket created before ``in_force_since``."""
    ticket: TicketWords
    events: tuple[Event, ...] = ()
    until: When
    expect: tuple[Expectation, ...] = ()
    never: tuple[Expectation, ...] = ()
    final: Final | None = None
    clocks: tuple[ClockExpectation, ...] = ()
    """Clocks at the end; each must be among those of the outcome."""
