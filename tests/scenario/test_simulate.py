"""Playing scenarios: what happens when, in which order, and in which shape it is told."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.account import Account
from bridge.decision import Citation, Clock, ClockState, Decision, DesiredValue, DueMessage, Field, Finding, MessageKind
from bridge.decision.records import action_name, action_value
from bridge.errors import Conflict, Gone
from bridge.evaluate import evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.plan import Ledger, plan, restrict
from bridge.policy.model import Policy
from bridge.scenarios.outcome import Outcome, as_json
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.simulate import SimulationError, simulate
from bridge.ticket import Actor, Changed, Message, PhoneContact, Role, Ticket, TicketRef

LoadScenario = Callable[[str], ResolvedScenario]
CREATED = datetime(2026, 3, 2, 8, tzinfo=UTC)
CITE = Citation(pack="acme", version="3", clause="AC-03")


def decided(
    ticket: Ticket,
    now: datetime,
    *,
    wants: Iterable[tuple[str, str | int]] = (),
    messages: Iterable[str] = (),
    **more: Any,
) -> Decision:
    """A decision that wants these values and owes these messages."""
    return Decision(
        ref=ticket.ref,
        at=now,
        pack="acme",
        version="3",
        desired=tuple(
            DesiredValue(cite=CITE, target=f, value=v, key=f"{f}={v}", since=now, because="why") for f, v in wants
        ),
        due_messages=tuple(
            DueMessage(cite=CITE, kind=MessageKind.PUBLIC_MESSAGE, key=name, template=name, text=name, due_at=now)
            for name in messages
        ),
        **more,
    )


def reminder(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
    """Four hours after creation a tag and a message are due, unless the customer has written by then."""
    due = ticket.created_at + timedelta(hours=4)
    if any(message.at <= due for message in ticket.messages(role=Role.CUSTOMER)):
        return decided(ticket, now)
    if now < due:
        return decided(ticket, now, wake_at=due)
    return decided(ticket, now, wants=[("tag:policy_reminded", "present")], messages=["reminder"])


def acts(outcome: Outcome) -> list[tuple[str, str, object]]:
    return [(f"{row.at:%H:%M:%S}", row.action, row.value) for row in outcome.timeline]


REMINDED = [("12:00:00", "add_tag", "policy_reminded"), ("12:00:00", "public_message", "reminder")]


def test_a_step_acts_in_the_second_it_is_due(load_scenario: LoadScenario) -> None:
    assert acts(simulate(load_scenario("until: +6h"), evaluate=reminder)) == REMINDED


def test_the_end_is_inclusive(load_scenario: LoadScenario) -> None:
    assert acts(simulate(load_scenario("until: +4h"), evaluate=reminder)) == REMINDED
    assert acts(simulate(load_scenario("until: +3h59m59s"), evaluate=reminder)) == []


def test_an_event_at_the_due_second_comes_before_the_step(load_scenario: LoadScenario) -> None:
    in_time = load_scenario("events: [{at: +4h, by: customer, reply: here I am}]")
    late = load_scenario("events: [{at: +4h1s, by: customer, reply: here I am}]")
    assert acts(simulate(in_time, evaluate=reminder)) == []
    assert acts(simulate(late, evaluate=reminder)) == REMINDED


def test_an_automatic_reply_is_no_reply(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("events: [{at: +1h, by: customer, reply: away, auto_reply: true}]")
    assert acts(simulate(scenario, evaluate=reminder)) == REMINDED


def test_events_of_one_second_happen_in_the_order_of_the_file_before_the_review(
    load_scenario: LoadScenario,
) -> None:
    seen: list[list[object]] = []

    def watching(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        seen.append([entry.new for entry in ticket.changes("status")])
        return decided(ticket, now)

    simulate(
        load_scenario("""
            events:
              - {at: +2h, by: agent, set: {status: solved}}
              - {at: +1h, by: agent, set: {status: open}}
              - {at: +1h, by: agent, set: {status: in_progress}}
        """),
        evaluate=watching,
    )
    assert seen == [[], ["open", "in_progress"], ["open", "in_progress", "solved"], ["open", "in_progress", "solved"]]


def test_an_event_becomes_the_timeline_entry_that_it_describes(load_scenario: LoadScenario) -> None:
    tickets: list[Ticket] = []

    def watching(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        tickets.append(ticket)
        return decided(ticket, now)

    simulate(
        load_scenario("""
            account: {management: [boss@acme.example]}
            events:
              - {at: +1m, by: agent, reply: hello}
              - {at: +2m, by: agent, note: hm}
              - {at: +3m, by: agent, phone_contact: true}
              - {at: +4m, by: agent, set: {impact: minor, grade: 2, assignee: A@vendor.example, tags: [x, b], tier: 3}}
              - {at: +5m, by: boss@acme.example, refuse: estimate, with: too dear}
              - {at: +6m, by: customer, confirm: resolution}
              - {at: +7m, by: customer, request: escalation}
        """),
        evaluate=watching,
    )
    ticket = tickets[-1]
    assert {name: value for name, value in ticket.facts.items() if value is not None} == {
        "impact": "minor",
        "grade": "2",
    }
    assert (ticket.assignee, ticket.tags, ticket.tier) == ("a@vendor.example", {"x", "b"}, 3)
    kinds = [(entry.kind, entry.actor.role.value) for entry in ticket.timeline]
    assert kinds[:3] == [("message", "agent"), ("message", "agent"), ("phone_contact", "agent")]
    assert kinds[-3:] == [("approval", "customer"), ("confirmation", "customer"), ("request", "customer")]
    changed = {entry.field: (entry.old, entry.new) for entry in ticket.timeline if isinstance(entry, Changed)}
    assert changed == {
        "fact:impact": (None, "minor"),
        "fact:grade": (None, "2"),
        "assignee": (None, "a@vendor.example"),
        "tags": ("", "b,x"),
        "tier": (2, 3),
    }
    assert ticket.timeline[-3].model_dump(include={"gate", "granted", "remarks"}) == {
        "gate": "estimate",
        "granted": False,
        "remarks": "too dear",
    }


def test_a_plan_that_changes_counts_from_then_on(load_scenario: LoadScenario) -> None:
    plans: list[tuple[str, str | None]] = []

    def watching(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        plans.append((f"{now:%H:%M}", account.plan if account else None))
        return decided(ticket, now)

    simulate(load_scenario("events: [{at: +1h, by: agent, set: {plan: premium}}]\nuntil: +2h"), evaluate=watching)
    assert plans == [("08:00", None), ("09:00", "premium"), ("10:00", "premium")]


def test_what_follows_from_the_bridges_own_act_happens_in_the_same_second(load_scenario: LoadScenario) -> None:
    def chain(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        wants: list[tuple[str, str | int]] = [("status", "in_progress")]
        if ticket.status == "in_progress":
            wants += [("tier", 3), ("field:closure_at", "soon"), ("field:next_due", "hidden"), ("group", "third")]
        return decided(ticket, now, wants=wants)

    outcome = simulate(load_scenario("until: +1m"), evaluate=chain)
    assert acts(outcome) == [
        ("08:00:00", "set_field", "closure_at=soon"),
        ("08:00:00", "set_field", "group=third"),
        ("08:00:00", "set_status", "in_progress"),
        ("08:00:00", "set_tier", 3),
    ]
    assert outcome.final.model_dump() == {
        "priority": None,
        "status": "in_progress",
        "tier": 3,
        "tags": (),
        "fields": {"closure_at": "soon"},
        "assignee": None,
        "group": "third",
    }


def test_what_no_longer_holds_is_taken_back(load_scenario: LoadScenario) -> None:
    def while_open(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        wants = [] if ticket.status == "solved" else [("tag:policy_open", "present"), ("field:note", "x")]
        return decided(ticket, now, wants=wants)

    outcome = simulate(load_scenario("events: [{at: +1h, by: agent, set: {status: solved}}]"), evaluate=while_open)
    assert acts(outcome)[2:] == [("09:00:00", "remove_tag", "policy_open"), ("09:00:00", "set_field", "note=")]
    assert (outcome.final.tags, outcome.final.fields) == ((), {})


def test_a_person_who_overrides_is_not_fought_but_reported(load_scenario: LoadScenario) -> None:
    def tagging(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        return decided(ticket, now, wants=[("priority", "urgent")])

    outcome = simulate(load_scenario("events: [{at: +1h, by: agent, set: {priority: low}}]"), evaluate=tagging)
    assert acts(outcome) == [("08:00:00", "set_priority", "urgent")]
    assert outcome.final.priority == "low"
    assert [(f"{row.at:%H:%M}", row.code) for row in outcome.findings] == [("09:00", "overridden")]


def test_rules_that_undo_each_other_are_named(load_scenario: LoadScenario) -> None:
    def quarrel(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        other = "open" if ticket.status == "in_progress" else "in_progress"
        occasion = str(len(ticket.timeline))
        want = DesiredValue(cite=CITE, target="status", value=other, key=occasion, since=now)
        return decided(ticket, now).model_copy(update={"desired": (want,)})

    with pytest.raises(SimulationError, match=r"08:00:00Z.*still making changes.*set_status open \(AC-03\)"):
        simulate(load_scenario("until: +1h"), evaluate=quarrel)


@pytest.mark.parametrize("behind", [timedelta(), timedelta(hours=1)])
def test_time_that_stands_still_is_named(load_scenario: LoadScenario, behind: timedelta) -> None:
    def stuck(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        return decided(ticket, now, wake_at=now - behind)

    with pytest.raises(SimulationError, match=r"scenario\.yaml:\d+:\d+ scenario 'scenario' at .*next review.*acme"):
        simulate(load_scenario("until: +1h"), evaluate=stuck)


def test_clocks_are_reported_as_they_stand_at_the_end(load_scenario: LoadScenario) -> None:
    def clocks(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        late, paused = CREATED + timedelta(hours=2), CREATED + timedelta(minutes=20)
        running = Clock(
            cite=CITE,
            name="first_response",
            started_at=CREATED,
            due_at=late,
            state=ClockState.RUNNING,
            target_s=7200,
            spans=((CREATED, paused), (paused + timedelta(hours=1), None)),
        )
        waiting = running.model_copy(
            update={"name": "completion", "due_at": None, "state": ClockState.PAUSED, "spans": ((CREATED, paused),)}
        )
        finding = Finding(cite=CITE, code="no_target", because="none was set")
        return decided(ticket, now, clocks=(running, waiting), findings=(finding,))

    outcome = simulate(load_scenario("name: clocks\nuntil: +90m"), evaluate=clocks)
    assert as_json([outcome]) == {
        "scenario": "clocks",
        "policy": "acme",
        "version": "3",
        "timeline": [],
        "clocks": [
            {
                "name": "first_response",
                "clause": "AC-03",
                "started_at": "2026-03-02T08:00:00Z",
                "due_at": "2026-03-02T10:00:00Z",
                "state": "running",
                "met_at": None,
                "elapsed_s": 1200 + 600,
                "target_s": 7200,
            },
            {
                "name": "completion",
                "clause": "AC-03",
                "started_at": "2026-03-02T08:00:00Z",
                "due_at": None,
                "state": "paused",
                "met_at": None,
                "elapsed_s": 1200,
                "target_s": 7200,
            },
        ],
        "final": {
            "priority": None,
            "status": "new",
            "tier": 2,
            "tags": [],
            "fields": {},
            "assignee": None,
            "group": None,
        },
        "findings": [
            {
                "at": "2026-03-02T08:00:00Z",
                "clause": "AC-03",
                "code": "no_target",
                "severity": "info",
                "because": "none was set",
            }
        ],
    }


def test_the_timeline_is_sorted_and_several_outcomes_are_a_list(load_scenario: LoadScenario) -> None:
    def busy(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        wants = [("tier", 3), ("tag:policy_b", "present"), ("tag:policy_a", "present"), ("priority", "high")]
        return decided(ticket, now, wants=wants, messages=["hello"])

    outcome = simulate(load_scenario("until: +1m"), evaluate=busy)
    found = as_json([outcome, outcome])
    assert json.loads(json.dumps(found)) == found
    assert len(found) == 2
    assert [(row["at"], row["action"], row["value"]) for row in found[0]["timeline"]] == [
        ("2026-03-02T08:00:00Z", "add_tag", "policy_a"),
        ("2026-03-02T08:00:00Z", "add_tag", "policy_b"),
        ("2026-03-02T08:00:00Z", "public_message", "hello"),
        ("2026-03-02T08:00:00Z", "set_priority", "high"),
        ("2026-03-02T08:00:00Z", "set_tier", 3),
    ]
    assert found[0]["timeline"][3] == {
        "at": "2026-03-02T08:00:00Z",
        "clause": "AC-03",
        "action": "set_priority",
        "value": "high",
        "because": "why",
    }


STEPS = st.lists(st.integers(0, 7200), max_size=8)


@given(STEPS, STEPS)
def test_each_wake_is_kept_to_the_second_whatever_happens_between(due: list[int], events: list[int]) -> None:
    """Steps act at their own second, each once, however events and steps interleave."""
    from bridge.scenarios.language import Scenario
    from bridge.yamlio.document import parse_all

    def steps(ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Decision:
        passed = (now - ticket.created_at).total_seconds()
        ahead = [CREATED + timedelta(seconds=second) for second in due if second > passed]
        names = {f"m{second}" for second in due if second <= passed}
        return decided(ticket, now, messages=sorted(names), wake_at=min(ahead, default=None))

    values = {
        "name": "s",
        "policy": "acme",
        "ticket": {"at": "2026-03-02T08:00:00Z"},
        "until": "+1h",
        "events": [{"at": f"+{second}s", "by": "agent", "note": "n"} for second in events],
    }
    (document,) = parse_all("{}", name="s.yaml")
    policy = Policy.model_construct(pack="acme", start_tier=1)  # type: ignore[call-arg]  # nothing else is read
    outcome = simulate(ResolvedScenario(Scenario.model_validate(values), policy, document), evaluate=steps)
    spoken = [(int((row.at - CREATED).total_seconds()), row.value) for row in outcome.timeline]
    assert spoken == [(second, f"m{second}") for second in sorted(set(due)) if second <= 3600]


def test_the_real_engine_plays_a_small_pack(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("""
        ticket: {at: 2026-03-02T08:00:00Z, type: incident, facts: {impact: major}}
        events:
          - {at: +30m, by: agent, reply: "on it"}
          - {at: +2h, by: customer, confirm: resolution}
        until: +3h
    """)
    outcome = simulate(scenario)
    assert (outcome.final.status, outcome.final.priority) == ("solved", "urgent")
    assert {"policy_acme", "policy_severity_bad"} <= set(outcome.final.tags)
    (clock,) = outcome.clocks
    assert (clock.name, clock.state, clock.elapsed_s, clock.target_s) == ("first_response", "met", 1800, 3600)
    assert [(f"{row.at:%H:%M}", row.clause) for row in outcome.timeline if row.action == "set_status"] == [
        ("10:00", "AC-04")
    ]


def test_another_policy_may_be_tried_on_a_scenario(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("ticket: {at: 2026-03-02T08:00:00Z, facts: {impact: major}}")
    source = {
        **scenario.policy.source,
        "severity": {**scenario.policy.source["severity"], "levels": {"bad": "high", "mild": "low"}},
    }
    assert simulate(scenario).final.priority == "urgent"
    assert simulate(scenario, policy=Policy.of(source)).final.priority == "high"


# -- the helpdesk itself -----------------------------------------------------------------------------------------------


def test_the_simulated_helpdesk_changes_nothing_by_itself(load_scenario: LoadScenario) -> None:
    helpdesk = InMemoryHelpdesk(load_scenario("").ticket)
    ref = helpdesk.fetch(TicketRef(connection="simulated", id="1")).ref
    agent = Actor(role=Role.AGENT)
    helpdesk.change("status", "solved", agent)
    before = helpdesk.fetch(ref)
    helpdesk.change("status", "solved", agent)
    assert helpdesk.fetch(ref) == before
    helpdesk.record(Message(at=CREATED, actor=Actor(role=Role.CUSTOMER), public=True, text="it broke again"))
    assert helpdesk.fetch(ref).status == "solved"
    assert before.changes("status") == helpdesk.fetch(ref).changes("status")


def test_the_simulated_helpdesk_refuses_stale_tickets_and_strangers(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("")
    helpdesk = InMemoryHelpdesk(scenario.ticket)
    stale = helpdesk.fetch(scenario.ticket.ref)
    helpdesk.record(PhoneContact(at=CREATED, actor=Actor(role=Role.AGENT)))
    todo = plan(decided(stale, CREATED, wants=[("tier", 3)]), stale, Ledger())
    with pytest.raises(Conflict):
        helpdesk.apply(stale, todo)
    assert helpdesk.fetch(scenario.ticket.ref).tier == 2
    with pytest.raises(Gone):
        helpdesk.fetch(TicketRef(connection="simulated", id="2"))


def test_the_sweep_of_the_simulated_helpdesk_finds_what_moved(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("")
    helpdesk = InMemoryHelpdesk(scenario.ticket)
    refs, cursor = helpdesk.changed_since(None, CREATED)
    assert refs == [scenario.ticket.ref]
    assert helpdesk.changed_since(cursor, CREATED) == ([], cursor)
    helpdesk.change("tier", 3, Actor(role=Role.AGENT))
    assert helpdesk.changed_since(cursor, CREATED)[0] == [scenario.ticket.ref]


def test_what_the_bridge_wrote_carries_its_key(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("")
    helpdesk = InMemoryHelpdesk(scenario.ticket)
    before = helpdesk.fetch(scenario.ticket.ref)
    decision = decided(before, CREATED, wants=[("tag:policy_x", "present"), ("tier", 3)], messages=["hello"])
    receipt = helpdesk.apply(before, plan(decision, before, Ledger()))
    after = helpdesk.fetch(scenario.ticket.ref)
    keys = {"tag:policy_x=present", "tier=3", "hello"}
    assert receipt.confirmed == keys == {key for entry in after.timeline for key in entry.keys}
    assert receipt.version == after.version > before.version
    assert {entry.actor.role for entry in after.timeline} == {Role.BRIDGE}
    assert not plan(decision, after, Ledger(ticket=after))


def test_fields_which_a_connection_does_not_have_are_left_out(load_scenario: LoadScenario) -> None:
    ticket = load_scenario("").ticket
    todo = plan(decided(ticket, CREATED, wants=[("field:a", "1"), ("field:b", "2"), ("tier", 3)]), ticket, Ledger())
    kept = [
        (action_name(action), action_value(action)) for action in restrict(todo, ticket, fields={Field("b")}).actions
    ]
    assert kept == [("set_field", "b=2"), ("set_tier", 3)]


def test_the_engine_of_simulations_is_the_one_of_production(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("ticket: {at: 2026-03-02T08:00:00Z, facts: {impact: minor}}\nuntil: +1m")
    assert simulate(scenario) == simulate(scenario, evaluate=evaluate)
