"""Pure renderings: actions in words, and the chart of the clocks."""

import re
from datetime import timedelta
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from bridge.account import Account
from bridge.console.action_summary import group_by_clause, summarize
from bridge.console.clock_chart import chart, describe
from bridge.decision import Action, Citation
from bridge.decision.records import ACTION_NAMES, parse_action
from bridge.evaluate import evaluate
from bridge.explain import explain
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Changed, Channel, Message, Role, Status, Ticket, TicketRef

from .conftest import MONDAY

actions = st.lists(
    st.builds(
        parse_action,
        name=st.sampled_from(ACTION_NAMES),
        value=st.sampled_from(["urgent", "policy_maas360", "next_due=status_update", "closure_at=", "note", "a=b=c"]),
        key=st.just("key"),
        text=st.text(max_size=20),
        because=st.sampled_from(["", "critical", "the customer answered"]),
        cite=st.builds(
            Citation, pack=st.just("maas360"), version=st.just("1"), clause=st.sampled_from(["MA-09", "MA-10"])
        ),
    )
)


@given(actions)
def test_every_action_is_listed_once_under_its_own_clause(planned: list[Action]) -> None:
    listed = [
        (effect.clause, effect.because, action) for effect in group_by_clause(planned) for action in effect.actions
    ]
    expected = [
        ("", "", summarize(one)) if summarize(one).kind == "display" else (one.cite.clause, one.because, summarize(one))
        for one in planned
    ]
    assert sorted(listed, key=repr) == sorted(expected, key=repr)
    assert all(action.label for _, _, action in listed)


def test_the_note_on_a_severity_is_listed_with_the_severity() -> None:
    cite = Citation(pack="maas360", version="1", clause="MA-09")
    reasons = [("set_priority", "urgent", "critical: all is down"), ("internal_note", "severity", "all is down")]
    planned = [parse_action(name, value, key="k", text="", because=why, cite=cite) for name, value, why in reasons]
    (group,) = group_by_clause(planned)
    assert (group.because, len(group.actions)) == ("critical: all is down", 2)


@given(actions)
def test_one_clause_and_reason_is_one_group(planned: list[Action]) -> None:
    names = [(effect.clause, effect.because) for effect in group_by_clause(planned)]
    assert len(names) == len(set(names))


minutes = st.integers(min_value=1, max_value=60 * 24 * 20)
steps = st.lists(st.tuples(minutes, st.sampled_from(["answer", "wait", "work", "solve"])), max_size=12)


@given(steps, minutes)
def test_the_chart_has_every_interval_in_proportion(happened: list[tuple[int, str]], at: int) -> None:
    ticket = _ticket(sorted(happened))
    decision = evaluate(ticket, Account(), load_policy("maas360"), MONDAY + timedelta(minutes=at))
    listed = explain(decision, load_policy("maas360"))
    picture = chart(ticket, listed)
    bars = [bar for row in picture.rows for bar in row.bars]
    marks = [mark for row in picture.rows for mark in row.marks]
    assert all(0 <= bar.x <= 100 and 0 <= bar.width <= 100.001 - bar.x for bar in bars)
    assert all(0 <= mark.x <= 100 for mark in (*marks, *picture.ticks))
    assert 0 <= picture.now <= 100
    assert len(picture.ticks) <= 9
    assert len(bars) == sum(len(clock.intervals) for clock in listed.clocks)


def test_every_role_has_a_colour_in_the_chart() -> None:
    sheet = files("bridge.console").joinpath("static/console.css").read_text("utf-8")
    styled = {name for rule in re.findall(r"circle[^{]*", sheet) for name in re.findall(r"\.(\w+)", rule)}
    assert styled >= {role.value for role in Role}


def _ticket(happened: list[tuple[int, str]]) -> Ticket:
    agent, status = Actor(role=Role.AGENT), Status.NEW
    entries: list[Message | Changed] = []
    for minute, what in happened:
        at = MONDAY + timedelta(minutes=minute)
        if what == "answer":
            entries.append(Message(at=at, actor=agent, public=True, text="so"))
            continue
        new = {"wait": Status.WAITING_CUSTOMER, "work": Status.IN_PROGRESS, "solve": Status.SOLVED}[what]
        if new != status:
            entries.append(Changed(at=at, actor=agent, field="status", old=status, new=new))
            status = new
    return Ticket(
        ref=TicketRef(connection="zendesk", id="1"),
        created_at=MONDAY,
        channel=Channel.PHONE,
        type="incident",
        facts={"affected": "all"},
        status=status,
        timeline=tuple(entries),
    )


def test_a_group_without_a_configured_name_is_shown_by_its_id() -> None:
    moved = Changed(at=MONDAY, actor=Actor(role=Role.SYSTEM, name="a trigger"), field="group", new="4101")
    assert describe(moved) == "group set to the group with id 4101 by a trigger"
