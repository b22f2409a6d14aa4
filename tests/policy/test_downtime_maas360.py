"""Thirty days in which the bridge was down, for every timed step of MaaS360, and for what happened meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.account import Account
from bridge.decision.records import action_name, action_value
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ticket import Channel

from .ticket_simulation import AGENT, CREATED, CUSTOMER, TicketSimulation

maas360 = load_policy("maas360")
MONTH = timedelta(days=30)
BACK = CREATED + MONTH
"""Saturday, 2026-04-25, 22:00 in Berlin."""


def case(affected: str = "individual") -> TicketSimulation:
    simulation = TicketSimulation.fresh(maas360, affected=affected)
    simulation.review()
    return simulation


def after_a_month(simulation: TicketSimulation) -> set[tuple[str, str | int]]:
    """What the bridge does when it comes back."""
    return set(simulation.back_after(BACK - simulation.helpdesk.now))


def messages(simulation: TicketSimulation) -> list[tuple[datetime, str | int]]:
    return [(at, action_value(action)) for at, action in simulation.done if action_name(action) == "public_message"]


def test_of_three_stages_only_the_last_is_announced_and_all_are_marked() -> None:
    done = after_a_month(case("all"))
    assert {value for action, value in done if action == "notify"} == {"assignee", "coo"}
    assert [value for action, value in done if action == "internal_note"] == ["escalated"]
    assert {("add_tag", f"policy_escalated_{stage}") for stage in (1, 2, 3)} <= done


def test_the_final_notice_comes_late_and_a_whole_day_before_the_end() -> None:
    simulation = case()
    simulation.apply_event(("status", (AGENT, "customer_update_required")))
    simulation.review()
    assert ("set_status", "solved") not in after_a_month(simulation)
    assert messages(simulation) == [(BACK, "final_notice")]
    simulation.review_until(BACK + timedelta(days=9))
    assert messages(simulation) == [(BACK, "final_notice")]
    assert [at for at, a in simulation.done if (action_name(a), action_value(a)) == ("set_status", "solved")] == [
        BACK + timedelta(days=1)
    ]


def test_three_contacts_begin_late_on_a_business_day_and_stay_apart() -> None:
    """Back on a Saturday night: the first contact on Monday, the others two business days after the one before."""
    simulation = case()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    assert not [value for action, value in after_a_month(simulation) if action == "public_message"]
    simulation.review_until(BACK + timedelta(days=12))
    monday = datetime(2026, 4, 26, 22, 0, tzinfo=UTC)  # 00:00 in Berlin, when the client's business day begins
    assert messages(simulation) == [
        (monday, "contact_attempt"),
        (monday + timedelta(days=2), "contact_attempt"),
        (monday + timedelta(days=4), "last_contact"),
    ]
    solved = [at for at, a in simulation.done if (action_name(a), action_value(a)) == ("set_status", "solved")]
    assert solved == [monday + timedelta(days=5)]


def test_a_redirected_customer_who_waits_since_gets_the_notice_only() -> None:
    """The ticket was made while the bridge was down; nobody needs a word of then beside the final notice of now."""
    account = Account(name="Acme", contacts=frozenset({"desk@acme.example"}))
    simulation = TicketSimulation(
        maas360, InMemoryHelpdesk(TicketSimulation.fresh(maas360, channel=Channel.EMAIL).ticket, account)
    )
    simulation.apply_event(("status", (AGENT, "customer_update_required")))
    done = after_a_month(simulation)
    assert [value for action, value in done if action == "public_message"] == ["final_notice"]
    assert ("add_tag", "policy_redirect_helpdesk") in done
    (overtaken,) = (finding for finding in simulation.planned().findings if finding.code == "overtaken")
    assert overtaken.because == (
        "the message redirect_helpdesk was due 2026-03-26 20:00 UTC; it is late, and a later message replaces it"
    )
    assert overtaken.cite.clause == "MA-03"


def test_what_gave_way_is_not_sent_when_the_later_message_no_longer_holds() -> None:
    account = Account(name="Acme", contacts=frozenset({"desk@acme.example"}))
    simulation = TicketSimulation(
        maas360, InMemoryHelpdesk(TicketSimulation.fresh(maas360, channel=Channel.EMAIL).ticket, account)
    )
    simulation.apply_event(("status", (AGENT, "customer_update_required")))
    after_a_month(simulation)
    simulation.apply_event(("reply", CUSTOMER))
    simulation.review()
    simulation.review_until(BACK + MONTH)
    assert messages(simulation) == [(BACK, "final_notice")]


def test_a_redirected_customer_is_told_late_where_there_is_nothing_newer() -> None:
    account = Account(name="Acme", contacts=frozenset({"desk@acme.example"}))
    simulation = TicketSimulation(
        maas360, InMemoryHelpdesk(TicketSimulation.fresh(maas360, channel=Channel.EMAIL).ticket, account)
    )
    assert [value for action, value in after_a_month(simulation) if action == "public_message"] == ["redirect_helpdesk"]
