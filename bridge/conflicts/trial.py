"""What is played: the scenarios of a pack, and tickets of theirs that nobody touches any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bridge.account import Account
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.playback import Governing, Happening, HelpdeskRules, NoHelpdeskRules, Playback
from bridge.policy.evaluation.adoption import InForce
from bridge.policy.model import Policy
from bridge.scenarios.events import apply_event
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.search.candidate import Candidate, resolved
from bridge.scenarios.search.starts import starts_by_level
from bridge.ticket import FACT_FIELD, OWN_FIELD, Actor, FactValue, Message, Role, Status, Ticket
from mappings.acting_rules import All, AnyOf, Condition, Has, HasTag, HasWords

_LEFT_FOR = timedelta(days=40)
_ANSWERED_AFTER = timedelta(hours=1)
_LEFT_IN = {
    Status.OPEN: "stays open",
    Status.WAITING_CUSTOMER: "waits for the customer",
    Status.WAITING_INTERNAL: "is on hold",
    Status.SOLVED: "is solved",
}
LEFT_TICKETS = 2
"""So many tickets of a pack, all different, are also left alone."""


@dataclass(frozen=True)
class Trial:
    """A ticket, and what people do on it."""

    name: str
    policy: Policy
    ticket: Ticket
    account: Account | None
    happenings: tuple[Happening, ...]
    in_force: InForce
    until: datetime
    is_left: bool = False
    """Whether nobody touches the ticket any more."""
    given: str = ""
    """What the ticket was given in addition, for people."""

    @classmethod
    def of(cls, scenario: ResolvedScenario, policy: Policy | None = None) -> Trial:
        """A scenario as it stands; ``policy`` replaces its own."""
        events = tuple((at, partial(apply_event, scenario, event)) for at, event in scenario.events)
        return cls(
            scenario.name,
            policy or scenario.policy,
            scenario.ticket,
            scenario.account,
            events,
            scenario.in_force,
            scenario.until,
        )

    def left_in(self, status: Status) -> Trial:
        """The same ticket: an agent answers, gives it a status, and nobody touches it any more."""
        at = self.ticket.created_at + _ANSWERED_AFTER
        name = f"{self.name}; then it {_LEFT_IN[status]} and nothing more happens"
        left = ((at, partial(_leave, status=status)),)
        return replace(self, name=name, happenings=left, until=at + _LEFT_FOR, is_left=True)

    def with_given(self, values: Mapping[str, FactValue], tags: frozenset[str]) -> Trial:
        """The same with some values and tags that the ticket has from its creation."""
        held: dict[str, Any] = {name: getattr(self.ticket, name) for name in Ticket.model_fields}
        for field, value in values.items():
            if field.startswith(FACT_FIELD):
                held["facts"] = {**held["facts"], field.removeprefix(FACT_FIELD): value}
            elif field.startswith(OWN_FIELD):
                held["fields"] = {**held["fields"], field.removeprefix(OWN_FIELD): str(value)}
            elif field in Ticket.model_fields:
                held[field] = value
        held["tags"] |= tags
        named = [f"{name.replace(':', ' ')} {value}" for name, value in values.items()]
        return replace(
            self, ticket=Ticket(**held), given=", ".join([*named, *(f"the tag {tag}" for tag in sorted(tags))])
        )

    def played(self, helpdesk_rules: HelpdeskRules | None = None, *, writes: bool = True) -> Playback:
        """A run that has not begun; ``writes``: whether the policy does anything."""
        helpdesk = InMemoryHelpdesk(self.ticket, self.account)
        governing = Governing(self.policy, writes)
        return Playback(
            helpdesk=helpdesk,
            ticket=self.ticket,
            rules=lambda *_: governing,
            happenings=self.happenings,
            in_force=self.in_force,
            where=lambda now: f"{self.name} at {now:%Y-%m-%dT%H:%M:%SZ}",
            helpdesk_rules=helpdesk_rules or NoHelpdeskRules(),
        )


def _leave(helpdesk: InMemoryHelpdesk, status: Status) -> None:
    agent = Actor(role=Role.AGENT, email="agent@vendor.example")
    helpdesk.record(Message(at=helpdesk.now, actor=agent, public=True, text="An answer."))
    helpdesk.change("status", status, agent)


def trials_of(policy: Policy, scenarios: Sequence[ResolvedScenario]) -> list[Trial]:
    """The scenarios of a pack, and some of their tickets that are left alone; without scenarios a ticket a severity.

    Scenarios with overrides of their own are about another policy.
    """
    own = [each for each in scenarios if each.policy.pack == policy.pack and not each.written.overrides]
    trials = [Trial.of(scenario, policy) for scenario in own] or list(_bare(policy))
    different = {_look(trial.ticket): trial for trial in reversed(trials)}
    some = list(different.values())[-LEFT_TICKETS:]
    return [*trials, *(trial.left_in(status) for status in _LEFT_IN for trial in reversed(some))]


def _bare(policy: Policy) -> Iterator[Trial]:
    for level, start in starts_by_level(policy).items():
        name = f"a ticket of severity {level}"
        yield Trial.of(resolved(Candidate(start).scenario(policy.pack, start.at + _LEFT_FOR, name), policy), policy)


def _look(ticket: Ticket) -> tuple[object, ...]:
    return ticket.type, ticket.priority, ticket.channel, tuple(ticket.facts.items())


def needed_by(condition: Condition) -> tuple[dict[str, FactValue], frozenset[str]]:
    """Values and tags that a new ticket must have for a condition to become true, as far as that helps."""
    values: dict[str, FactValue] = {}
    tags: set[str] = set()
    for part in _needed(condition):
        match part:
            case Has(field, wanted) if field not in ("status", "requester"):
                if (value := next((each for each in wanted if each is not None), None)) is not None:
                    values[field] = value
            case HasTag(wanted):
                tags.add(wanted[0])
            case HasWords(where, words):
                values["description" if where == "message" else where] = " ".join(words[:1])
    return values, frozenset(tags)


def _needed(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(parts):
            for part in parts:
                yield from _needed(part)
        case AnyOf(parts):
            yield from _needed(parts[0])
        case Has() | HasTag() | HasWords():
            yield condition
