"""Amendments: who may waive or extend a clock or promise a date of follow-up, and the clock of that promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from bridge.contacts import contacts_in
from bridge.decision import Clock, ClockState, Severity
from bridge.decision.display import role_titles
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.amendments import Misread, written_amendments
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import Event, is_event
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.part import PackPart
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, ClockName, OwnName, RoleName
from bridge.ticket import Amendment, AmendmentKind

Roles = Annotated[tuple[RoleName, ...], Field(min_length=1)]
_NOUNS: dict[AmendmentKind, Sentence] = {
    "waive": Sentence("waiver"),
    "extend": Sentence("extension"),
    "promise": Sentence("promise"),
}


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
                found = {"found": each.found, "allowed": each.allowed}
                why = Sentence("amendment not read: found %(found)s; allowed: %(allowed)s", **found)
                refused.append(Refused(each.at, "note", why))
            elif objection := self.objection(context, each):
                why = Sentence("%(amendment)s not recorded: %(why)s", amendment=_NOUNS[each.what], why=objection)
                refused.append(Refused(each.at, each.what, why))
            else:
                accepted.append(each)
        return accepted, refused

    def objection(self, context: Context, each: Amendment) -> str:
        """Why an amendment does not count; empty if it does."""
        terms = {"waive": self.waive, "extend": self.extend, "promise": self.promise}[each.what]
        if terms is None:
            return not_allowed(each.what, ", ".join(self._allowed) or Sentence("no amendments"))
        if not each.reason.strip():
            return Sentence("found no reason; allowed: a reason, as in 'because the customer asked for it'")
        if not isinstance(terms, FollowUps) and each.clock not in terms.clocks:
            return not_allowed(Sentence("the clock %(clock)s", clock=repr(each.clock)), ", ".join(terms.clocks))
        return _not_the_time(context, each, terms) or _not_the_person(context, each, terms.roles)

    @property
    def _allowed(self) -> list[str]:
        return [name for name in ("waive", "extend", "promise") if getattr(self, name)]

    def _shown(self, context: Context, amendment: Amendment) -> Iterator[RuleOutcome]:
        because = described(amendment, context)
        yield context.finding("amended", clause=self.clause, because=because)
        if context.is_open:
            name = "_".join(filter(None, ("amendment", amendment.what, amendment.clock)))
            yield context.remark(name, because, clause=self.clause, since=amendment.at)

    def _follow_ups(self, context: Context, terms: FollowUps, promises: Sequence[Amendment]) -> Iterator[RuleOutcome]:
        for promise, following in zip_longest(promises, promises[1:]):
            if promise.until:
                clock = self._follow_up(context, terms, promise, promise.until, following.at if following else None)
                yield clock
                yield from self._when_due(context, terms, clock, promise)

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
            because=_promised(promise, context),
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

    def _when_due(self, context: Context, terms: FollowUps, clock: Clock, promise: Amendment) -> Iterator[RuleOutcome]:
        until = clock.due_at or clock.started_at
        if clock.state is ClockState.RUNNING:
            yield Wake(until)
        if clock.state is ClockState.BREACHED:
            values = {"clock": terms.clock.replace("_", " "), "promise": _promised(promise, context)}
            because = Sentence("the %(clock)s (%(promise)s) was missed", **values)
            yield context.tag(f"breached_{terms.clock}", clause=self.clause, since=until, because=because)
            if clock.is_owed and context.is_open:
                yield from context.notify(terms.notify, clause=self.clause, since=until, because=because, clock=clock)


def amendments_of(context: Context, clock: str, start: datetime, end: datetime | None) -> list[Amendment]:
    """The amendments of a clock that were made while one of its runs lasted, oldest first."""
    accepted = (each for rule in context.rules(AmendmentRule) for each in rule.amendments(context)[0])
    return [each for each in accepted if each.clock == clock and start <= each.at and (end is None or each.at <= end)]


def described(amendment: Amendment, context: Context) -> str:
    """An amendment in one phrase: what, until when, by whom, why."""
    values = {
        "clock": amendment.clock.replace("_", " "),
        "person": amendment.actor.email or amendment.actor.name or amendment.actor.id,
        "reason": amendment.reason,
        "time": _local(amendment.until, context),
    }
    match amendment.what:
        case "waive":
            return Sentence("%(clock)s waived by %(person)s: %(reason)s", **values)
        case "extend":
            return Sentence("%(clock)s extended until %(time)s by %(person)s: %(reason)s", **values)
        case "promise":
            return Sentence("follow-up promised for %(time)s by %(person)s: %(reason)s", **values)


def _promised(promise: Amendment, context: Context) -> Sentence:
    return Sentence("promised for %(time)s: %(reason)s", time=_local(promise.until, context), reason=promise.reason)


def not_allowed(found: object, allowed: object) -> Sentence:
    """What an amendment has that it may not have, and what it may have."""
    return Sentence("found %(found)s; allowed: %(allowed)s", found=found, allowed=allowed)


def _local(at: datetime | None, context: Context) -> str:
    return f"{at.astimezone(ZoneInfo(context.policy.time_zone)):%Y-%m-%d %H:%M %Z}" if at else ""


def _not_the_time(context: Context, each: Amendment, terms: Waivers | Extensions | FollowUps) -> str:
    if each.what == "waive" or each.until is None:
        return "" if each.what == "waive" else Sentence("found no time; allowed: a time after now")
    until = _local(each.until, context)
    if each.until <= each.at:
        past = Sentence("%(time)s, which is in the past", time=until)
        return not_allowed(past, Sentence("a time after %(time)s", time=_local(each.at, context)))
    if isinstance(terms, Extensions) and terms.at_most:
        latest = after(context.calendar(terms.calendar), each.at, terms.at_most)
        if each.until > latest:
            ahead = {"length": terms.at_most, "time": _local(latest, context)}
            return not_allowed(until, Sentence("at most %(length)s ahead, %(time)s", **ahead))
    return ""


def _not_the_person(context: Context, each: Amendment, roles: Sequence[str]) -> str:
    contacts = contacts_in(" ".join(context.address(role, each.at) for role in roles).lower())
    if each.actor.email and each.actor.email.lower() in contacts:
        return ""
    who = each.actor.email or Sentence("nobody with an e-mail address")
    return not_allowed(who, role_titles(roles))
