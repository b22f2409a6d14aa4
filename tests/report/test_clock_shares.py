"""Who used a clock: shares of its counted time by tier or group, and the budgets that the pack gives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.report import ReviewedTicket, Row, tables
from bridge.ticket import Actor, Changed, Role, Ticket, TicketRef

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
AGENT = Actor(role=Role.AGENT)
PACK: dict[str, Any] = {
    "time_zone": "UTC",
    "calendars": {"office": {"clause": "MA-01", "time_zone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}},
    "clocks": [
        {
            "name": "completion",
            "clause": "MA-10",
            "met_by": ["solved"],
            "calendar": "office",
            "targets": {"critical": "10h"},
            "paused_in": ["waiting_customer"],
        }
    ],
}


def pack(**report: Any) -> Policy:
    spec = {"kind": "clock_shares", "clause": "MA-24", "name": "Who used the time", "clock": "completion", **report}
    return load_policy("maas360", PACK | {"reports": [spec]})


def moved(hours: float, field: str, old: Any, new: Any) -> Changed:
    return Changed(at=MONDAY + timedelta(hours=hours), actor=AGENT, field=field, old=old, new=new)


def rows(policy: Policy, *changes: Changed, ident: str = "1", hours: float = 48, **values: Any) -> list[Row]:
    reviewed = [seen(policy, *changes, ident=ident, hours=hours, **values)]
    return tables([policy], reviewed, MONDAY + timedelta(days=30))[0].rows


def seen(policy: Policy, *changes: Changed, ident: str = "1", hours: float = 48, **values: Any) -> ReviewedTicket:
    last: dict[str, Any] = {change.field: change.new for change in changes}
    given = {"type": "incident", "channel": "phone", "facts": {"affected": "all"}, **values, **last}
    ticket = Ticket.model_validate(
        {"ref": TicketRef(connection="desk", id=ident), "created_at": MONDAY, "timeline": changes, **given}
    )
    account = Account.model_validate({"plan": "premium"})
    return ReviewedTicket(ticket, account, policy, evaluate(ticket, account, policy, MONDAY + timedelta(hours=hours)))


TO_2, TO_3 = moved(6, "tier", None, 2), moved(26, "tier", 2, 3)
"""Monday 15:00, and Tuesday 11:00."""
SOLVED = moved(27, "status", "open", "solved").model_copy(update={"actor": Actor(role=Role.CUSTOMER)})


def test_each_tier_has_the_open_time_that_it_had_the_ticket() -> None:
    """Six hours on Monday for the first, two and two for the second, and one for the third."""
    found = rows(pack(budgets={"1": 50, "2": 40}), TO_2, TO_3, SOLVED)
    assert [(row["tier"], row["used_s"] / 3600, row["share_percent"]) for row in found] == [
        ("1", 6, 54.55),
        ("2", 4, 36.36),
        ("3", 1, 9.09),
    ]
    assert [(row["budget_percent"], row["within_budget_percent"]) for row in found] == [
        (50, 0),
        (40, 100),
        (None, None),
    ]
    assert {row["month"] for row in found} == {"2026-03"}
    assert found[0]["tickets"] == ["desk:1"]


def test_time_in_which_the_clock_rests_is_nobodys() -> None:
    waits, on = moved(2, "status", "open", "waiting_customer"), moved(8, "status", "waiting_customer", "open")
    [row] = rows(pack(), waits, on, status="open", hours=8)
    assert (row["tier"], row["used_s"]) == ("1", 2 * 3600)


def test_shares_add_up_over_tickets_and_back_and_forth() -> None:
    policy = pack(by="group", budgets={"desk": 10})
    back = moved(2, "group", "network", "desk")
    reviewed = [
        seen(policy, moved(1, "group", "desk", "network"), back, ident="1", hours=4),
        seen(policy, ident="2", hours=1, group="desk"),
    ]
    desk, network = tables([policy], reviewed, MONDAY + timedelta(days=30))[0].rows
    assert (desk["group"], desk["used_s"], desk["share_percent"], desk["within_budget_percent"]) == (
        "desk",
        4 * 3600,
        80,
        50,
    )
    assert (network["group"], network["used_s"], network["tickets"]) == ("network", 3600, ["desk:1"])


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({"budgets": {"1": 60, "2": 50}}, "budgets: found 110% in all; allowed: at most 100%"),
        ({"budgets": {"second": 60}}, "budgets: found 'second'; allowed: numbers of tiers"),
        ({"clock": "completing"}, "did you mean 'completion'"),
    ],
)
def test_what_cannot_be_is_refused(report: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pack(**report)
