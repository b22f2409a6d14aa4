"""One ticket, the people who work on it, and a bridge that reviews it when told to: what property tests play."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from hypothesis import strategies as st

from bridge.account import Account
from bridge.decision import Action, Decision, Plan
from bridge.decision.records import action_name, action_value
from bridge.evaluate import evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.plan import Ledger, LedgerEntry, plan, restrict
from bridge.policy.evaluation.adoption import InForce
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.model import Policy
from bridge.ticket import (
    Actor,
    Approval,
    Channel,
    Confirmation,
    FactValue,
    Message,
    Person,
    PhoneContact,
    Request,
    Role,
    Ticket,
    TicketRef,
)

CREATED = datetime(2026, 3, 26, 20, 0, tzinfo=UTC)  # three days before the clocks change in Europe
REF = TicketRef(connection="scenario", id="7")
CUSTOMER = Actor(role=Role.CUSTOMER, email="help@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")

STATUSES = ["open", "in_progress", "waiting_customer", "customer_update_required", "waiting_internal", "solved"]
PRIORITIES = ["low", "normal", "high", "urgent"]

HistoryEvent = tuple[str, Any]
History = list[tuple[timedelta, HistoryEvent]]

gaps = st.one_of(
    st.sampled_from([timedelta(0), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=48), timedelta(days=7)]),
    st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=12)),
).map(lambda gap: gap - timedelta(microseconds=gap.microseconds))


def histories(policy: Policy) -> st.SearchStrategy[History]:
    """What may happen on a ticket of a pack, in its own words."""
    events = st.one_of(
        _set("status", STATUSES),
        _set("priority", PRIORITIES),
        _set("type", policy.ticket_types),
        _set("plan", ["standard", "premium"]),
        *(_set(f"fact:{name}", _values(spec)) for name, spec in policy.facts.items()),
        st.tuples(st.just("untag"), st.integers(0, 9)),
        st.tuples(st.just("reply"), st.sampled_from([CUSTOMER, AGENT])),
        st.tuples(st.just("auto"), st.sampled_from([None, timedelta(days=3), timedelta(days=9)])),
        st.tuples(st.sampled_from(["phone", "confirm", "escalate"]), st.none()),
        *(st.tuples(st.just("answer"), st.tuples(st.just(gate), st.booleans())) for gate in _gates(policy)),
    )
    return st.lists(st.tuples(gaps, events), max_size=9)


def _set(field_name: str, values: Any) -> st.SearchStrategy[HistoryEvent]:
    return st.tuples(st.just(field_name), st.tuples(st.sampled_from([AGENT, CUSTOMER]), st.sampled_from(values)))


def _values(spec: FactSpec) -> list[FactValue]:
    given: dict[str, list[FactValue]] = {
        "bool": [True, False],
        "number": [1, 40],
        "datetime": ["2026-03-28T15:00:00Z", "2026-03-29T15:00:00Z"],
    }
    return [*(spec.values or given.get(spec.type, ["Mobile", "something"])), None]


def _gates(policy: Policy) -> list[str]:
    held = policy.severity.held_by
    return [gate.name for gate in policy.gates] + ([held.gate] if held else [])


@dataclass
class TicketSimulation:
    """One ticket, the people who work on it, and a bridge that reviews it when told to."""

    policy: Policy
    helpdesk: InMemoryHelpdesk
    ledger: list[LedgerEntry] = field(default_factory=list)
    done: list[tuple[datetime, Action]] = field(default_factory=list)
    in_force: InForce | None = None
    """None: since before the ticket."""

    @classmethod
    def fresh(cls, policy: Policy, channel: Channel = Channel.PHONE, **given: FactValue) -> Self:
        """A ticket of the pack's first type; ``given`` are facts that are known from the beginning."""
        facts = dict.fromkeys(policy.facts) | given
        ticket = Ticket(ref=REF, created_at=CREATED, channel=channel, type=policy.ticket_types[0], tier=1, facts=facts)
        ticket = ticket.model_copy(update={"requester": Person(email=CUSTOMER.email), "subject": "No sync"})
        account = Account(name="Acme", time_zone="Europe/Berlin", contacts=frozenset({CUSTOMER.email}))
        return cls(policy, InMemoryHelpdesk(ticket, account))

    @property
    def ticket(self) -> Ticket:
        return self.helpdesk.fetch(REF)

    @property
    def governed(self) -> Ticket | None:
        """The ticket as the policy governs it; None: it is left alone."""
        return self.in_force.governed(self.ticket, self.helpdesk.now) if self.in_force else self.ticket

    def back_after(self, downtime: timedelta) -> list[tuple[str, str | int]]:
        """What the bridge does when it is back."""
        before = len(self.done)
        self.helpdesk.now += downtime
        self.review()
        return [(action_name(action), action_value(action)) for _, action in self.done[before:]]

    def apply_event(self, event: HistoryEvent) -> None:
        kind, value = event
        at = self.helpdesk.now
        match kind:
            case "reply":
                self.helpdesk.record(Message(at=at, actor=value, public=True, text="hello"))
            case "auto":
                back = at + value if value else None
                self.helpdesk.record(Message(at=at, actor=CUSTOMER, public=True, auto_reply=True, back_at=back))
            case "phone":
                self.helpdesk.record(PhoneContact(at=at, actor=AGENT))
            case "confirm":
                self.helpdesk.record(Confirmation(at=at, actor=CUSTOMER))
            case "escalate":
                self.helpdesk.record(Request(at=at, actor=CUSTOMER))
            case "untag":
                tags = sorted(self.ticket.tags)
                self.helpdesk.change("tags", ",".join(tag for i, tag in enumerate(tags) if i != value), AGENT)
            case "answer":
                gate, granted = value
                self.helpdesk.record(Approval(at=at, actor=CUSTOMER, gate=gate, granted=granted))
            case _:
                actor, new = value
                self.helpdesk.change(kind, new, actor)

    def decide(self, now: datetime | None = None) -> Decision:
        assert self.governed
        return evaluate(self.governed, self.helpdesk.account(self.ticket), self.policy, now or self.helpdesk.now)

    def planned(self) -> Plan:
        if self.governed is None:
            return Plan()
        todo = plan(self.decide(), self.ticket, Ledger(self.ledger, self.ticket))
        return restrict(todo, self.ticket, fields=self.helpdesk.known_fields)

    def review(self) -> None:
        """What the bridge does at this instant, until nothing is left to do."""
        for _ in range(12):
            todo = self.planned()
            if not todo:
                return
            self.helpdesk.apply(self.ticket, todo)
            self.ledger += [LedgerEntry(action=action, at=self.helpdesk.now, confirmed=True) for action in todo.actions]
            self.done += [(self.helpdesk.now, action) for action in todo.actions]
        pytest.fail(
            f"the bridge does not come to rest: {[(action_name(a), action_value(a)) for a in self.planned().actions]}"
        )

    def review_until(self, end: datetime) -> None:
        """Review at every instant the decision asks for."""
        while self.governed and (wake := self.decide().wake_at) and wake <= end:
            self.helpdesk.now = wake
            self.review()
        self.helpdesk.now = max(end, self.helpdesk.now)

    def play_history(self, history: History) -> Self:
        """Things happen, and the bridge reviews the ticket each time, and whenever it wanted to."""
        self.review()
        for gap, event in history:
            self.review_until(self.helpdesk.now + gap)
            self.apply_event(event)
            self.review()
        return self
