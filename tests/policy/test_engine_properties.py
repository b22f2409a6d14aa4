"""What must hold for every ticket, whatever happens on it: random histories under the shipped packs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.account import Account
from bridge.decision import Action, Decision, Plan
from bridge.evaluate import evaluate
from bridge.helpdesks.simulated import SimulatedHelpdesk
from bridge.plan import Ledger, Said, plan, said_by
from bridge.policy import Policy
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Channel, Confirmation, Message, Person, PhoneContact, Request, Role, Ticket, TicketRef

BORN = datetime(2026, 3, 26, 20, 0, tzinfo=UTC)  # three days before the clocks change in Europe
REF = TicketRef(connection="story", id="7")
CUSTOMER = Actor(role=Role.CUSTOMER, email="help@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")

STATUSES = ["open", "in_progress", "waiting_customer", "customer_update_required", "waiting_internal", "solved"]
PRIORITIES = ["low", "normal", "high", "urgent"]

maas360 = load_policy("maas360")

deeds = st.one_of(
    st.tuples(st.just("status"), st.sampled_from(STATUSES)),
    st.tuples(st.just("priority"), st.sampled_from(PRIORITIES)),
    st.tuples(st.just("fact:affected"), st.sampled_from(["all", "significant", "small", "individual", None])),
    st.tuples(st.just("fact:impact"), st.sampled_from(["catastrophic", "major", "significant", "minor", None])),
    st.tuples(st.just("fact:device"), st.sampled_from(["phone, iOS 19", None])),
    st.tuples(st.just("untag"), st.integers(0, 9)),
    st.tuples(st.just("reply"), st.sampled_from([CUSTOMER, AGENT])),
    st.tuples(st.just("auto"), st.sampled_from([None, timedelta(days=3), timedelta(days=9)])),
    st.tuples(st.just("phone"), st.none()),
    st.tuples(st.just("confirm"), st.none()),
    st.tuples(st.just("escalate"), st.none()),
)
gaps = st.one_of(
    st.sampled_from([timedelta(0), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=48), timedelta(days=7)]),
    st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=12)),
).map(lambda gap: gap - timedelta(microseconds=gap.microseconds))
histories = st.lists(st.tuples(gaps, deeds), max_size=9)

slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class World:
    """One ticket, the people who work on it, and a bridge that looks at it when told to."""

    policy: Policy
    account: Account
    desk: SimulatedHelpdesk
    said: list[Said] = field(default_factory=list)
    done: list[tuple[datetime, Action]] = field(default_factory=list)

    @classmethod
    def fresh(cls, policy: Policy = maas360, channel: Channel = Channel.PHONE) -> World:
        ticket = Ticket(ref=REF, created_at=BORN, channel=channel, type=policy.ticket_types[0], tier=1)
        ticket = ticket.model_copy(update={"requester": Person(email=CUSTOMER.email), "subject": "No sync"})
        account = Account(name="Acme", time_zone="Europe/Berlin", contacts=frozenset({CUSTOMER.email}))
        return cls(policy, account, SimulatedHelpdesk(ticket, account))

    @property
    def ticket(self) -> Ticket:
        return self.desk.fetch(REF)

    def happens(self, deed: tuple[str, Any]) -> None:
        kind, value = deed
        at = self.desk.now
        match kind:
            case "reply":
                self.desk.record(Message(at=at, actor=value, public=True, text="hello"))
            case "auto":
                back = at + value if value else None
                self.desk.record(Message(at=at, actor=CUSTOMER, public=True, auto_reply=True, back_at=back))
            case "phone":
                self.desk.record(PhoneContact(at=at, actor=AGENT))
            case "confirm":
                self.desk.record(Confirmation(at=at, actor=CUSTOMER))
            case "escalate":
                self.desk.record(Request(at=at, actor=CUSTOMER))
            case "untag":
                tags = sorted(self.ticket.tags)
                self.desk.change("tags", ",".join(tag for i, tag in enumerate(tags) if i != value), AGENT)
            case _:
                self.desk.change(kind, value, AGENT)

    def decide(self, now: datetime | None = None) -> Decision:
        return evaluate(self.ticket, self.account, self.policy, now or self.desk.now)

    def planned(self) -> Plan:
        return plan(self.decide(), self.ticket, Ledger(self.said, self.ticket))

    def review(self) -> None:
        """What the bridge does at this instant, until nothing is left to do."""
        for _ in range(12):
            todo = self.planned()
            if not todo:
                return
            self.desk.apply(self.ticket, todo)
            self.said += [said_by(action, self.desk.now, confirmed=True) for action in todo.actions]
            self.done += [(self.desk.now, action) for action in todo.actions]
        pytest.fail(f"the bridge does not come to rest: {[(a.action, a.value) for a in self.planned().actions]}")

    def live_until(self, end: datetime) -> None:
        """Review at every instant the decision asks for."""
        while (wake := self.decide().wake_at) and wake <= end:
            self.desk.now = wake
            self.review()
        self.desk.now = max(end, self.desk.now)


def _lived(history: list[tuple[timedelta, tuple[str, Any]]], world: World) -> World:
    world.review()
    for gap, deed in history:
        world.live_until(world.desk.now + gap)
        world.happens(deed)
        world.review()
    return world


@slow
@given(histories)
def test_applying_a_plan_leaves_nothing_to_do(history):
    world = _lived(history, World.fresh())
    assert not world.planned()


@slow
@given(histories, st.floats(0.01, 0.99))
def test_a_decision_stays_the_same_until_it_asks_to_be_made_again(history, share):
    world = World.fresh()
    for gap, deed in history:
        world.desk.now += gap
        world.happens(deed)
        world.review()
    first = world.decide()
    horizon = first.wake_at or world.desk.now + timedelta(days=400)
    between = world.desk.now + (horizon - world.desk.now) * share
    later = world.decide(min(between, horizon - timedelta(microseconds=1)))
    assert later.model_copy(update={"at": first.at}) == first


@slow
@given(histories)
def test_every_output_cites_a_clause_of_the_pack(history):
    world = _lived(history, World.fresh())
    assert all(action.cite.clause in world.policy.clauses for _, action in world.done)


@slow
@given(histories)
def test_only_tags_of_the_bridge_are_ever_touched(history):
    world = World.fresh()
    world.desk.change("tags", "customers-own,vip", CUSTOMER)
    _lived(history, world)
    tags = [action.value for _, action in world.done if action.action in ("add_tag", "remove_tag")]
    assert all(str(tag).startswith("policy_") for tag in tags)


@slow
@given(histories, st.sampled_from(PRIORITIES))
def test_an_agents_priority_is_not_fought(history, wished):
    """Once a person has overruled the priority, only a new fact, never the passing of time, changes it again."""
    world = _lived(history, World.fresh())
    world.live_until(world.desk.now + timedelta(minutes=1))
    world.happens(("priority", wished))
    world.review()
    world.live_until(world.desk.now + timedelta(days=40))
    assert world.ticket.priority == wished


@slow
@given(histories)
def test_no_message_is_sent_twice(history):
    world = _lived(history, World.fresh())
    keys = Counter(action.key for _, action in world.done if action.action in ("public_message", "notify"))
    assert not [key for key, count in keys.items() if count > 1]


@slow
@given(histories, st.integers(30, 60))
def test_after_a_month_of_downtime_the_customer_gets_at_most_one_message(history, days):
    world = World.fresh()
    for gap, deed in history:
        world.desk.now += gap
        world.happens(deed)
    world.review()
    before = len(world.done)
    world.desk.now += timedelta(days=days)
    world.review()
    messages = [action for _, action in world.done[before:] if action.action == "public_message"]
    assert len(messages) <= 1


@slow
@given(histories, st.lists(st.integers(1, 400), max_size=6))
def test_nothing_is_solved_for_silence_without_the_final_notice_a_day_before(history, outages):
    """The bridge may be down for any hours: the last notice still comes, and comes a day before the end."""
    world = _lived(history, World.fresh())
    world.happens(("status", "open"))
    world.review()
    world.happens(("status", "customer_update_required"))
    world.review()
    start = len(world.done)
    for hours in [*outages, 24 * 9, 24 * 2, 24 * 2]:
        world.desk.now += timedelta(hours=hours)
        world.review()
    since = world.done[start:]
    solved = [at for at, action in since if action.action == "set_status" and action.value == "solved"]
    notices = [at for at, action in since if action.action == "public_message" and action.value == "final_notice"]
    assert len(solved) == 1
    assert len(notices) == 1
    assert solved[0] - notices[0] >= timedelta(days=1)


@slow
@given(histories)
def test_looking_more_often_changes_nothing(history):
    """Duplicated wake-ups: a bridge that looks at every hour does exactly what one does that looks when it must."""
    needed, restless = World.fresh(), World.fresh()
    _lived(history, needed)
    restless.review()
    for gap, deed in history:
        end = restless.desk.now + gap
        while restless.desk.now + timedelta(hours=7) < end:
            restless.live_until(restless.desk.now + timedelta(hours=7))
            restless.review()
        restless.live_until(end)
        restless.happens(deed)
        restless.review()
    assert [(at, a.action, a.value) for at, a in restless.done] == [(at, a.action, a.value) for at, a in needed.done]
