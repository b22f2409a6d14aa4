"""A reminder that did not arrive was none, in whatever form the helpdesk tells what the bridge has written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.account import Account
from bridge.decision import Decision, Tag
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Changed, Message, Role, Ticket, TicketRef, TimelineEntry

CREATED = datetime(2026, 3, 2, 9, tzinfo=UTC)
REMINDED = CREATED + timedelta(hours=49)
AGENT, BRIDGE = Actor(role=Role.AGENT, id="2"), Actor(role=Role.BRIDGE, id="9")
WAITS = Changed(at=CREATED + timedelta(minutes=5), actor=AGENT, field="status", new="customer_update_required")


def decided(at: datetime, *entries: TimelineEntry) -> Decision:
    """What MaaS360 says of a ticket on which the customer is awaited."""
    ticket = Ticket(
        ref=TicketRef(connection="desk", id="1"),
        created_at=CREATED,
        type="incident",
        status="customer_update_required",
        facts={"affected": "all"},
        timeline=(WAITS, *entries),
    )
    return evaluate(ticket, Account(), load_policy("maas360"), at)


@pytest.mark.parametrize("is_one_update", [False, True], ids=["keys on the message", "keys on all of an update"])
@pytest.mark.parametrize("undelivered", ["", "the mail came back"])
def test_a_reminder_that_did_not_arrive_leaves_no_tag(undelivered: str, is_one_update: bool) -> None:
    """Zendesk keeps the keys of an update in its audit, so the change of tags beside the message has them as well."""
    [due] = [message for message in decided(REMINDED).due_messages if message.template == "update_requested"]
    said = Message(
        at=REMINDED, actor=BRIDGE, public=True, text="Please", keys=(due.key,), template=due.template,
        undelivered=undelivered,
    )  # fmt: skip
    tags = Changed(at=REMINDED, actor=BRIDGE, field="tags", new="policy_followup_1", keys=(due.key,))
    later = decided(REMINDED + timedelta(hours=1), *((tags, said) if is_one_update else (said,)))
    wanted = {each.target for each in later.desired}
    assert (Tag("policy_followup_1") in wanted) is (undelivered == "")
