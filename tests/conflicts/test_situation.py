"""Conditions of Zendesk's rules: what they mean on a ticket, at an instant, after an update."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.conflicts.situation import Situation, Update, holds, waited_until, waits
from bridge.ticket import Actor, Changed, Message, Opener, Role, Status, Ticket, TicketRef
from mappings.connection import Connection
from mappings.native_conditions import NotSayable
from mappings.native_rules import NativeCalendar, Source
from mappings.zendesk.acting_conditions import ActingConditions
from mappings.zendesk.acting_fields import ActingFields

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")
OFFICE = NativeCalendar(Source("schedule", "8", "Office"), "office", "Europe/Berlin", {"mon": ("09:00-17:00",)})
CONNECTION = Connection.model_validate(
    {
        "vendor": "zendesk",
        "tiers": {1: [11], 2: [12]},
        "groups": {"japanese": 13},
        "statuses": {"in_progress": 71, "customer_update_required": 72},
        "facts": {"impact": {"field": 31, "values": {"impact_all": "everyone"}}, "region": {"tags": {"emea": "EMEA"}}},
        "fields": {"severity": {"field": 32, "values": {"high": "sev_high"}}},
    }
)
DOCUMENTS = {"organizations": [{"id": 5, "name": "Acme"}], "groups": [{"id": 14, "name": "Billing"}]}


def ticket(**values: Any) -> Ticket:
    common = {
        "ref": TicketRef(connection="acme", id="1"),
        "created_at": MONDAY,
        "subject": "Printer",
        "account": "Acme",
    }
    return Ticket(**common | values)


def translated(*conditions: dict[str, Any], anyway: tuple[dict[str, Any], ...] = ()) -> Any:
    return ActingConditions(ActingFields(CONNECTION, DOCUMENTS)).translate({"all": conditions, "any": anyway})


def condition(field: str, value: Any, operator: str = "is") -> Any:
    return translated({"field": field, "operator": operator, "value": value})


@pytest.mark.parametrize(
    ("field", "operator", "value", "values"),
    [
        ("status", "is", "open", {"status": Status.IN_PROGRESS}),
        ("status", "is_not", "solved", {"status": Status.WAITING_CUSTOMER}),
        ("status", "less_than", "solved", {"status": Status.WAITING_INTERNAL}),
        ("status", "greater_than", "open", {"status": Status.WAITING_CUSTOMER}),
        ("custom_status_id", "is", "72", {"status": Status.CUSTOMER_UPDATE_REQUIRED}),
        ("priority", "is", "", {}),
        ("priority", "less_than", "urgent", {"priority": "high"}),
        ("type", "is", "incident", {"type": "incident"}),
        ("group_id", "is", "12", {"tier": 2}),
        ("group_id", "is", "13", {"group": "japanese"}),
        ("group_id", "is_not", "14", {"group": "japanese"}),
        ("group_id", "includes", ["11", "14"], {"group": "Billing"}),
        ("organization_id", "is", "5", {"account": "5"}),
        ("current_tags", "includes", "vip gold", {"tags": frozenset({"gold"})}),
        ("current_tags", "not_includes", "vip", {"tags": frozenset({"gold"})}),
        ("custom_fields_31", "is", "impact_all", {"facts": {"impact": "everyone"}}),
        ("custom_fields_31", "not_present", "", {"facts": {"impact": None}}),
        ("custom_fields_32", "is", "sev_high", {"fields": {"severity": "high"}}),
        ("custom_fields_99", "is", "x", {"fields": {"custom_99": "x"}}),
        ("subject_includes_word", "includes", "printer toner", {}),
        ("via_id", "is", "4", {"channel": "email"}),
        ("assignee_id", "is", "", {}),
    ],
)
def test_a_condition_on_the_ticket(field: str, operator: str, value: Any, values: dict[str, Any]) -> None:
    read = condition(field, value, operator)
    assert holds(read, Situation(ticket(**values), MONDAY))
    negated = {"all": [{"field": field, "operator": operator, "value": value}], "any": []}
    other = {
        "status": Status.CLOSED if operator in ("is", "less_than") else Status.NEW if field != "status" else "solved",
        "priority": "urgent" if field == "priority" else None,
        "tags": frozenset({"vip"}),
        "group": "Billing" if operator == "is_not" else None,
        "facts": {"impact": "one"},
        "fields": {},
        "channel": "phone",
        "subject": "",
        "type": "question",
        "account": "Other",
        "assignee": "agent@vendor.example",
    }
    if (field, operator) in (("current_tags", "includes"),):
        other["tags"] = frozenset({"silver"})
    if (field, operator) == ("status", "greater_than"):
        other["status"] = Status.NEW
    assert not holds(
        ActingConditions(ActingFields(CONNECTION, DOCUMENTS)).translate(negated), Situation(ticket(**other), MONDAY)
    )


def updated(before: Ticket, *entries: Any, **values: Any) -> Situation:
    held = {name: getattr(before, name) for name in Ticket.model_fields}
    after = Ticket(**held | values | {"timeline": (*before.timeline, *entries)})
    return Situation(after, MONDAY, Update(before))


def test_a_condition_on_the_update() -> None:
    before = ticket(status=Status.OPEN, priority="low")
    said = Message(at=MONDAY, actor=AGENT, public=True, text="We look at it")
    solved = Changed(at=MONDAY, actor=AGENT, field="status", old="open", new="solved")
    change = updated(before, said, solved, status=Status.SOLVED)
    created = Situation(ticket(description="It burns"), MONDAY, Update(None))
    for field, value, operator in (
        ("update_type", "Change", "is"),
        ("comment_is_public", "true", "is"),
        ("comment_is_public", "not_relevant", "is"),
        ("role", "agent", "is"),
        ("status", "", "changed"),
        ("status", "solved", "value"),
        ("status", "open", "value_previous"),
        ("priority", "", "not_changed"),
        ("comment_includes_word", "look", "includes"),
    ):
        assert holds(condition(field, value, operator), change), field
    for field, value, operator in (
        ("update_type", "Create", "is"),
        ("comment_is_public", "false", "is"),
        ("role", "end_user", "is"),
        ("status", "pending", "value"),
        ("status", "", "not_changed"),
    ):
        assert not holds(condition(field, value, operator), change), field
    assert holds(condition("update_type", "Create"), created)
    assert holds(condition("role", "end_user"), created)
    assert holds(condition("status", "", "changed"), created)
    assert holds(condition("comment_includes_word", "burns", "includes"), created)
    by_agent = Situation(ticket(opened_by=Opener.AGENT_ON_BEHALF), MONDAY, Update(None))
    assert holds(condition("role", "agent"), by_agent)
    assert not holds(condition("update_type", "Change"), Situation(before, MONDAY))


def test_hours_count_from_when_the_ticket_came_into_the_status() -> None:
    moved = Changed(at=MONDAY, actor=AGENT, field="status", old="open", new="waiting_customer")
    again = Changed(at=MONDAY + timedelta(hours=5), actor=AGENT, field="status", old="waiting_customer", new="open")
    waiting = ticket(status=Status.WAITING_CUSTOMER, timeline=(moved,))
    four_days = condition("PENDING", "96")
    [wait] = waits(four_days)
    assert waited_until(wait, Situation(waiting, MONDAY)) == MONDAY + timedelta(days=4)
    for after, expected in (({"hours": 95}, False), ({"hours": 96}, True), ({"hours": 97}, False)):
        assert holds(four_days, Situation(waiting, MONDAY + timedelta(**after))) == expected
    longer = condition("PENDING", "96", "greater_than")
    assert holds(longer, Situation(waiting, MONDAY + timedelta(days=30)))
    assert holds(condition("PENDING", "96", "less_than"), Situation(waiting, MONDAY + timedelta(hours=95)))
    left = ticket(status=Status.OPEN, timeline=(moved, again))
    assert not holds(longer, Situation(left, MONDAY + timedelta(days=30)))


def test_hours_of_business_count_on_the_calendar() -> None:
    [wait] = waits(condition("NEW", "9", "greater_than_business_hours"))
    at = Situation(ticket(), MONDAY, calendar=OFFICE)
    assert waited_until(wait, at) == datetime(2026, 3, 9, 9, tzinfo=UTC)  # eight hours this Monday, one the next
    open_now = condition("in_business_hours", "true")
    assert holds(open_now, at)
    assert not holds(open_now, Situation(ticket(), MONDAY + timedelta(days=1), calendar=OFFICE))


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("satisfaction_score", "is", "bad"),
        ("status", "is", "archived"),
        ("custom_status_id", "is", "999"),
        ("comment_is_public", "is", "perhaps"),
        ("role", "is", "4711"),
        ("via_id", "is", "99"),
        ("priority", "matches", "x"),
        ("type", "greater_than", "x"),
        ("until_due_date", "less_than", "4"),
    ],
)
def test_what_is_not_understood_is_said(field: str, operator: str, value: str) -> None:
    with pytest.raises(NotSayable, match=r"not understood|not in the connection"):
        condition(field, value, operator)


def test_one_of_any_is_enough() -> None:
    either = translated(
        anyway=({"field": "type", "value": "incident"}, {"field": "type", "value": "problem"}),
    )
    assert holds(either, Situation(ticket(type="problem"), MONDAY))
    assert not holds(either, Situation(ticket(type="task"), MONDAY))
