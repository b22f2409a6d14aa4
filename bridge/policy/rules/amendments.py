"""Amendments: who may waive or extend a clock or promise a date of follow-up, and the clock of that promise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from bridge.decision import Clock, ClockState, Severity
from bridge.policy.calendars.duration import LengthText, after, humanize
from bridge.policy.evaluation.amendments import Misread, written_amendments
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import Event, is_event
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.part import PackPart
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import CalendarName, ClockName, OwnName, RoleName
from bridge.ticket import Amendment, AmendmentKind

Roles = Annotated[tuple[RoleName, ...], Field(min_length=1)]
_VERBS: dict[AmendmentKind, str] = {"waive": "waived", "extend": "extended", "promise": "follow-up promised"}
_NOUNS: dict[AmendmentKind, str] = {"waive": "waiver", "extend": "extension", "promise": "promise"}


class Waivers(PackPart):
    """Who may waive which clocks."""

    roles: Roles
    clocks: tuple[ClockName, ...]


class Extensions(PackPart):
    """Who may extend which clocks, and how far."""

    roles: Roles
    clocks: tuple[ClockName, ...]
    at_most: LengthText | None = None
    """How far ahead the new due time may lie, counted on the calendar."""
    calendar: CalendarName | None = None


class FollowUps(PackPart):
    """Who may promise a date of follow-up, and the clock of it."""

    roles: Roles
    clock: OwnName = "follow_up"
    met_by: tuple[Event, ...] = ("agent_message", "phone_contact")
    notify: tuple[RoleName, ...] = ()
    """Notified when the promised time has passed without a follow-up."""
    calendar: CalendarName | None = None


@dataclass(frozen=True)
class Refused:
    """An amendment that does not count."""

    at: datetime
    what: AmendmentKind | Literal["note"]
    because: str


class AmendmentRule(Rule):
    """What may be amended, and by whom. What nobody may amend is left out."""

    waive: Waivers | None = None
    extend: Extensions | None = None
    promise: FollowUps | None = None

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        accepted, refused = self.amendments(context)
        because = "" if accepted else "nobody has waived, extended or promised anything"
        yield context.applied("amendments", clause=self.clause, applied=bool(accepted), because=because)
        for amendment in accepted:
            yield from self._shown(context, amendment)
        for each in refused:
            yield context.finding(
                "amendment_refused", clause=self.clause, because=each.because, severity=Severity.WARNING
            )
            if context.is_open:
                name = f"amendment_refused_{each.what}"
                yield context.remark(name, each.because, clause=self.clause, since=each.at)
        if self.promise:
            yield from self._follow_ups(context, self.promise, [each for each in accepted if each.what == "promise"])

    def amendments(self, context: Context) -> tuple[list[Amendment], list[Refused]]:
        """The amendments that count, and those that do not, oldest first."""
        return context.derived("the amendments", lambda: self._sorted(context))

    def _sorted(self, context: Context) -> tuple[list[Amendment], list[Refused]]:
        accepted: list[Amendment] = []
        refused: list[Refused] = []
        for each in written_amendments(context.timeline, ZoneInfo(context.policy.time_zone)):
            if isinstance(each, Misread):
                refused.append(
                    Refused(each.at, "note", f"amendment not read: found {each.found}; allowed: {each.allowed}")
                )
            elif why := self.objection(context, each):
                refused.append(Refused(each.at, each.what, f"{_NOUNS[each.what]} not recorded: {why}"))
            else:
                accepted.append(each)
        return accepted, refused

    def objection(self, context: Context, each: Amendment) -> str:
        """Why an amendment does not count; empty if it does."""
        terms = {"waive": self.waive, "extend": self.extend, "promise": self.promise}[each.what]
        if terms is None:
            return f"found {each.what}; allowed: {', '.join(self._allowed) or 'no amendments'}"
        if not each.reason.strip():
            return "found no reason; allowed: a reason, as in 'because the customer asked for it'"
        if not isinstance(terms, FollowUps) and each.clock not in terms.clocks:
            return f"found the clock {each.clock!r}; allowed: {', '.join(terms.clocks)}"
        return _not_the_time(context, each, terms) or _not_the_person(context, each, terms.roles)

    @property
    def _allowed(self) -> list[str]:
        return [name for name in ("waive", "extend", "promise") if getattr(self, name)]

    def _shown(self, context: Context, amendment: Amendment) -> Iterator[RuleOutcome]:
        because = described(amendment, context)
        yield context.finding("amended", clause=self.clause, because=because)
        if context.is_open:
            name = "_".join(filter(None, ("amendment", amendment.what, amendment.clock)))
            yield context.remark(name, f"{because}.", clause=self.clause, since=amendment.at)

    def _follow_ups(self, context: Context, terms: FollowUps, promises: Sequence[Amendment]) -> Iterator[RuleOutcome]:
        for promise, following in zip_longest(promises, promises[1:]):
            if promise.until:
                clock = self._follow_up(context, terms, promise, promise.until, following.at if following else None)
                yield clock
                yield from self._when_due(context, terms, clock, promise.until)

    def _follow_up(
        self, context: Context, terms: FollowUps, promise: Amendment, until: datetime, replaced: datetime | None
    ) -> Clock:
        """The clock of one promise: met by a follow-up, ended by another promise or by the resolution."""
        cycle_ends = (cycle.end for cycle in context.cycles if cycle.end and cycle.end >= promise.at)
        end = min(filter(None, (replaced, next(cycle_ends, None))), default=None)
        events = (entry for entry in context.timeline.between(promise.at, end) if entry.at > promise.at)
        met = next((entry.at for entry in events if any(is_event(event, entry) for event in terms.met_by)), None)
        ended = met or end
        breached = until < (ended or context.now) or (ended is None and until <= context.now)
        state = ClockState.MET if met else ClockState.CANCELLED if ended else ClockState.RUNNING
        return Clock(
            cite=context.cite(self.clause),
            because=f"promised for {_local(until, context)}: {promise.reason}",
            name=terms.clock,
            started_at=promise.at,
            due_at=until,
            state=ClockState.BREACHED if breached else state,
            met_at=met,
            ended_at=ended if not breached else met or until,
            target_s=int(context.calendar(terms.calendar).measure(promise.at, until).total_seconds()),
            calendar=terms.calendar,
            spans=((promise.at, ended),),
        )

    def _when_due(self, context: Context, terms: FollowUps, clock: Clock, until: datetime) -> Iterator[RuleOutcome]:
        if clock.state is ClockState.RUNNING:
            yield Wake(until)
        if clock.state is ClockState.BREACHED:
            because = f"the {terms.clock.replace('_', ' ')} ({clock.because}) was missed"
            yield context.tag(f"breached_{terms.clock}", clause=self.clause, since=until, because=because)
            if clock.is_owed and context.is_open:
                yield from context.notify(terms.notify, clause=self.clause, since=until, because=because, clock=clock)


def amendments_of(context: Context, clock: str, start: datetime, end: datetime | None) -> list[Amendment]:
    """The amendments of a clock that were made while one of its runs lasted, oldest first."""
    accepted = (each for rule in context.rules(AmendmentRule) for each in rule.amendments(context)[0])
    return [each for each in accepted if each.clock == clock and start <= each.at and (end is None or each.at <= end)]


def described(amendment: Amendment, context: Context) -> str:
    """An amendment in one phrase: what, until when, by whom, why."""
    what = " ".join(filter(None, (amendment.clock.replace("_", " "), _VERBS[amendment.what])))
    until = f" {'for' if amendment.what == 'promise' else 'until'} {_local(amendment.until, context)}"
    who = amendment.actor.email or amendment.actor.name or amendment.actor.id
    return f"{what}{until if amendment.until else ''} by {who}: {amendment.reason}"


def _local(at: datetime | None, context: Context) -> str:
    return f"{at.astimezone(ZoneInfo(context.policy.time_zone)):%Y-%m-%d %H:%M %Z}" if at else ""


def _not_the_time(context: Context, each: Amendment, terms: Waivers | Extensions | FollowUps) -> str:
    if each.what == "waive" or each.until is None:
        return "" if each.what == "waive" else "found no time; allowed: a time after now"
    if each.until <= each.at:
        found = f"found {_local(each.until, context)}, which is in the past"
        return f"{found}; allowed: a time after {_local(each.at, context)}"
    if isinstance(terms, Extensions) and terms.at_most:
        latest = after(context.calendar(terms.calendar), each.at, terms.at_most)
        if each.until > latest:
            found = f"found {_local(each.until, context)}"
            return f"{found}; allowed: at most {humanize(terms.at_most)} ahead, {_local(latest, context)}"
    return ""


def _not_the_person(context: Context, each: Amendment, roles: Sequence[str]) -> str:
    contacts = " ".join(context.address(role, each.at) for role in roles).lower()
    if each.actor.email and each.actor.email.lower() in re.split(r"[\s,;]+", contacts):
        return ""
    named = ", ".join(role.replace("_", " ") for role in roles)
    return f"found {each.actor.email or 'nobody with an e-mail address'}; allowed: {named}"
