"""What the policy says about a ticket at one instant, and what is left to do about it.

A :class:`Decision` is plain data: it can be stored, compared, rendered and replayed. Nothing in it can exist without
a :class:`Citation`; the models refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints

from bridge.ticket import Facts, Instant, TicketRef

Word = Annotated[str, StringConstraints(min_length=1)]

LATE = timedelta(hours=1)
"""Something that was due this long ago and has not happened is late: nobody was looking, as after an outage."""


class Citation(Facts):
    """The clause of a policy from which something follows."""

    pack: Word
    version: Word
    clause: Word

    def __str__(self) -> str:
        return f"{self.pack} {self.version}, {self.clause}"


class Cited(Facts):
    """Base of everything a policy yields."""

    cite: Citation
    because: str = ""
    """The reason in one line, for people."""


class OnOverride(StrEnum):
    """What to do when a person changed a field after the bridge had written it."""

    RESPECT = "respect"
    """Leave the person's value; report it. The default."""
    ENFORCE = "enforce"
    """Write the policy's value again."""
    FLAG = "flag"
    """Leave it, and report it as a violation."""


class Want(Cited):
    """One managed field and the value the policy wants it to have.

    ``field`` is ``priority``, ``status``, ``tier``, ``assignee``, ``tag:<name>`` (value ``present``) or
    ``field:<name>``. ``key`` names the occasion: the same key is written once, and a difference seen after it was
    confirmed is a person's override. A new occasion (another fact, another rung) has another key.
    """

    field: Word
    value: str | int
    key: Word
    since: Instant
    """The occasion; of two wants for one field the later occasion wins."""
    to: tuple[str, ...] = ()
    """Addresses of the people a value names by role, such as an audience."""
    on_override: OnOverride = OnOverride.RESPECT


class Speech(StrEnum):
    """The three ways of telling somebody something."""

    PUBLIC_MESSAGE = "public_message"
    INTERNAL_NOTE = "internal_note"
    NOTIFY = "notify"


class Say(Cited):
    """A message to the customer, a note to agents, or word to a role; said once for its key."""

    speech: Speech
    key: Word
    template: Word
    """Name of the template; for ``notify`` the role."""
    text: str = ""
    """The rendered text, plain, as a person will read it."""
    to: tuple[str, ...] = ()
    """Addresses the role resolved to; empty for public messages, notes and unresolved roles."""
    due_at: Instant
    gives_way: bool = True
    """Of a public message: whether a later one says enough when this one is late. A question does not give way, nor
    does what a stage of a workflow owes, nor a notice on which closing rests.
    """

    def may_give_way(self, at: datetime) -> bool:
        """Whether it is a message to the customer that is late at an instant, and that a later one may replace."""
        return self.gives_way and self.speech is Speech.PUBLIC_MESSAGE and at - self.due_at >= LATE


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class Clock(Cited):
    """One promise of time: since when it runs, when it is due, how it stands."""

    name: Word
    started_at: Instant
    due_at: Instant | None
    """None while the clock is paused: nobody can say when it will be due."""
    warn_at: Instant | None = None
    state: ClockState
    met_at: Instant | None = None
    ended_at: Instant | None = None
    """When it was met, cancelled or, unmet, breached; None while it runs or is paused."""
    target_s: int
    calendar: str | None = None
    """The calendar of the pack on which it counts; None is the pack's first."""
    spans: tuple[tuple[Instant, Instant | None], ...] = ()
    """The stretches in which it was not paused; the last is open while it runs. Open time in them is what counts."""

    def and_then(self, now: Clock | None) -> Clock:
        """This verdict; a clock that was breached unmet may still be met, and stays breached."""
        if now is None or self.state is not ClockState.BREACHED or self.met_at is not None:
            return self
        ended = now.met_at or self.ended_at
        return self.model_copy(update={"met_at": now.met_at, "ended_at": ended, "spans": now.spans})


class Kept(Facts):
    """Clocks of other rules that stay as they are: verdicts closed before an edit, runs that began before a cutover."""

    clocks: tuple[Clock, ...] = ()
    before: Instant | None = None
    """Of clocks that started before this instant only the kept ones count."""

    def over(self, name: str, clocks: Sequence[Clock]) -> list[Clock]:
        """The clocks of one rule, oldest first, with the kept ones in their places."""
        if self == Kept():
            return list(clocks)
        own = Kept(clocks=tuple(kept for kept in self.clocks if kept.name == name))
        judged = [clock for clock in clocks if self.before is None or clock.started_at >= self.before]
        return sorted(own.among(judged), key=lambda clock: clock.started_at)

    def among(self, clocks: Sequence[Clock]) -> tuple[Clock, ...]:
        """Judged clocks with the kept ones in their places; one whose rule is gone is added."""
        if not self.clocks:
            return tuple(clocks)
        judged = {(clock.name, clock.started_at): clock for clock in clocks}
        kept = {(clock.name, clock.started_at): clock for clock in self.clocks}
        return tuple((judged | {start: clock.and_then(judged.get(start)) for start, clock in kept.items()}).values())


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Finding(Cited):
    """Something people should know which is not written as a field: an override, an unknown word, a missing target."""

    code: Word
    severity: Severity = Severity.INFO


class Applied(Cited):
    """One rule in the explanation: whether it applied, and why or why not (``because``)."""

    rule: Word
    applied: bool


class Decision(Facts):
    """A policy applied to a ticket at an instant; it stays the same until ``wake_at``, if the ticket does."""

    ref: TicketRef
    at: Instant
    pack: Word
    version: Word
    digest: str = ""
    """Digest of the pack's effective text, overrides included."""
    level: str | None = None
    """Severity in the pack's own word, or None."""
    clocks: tuple[Clock, ...] = ()
    wants: tuple[Want, ...] = ()
    says: tuple[Say, ...] = ()
    findings: tuple[Finding, ...] = ()
    rules: tuple[Applied, ...] = ()
    wake_at: Instant | None = None
    """The next instant at which this may change by itself; None when only an event can change it."""

    @property
    def messages(self) -> list[Say]:
        """What the customer is told, in the order in which it fell due."""
        public = (say for say in self.says if say.speech is Speech.PUBLIC_MESSAGE)
        return sorted(public, key=lambda say: say.due_at)


ActionName = Literal[
    "set_priority",
    "set_status",
    "add_tag",
    "remove_tag",
    "set_field",
    "set_tier",
    "set_assignee",
    "public_message",
    "internal_note",
    "notify",
]


class Action(Cited):
    """One thing to write, in the vocabulary of SCENARIOS."""

    action: ActionName
    value: str | int
    """Tag, status, priority, tier, address, role or template name; ``name=value`` for ``set_field``."""
    key: Word
    text: str = ""
    to: tuple[str, ...] = ()
    """Addresses of the people it reaches: of a role that is told something, of an audience that follows."""


class Plan(Facts):
    """What is left to do: desired minus actual minus already said."""

    actions: tuple[Action, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What the comparison itself found, such as a person's override."""

    def __bool__(self) -> bool:
        return bool(self.actions)
