"""What is about to happen, by hour, account, role and person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.decision import Say, Set, Tag
from bridge.decision.citation import Citation
from bridge.decision.effects import Action, MessageKind
from bridge.decision.kinds import action_kind
from bridge.ports.forecasts import ForecastAction
from bridge.runtime.forecast_summary import ForecastSummary
from bridge.ticket import TicketRef

NOW = datetime(2026, 7, 2, 9, 30, tzinfo=UTC)
CITE = Citation(pack="maas360", version="1", clause="MA-10")
BREACH = Set(cite=CITE, target=Tag("policy_breached_first_response"), key="b")
WARNING = Set(cite=CITE, target=Tag("policy_warning_first_response"), key="w")
NOTICE = Say(cite=CITE, kind=MessageKind.NOTIFY, key="n", template="coo")


def due(action: Action, ident: str, minutes: int, *, is_expected: bool = True) -> ForecastAction:
    ref, at = TicketRef(connection="acme", id=ident), NOW + timedelta(minutes=minutes)
    return ForecastAction(ref, "Customer", "", action, action_kind(action), at, is_expected=is_expected)


def summary(*actions: ForecastAction, hours: int = 24) -> ForecastSummary:
    people = {"1": "agent@vendor.example"}
    return ForecastSummary.of(actions, lambda ref: people.get(ref.id), NOW + timedelta(hours=hours))


def test_breaches_messages_and_notices_are_counted_in_every_group() -> None:
    found = summary(due(WARNING, "1", 5), due(BREACH, "1", 31), due(NOTICE, "2", 40)).as_json()
    assert found["tickets"] == 2
    assert found["by_hour"] == [
        {"hour": "2026-07-02T09:00:00Z", "tags": 1},
        {"hour": "2026-07-02T10:00:00Z", "breached": 1, "notifications": 1, "tags": 1},
    ]
    assert found["by_account"] == {"Customer": {"breached": 1, "notifications": 1, "tags": 2}}
    assert found["by_role"] == {"coo": {"notifications": 1}}
    assert found["by_person"] == {
        "": {"notifications": 1},
        "agent@vendor.example": {"breached": 1, "tags": 2},
    }


def test_what_is_due_later_or_kept_back_for_good_is_left_out() -> None:
    found = summary(due(BREACH, "1", 10, is_expected=False), due(BREACH, "1", 61), hours=1)
    assert (found.tickets, found.by_hour) == (set(), {})
