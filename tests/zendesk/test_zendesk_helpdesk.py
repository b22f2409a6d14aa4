"""The Zendesk helpdesk with a local Zendesk over real sockets, with OAuth and zenpy."""

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from bridge.config.zendesk_settings import API_TOKEN_END
from bridge.decision import Action, Plan
from bridge.errors import Conflict, GiveUp, Gone, Retry
from bridge.helpdesks import connect as connect_any
from bridge.helpdesks.zendesk.helpdesk import ZendeskHelpdesk, connect
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.ticket import Channel, Message, Priority, Role, Status, TicketRef
from mappings.connection import Connection
from tests.support.processes import wait_until
from tests.support.wrong_clock import problems_of

PAT, AGENT = "helpdesk@acme.example", "agent1@vendor.example"
Planner = Callable[..., Plan]


def ask(sandbox: ZendeskSandbox, **ticket: Any) -> TicketRef:
    found = sandbox.ask(PAT, {"subject": "Console down", "comment": {"body": "It is down"}} | ticket, channel="phone")
    return TicketRef(connection="acme", id=str(found["id"]))


def writes(sandbox: ZendeskSandbox) -> list[dict[str, Any]]:
    return [request["body"]["ticket"] for request in sandbox.requests("PUT", "/api/v2/tickets/")]


def test_a_ticket_is_read_with_its_timeline(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, ids: dict[str, int]
) -> None:
    ref = ask(sandbox, custom_fields=[{"id": ids["facts.affected"], "value": "affected_all"}])
    sandbox.act(int(ref.id), AGENT, {"assignee_id": ids["users.agent_1"], "comment": {"body": "We look"}})
    sandbox.act(int(ref.id), PAT, {"comment": {"body": "Back on 2099-03-09"}}, auto_reply=True)

    ticket = helpdesk.fetch(ref)

    assert (ticket.channel, ticket.facts["affected"], ticket.account) == (Channel.PHONE, "all", "5101")
    assert (ticket.requester.email, ticket.assignee, ticket.tier) == (PAT, AGENT, 1)
    spoken = [entry for entry in ticket.timeline if isinstance(entry, Message)]
    assert [(m.text, m.actor.role, m.auto_reply) for m in spoken] == [
        ("We look", Role.AGENT, False),
        ("Back on 2099-03-09", Role.CUSTOMER, True),
    ]
    assert [change.new for change in ticket.changes("status")] == [Status.OPEN]


def test_one_write_carries_everything_and_is_confirmed(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner, act: Callable[..., Action]
) -> None:
    ref = ask(sandbox, tags=["vip"])
    todo = plan(
        ("set_priority", "urgent", "k1"),
        ("set_status", "in_progress", "k2"),
        ("add_tag", "policy_escalated_1", "k3"),
        ("set_field", "severity=critical", "k4"),
        ("set_tier", 3, "k5"),
        act("internal_note", "stage", "k6", text="Stage 1 of {{ticket.id}}\nby <MA-14>"),
        act("notify", "account_manager", "k7", text="Please call", to=("am@vendor.example",)),
    )

    receipt = helpdesk.apply(helpdesk.fetch(ref), todo, "review-1")

    assert (receipt.confirmed, receipt.refused, receipt.deferred) == ({a.key for a in todo.actions}, {}, frozenset())
    assert len(writes(sandbox)) == 1
    ticket = helpdesk.fetch(ref)
    assert (ticket.priority, ticket.status, ticket.tier) == (Priority.URGENT, Status.IN_PROGRESS, 3)
    assert ticket.tags == {"vip", "policy_escalated_1"}
    assert ticket.fields["severity"] == "critical"
    assert ticket.version == receipt.version
    [note] = ticket.messages()
    assert (note.public, note.actor.role, set(note.keys)) == (False, Role.BRIDGE, receipt.confirmed)
    assert "{ticket.id}}\nby <MA-14>" in note.text
    assert "Please call" in note.text


def test_a_public_message_goes_first_and_the_note_in_the_next_write(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner
) -> None:
    ref = ask(sandbox)
    todo = plan(("internal_note", "stage", "k1"), ("public_message", "notice", "k2"))
    first = helpdesk.apply(helpdesk.fetch(ref), todo, "r1")
    assert (first.confirmed, first.deferred) == ({"k2"}, {"k1"})
    rest = Plan(actions=tuple(a for a in todo.actions if a.key in first.deferred))
    assert helpdesk.apply(helpdesk.fetch(ref), rest, "r2").confirmed == {"k1"}
    messages = [(m.public, m.template) for m in helpdesk.fetch(ref).messages()]
    assert messages == [(True, "notice"), (False, "")]


def test_an_edit_in_between_is_a_conflict_and_nothing_is_written(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner
) -> None:
    ref = ask(sandbox)
    seen = helpdesk.fetch(ref)
    sandbox.advance(5)
    sandbox.act(int(ref.id), AGENT, {"tags": ["by_agent"], "priority": "low"})
    with pytest.raises(Conflict, match="UpdateConflict"):
        helpdesk.apply(seen, plan(("set_priority", "urgent", "k1"), ("add_tag", "policy_x", "k2")), "r")
    ticket = helpdesk.fetch(ref)
    assert (ticket.tags, ticket.priority) == ({"by_agent"}, Priority.LOW)

    again = helpdesk.apply(ticket, plan(("set_priority", "urgent", "k1"), ("add_tag", "policy_x", "k2")), "r")
    assert again.confirmed == {"k1", "k2"}
    assert helpdesk.fetch(ref).tags == {"by_agent", "policy_x"}


def test_a_write_whose_response_is_lost_is_found_by_its_keys(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner
) -> None:
    ref = ask(sandbox)
    seen = helpdesk.fetch(ref)
    sandbox.fail("PUT", "/api/v2/tickets/*", drop=True, apply=True)
    with pytest.raises(Retry, match="next attempt finds out"):
        helpdesk.apply(seen, plan(("internal_note", "stage", "7/MA-14/1")), "r")
    assert len(writes(sandbox)) == 1
    assert {key for entry in helpdesk.fetch(ref).timeline for key in entry.keys} == {"7/MA-14/1"}


def test_an_update_of_a_closed_ticket_says_why_it_is_refused(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner
) -> None:
    ref = ask(sandbox)
    for status in ("solved", "closed"):
        sandbox.act(int(ref.id), AGENT, {"status": status, "assignee_id": 6101})
    with pytest.raises(GiveUp, match="closed prevents ticket update"):
        helpdesk.apply(helpdesk.fetch(ref), plan(("set_status", "open", "k")), "r")


def test_a_ticket_that_is_closed_between_reading_and_writing_is_judged_again(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner
) -> None:
    ref = ask(sandbox)
    sandbox.act(int(ref.id), AGENT, {"status": "solved", "assignee_id": 6101})
    seen = helpdesk.fetch(ref)
    sandbox.act(int(ref.id), AGENT, {"status": "closed"})
    with pytest.raises(Conflict, match="closed meanwhile"):
        helpdesk.apply(seen, plan(("set_priority", "low", "k")), "r")


def test_a_deleted_ticket_is_gone_and_it_is_said_why(helpdesk: ZendeskHelpdesk) -> None:
    with pytest.raises(Gone, match="the ticket was deleted or marked as spam"):
        helpdesk.fetch(TicketRef(connection="acme", id="99999"))


def test_a_ticket_that_does_not_exist(helpdesk: ZendeskHelpdesk) -> None:
    for ident in ("99999", "../users/me", "abc", "٣"):
        with pytest.raises(Gone):
            helpdesk.fetch(TicketRef(connection="acme", id=ident))


def test_a_refused_limit_stops_all_tickets_for_as_long_as_zendesk_says(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner
) -> None:
    ref = ask(sandbox)
    seen = helpdesk.fetch(ref)
    sandbox.fail("PUT", "/api/v2/tickets/*", status=429, headers={"Retry-After": "37"}, body={"error": "x"})
    for attempt in range(2):  # the second does not even leave the house
        with pytest.raises(Retry) as caught:
            helpdesk.apply(seen, plan(("set_priority", "low", "k")), "r")
        assert 30 < (caught.value.after or 0) <= 37, attempt
    assert len(writes(sandbox)) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_vendor_is_called_once_and_retried_later(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner, status: int
) -> None:
    seen = helpdesk.fetch(ask(sandbox))
    sandbox.fail("PUT", "/api/v2/tickets/*", status=status, body={"error": "DatabaseDeadlock"})
    with pytest.raises(Retry, match=f"{status}.*DatabaseDeadlock"):
        helpdesk.apply(seen, plan(("set_priority", "low", "k")), "r")
    assert len(writes(sandbox)) == 1


def test_a_token_that_is_no_longer_valid_is_renewed(sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk) -> None:
    ref = ask(sandbox)
    helpdesk.fetch(ref)
    sandbox.fail("GET", "/api/v2/tickets/*", status=401, body={"error": "invalid_token"})
    helpdesk.fetch(ref)
    assert len(sandbox.requests("POST", "/oauth/tokens")) == 2


def test_wrong_credentials_say_what_to_do(
    sandbox: ZendeskSandbox, oauth: None, wiring: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ask(sandbox)
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET", "wrong")
    with pytest.raises(Retry, match="ZENDESK_OAUTH_CLIENT_ID") as caught:
        connect("acme", Connection.model_validate(wiring)).fetch(ref)
    assert caught.value.all_tickets


def test_the_legacy_token_still_works(
    sandbox: ZendeskSandbox, oauth: None, wiring: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ask(sandbox)
    for name in ("ZENDESK_OAUTH_CLIENT_ID", "ZENDESK_OAUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZENDESK_EMAIL", sandbox.email)
    monkeypatch.setenv("ZENDESK_API_TOKEN", sandbox.api_token)
    found = connect_any("acme", Connection.model_validate(wiring))
    assert found.fetch(ref).subject == "Console down"
    answered_at = parsedate_to_datetime(requests.get(sandbox.url, timeout=5).headers["Date"])
    left = (API_TOKEN_END - answered_at.date()).days
    [finding] = [finding for finding in found.diagnose() if finding.subject == "API token"]
    assert finding.advice.startswith(f"API tokens stop working on 30 April 2027, {left} days from today; set ")


def test_the_sweep_finds_changes_and_continues_from_its_cursor(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk
) -> None:
    started = datetime.now(UTC)
    first = ask(sandbox)
    sandbox.advance(120)
    refs, cursor = helpdesk.changed_since(None, started)
    assert refs == [first]
    sandbox.advance(120)
    second = ask(sandbox)
    sandbox.advance(120)
    refs, cursor = helpdesk.changed_since(cursor, started + timedelta(minutes=5))
    assert second in refs
    assert helpdesk.changed_since(cursor, started + timedelta(minutes=9))[1] == cursor


def test_an_expired_cursor_restarts_the_sweep_one_day_back(sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk) -> None:
    ref = ask(sandbox)
    sandbox.advance(300)
    sandbox.fail("GET", "/api/v2/incremental/*", status=400, body={"error": "InvalidCursor"})
    assert helpdesk.changed_since("old", datetime.now(UTC))[0] == [ref]


def test_open_tickets_are_found_page_by_page(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.helpdesks.zendesk.open_tickets._PAGE", 2)
    refs = [ask(sandbox) for _ in range(4)]
    sandbox.act(int(refs[1].id), AGENT, {"status": "solved", "assignee_id": ids["users.agent_1"]})
    first = helpdesk.open_tickets(None)
    assert list(first.refs) == [refs[0], refs[2]]
    second = helpdesk.open_tickets(first.following)
    assert (list(second.refs), second.following) == ([refs[3]], None)
    sandbox.advance(3601)  # by then Zendesk has forgotten the cursor
    assert list(helpdesk.open_tickets(first.following).refs) == list(first.refs), "the pages begin again"


def test_a_call_in_the_background_leaves_half_of_our_share_to_others(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk
) -> None:
    sandbox.limit(account_per_minute=40)
    helpdesk.probe()
    made = 0
    with helpdesk.in_background(), suppress(Retry):
        while made < 40:
            helpdesk.probe()
            made += 1
    helpdesk.probe()
    sandbox.limit(account_per_minute=700)
    assert 5 <= made <= 10, "a quarter of 40, because our share is half of the limit"


def test_the_organization_is_the_account(sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk) -> None:
    ticket = helpdesk.fetch(ask(sandbox))
    account = helpdesk.account(ticket)
    assert account is not None
    assert account.name == "Acme"
    assert helpdesk.account(ticket.model_copy(update={"account": None})) is None


def test_the_doctor_finds_nothing_wrong_with_a_complete_setup(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, wiring: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(sandbox)
    subscription = sandbox.subscribe("http://127.0.0.1:9/webhooks/acme")
    monkeypatch.setenv("ZENDESK_WEBHOOK_SECRET", subscription.secret)
    findings = list(connect("acme", Connection.model_validate(wiring)).diagnose())
    assert [finding for finding in findings if not finding.ok] == []
    assert {"credentials", "audit trail", "facts.affected", "tiers.3", "statuses.in_progress", "webhook"} <= {
        finding.subject for finding in findings
    }


def test_the_doctor_reports_what_is_missing(sandbox: ZendeskSandbox, oauth: None, wiring: dict[str, Any]) -> None:
    wiring["facts"]["affected"]["field"] = 1
    wiring["tiers"][3] = 2
    wiring["statuses"]["in_progress"] = 3
    reported = {a.subject: a.advice for a in connect("acme", Connection.model_validate(wiring)).diagnose() if not a.ok}
    assert "ticket field 1 does not exist" in reported["facts.affected"]
    assert "group 2 does not exist" in reported["tiers.3"]
    assert "custom status 3 does not exist" in reported["statuses.in_progress"]
    assert "ZENDESK_WEBHOOK_SECRET" in reported["webhook secret"]
    assert "`policybridge install zendesk` creates one" in reported["webhook"]


def test_the_doctor_reports_a_webhook_whose_deliveries_do_not_arrive(
    sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, wiring: dict[str, Any]
) -> None:
    sandbox.subscribe("http://127.0.0.1:9/webhooks/acme")
    sandbox.subscribe("http://127.0.0.1:9/another-program")
    ask(sandbox)

    def failures() -> list[str]:
        found = connect("acme", Connection.model_validate(wiring)).diagnose()
        return [each.advice for each in found if each.subject == "deliveries of the webhook" and each.warns]

    wait_until(lambda: bool(failures()), "the deliveries have failed")
    [advice] = failures()
    assert re.match(
        r"(\d+) of the latest \1 deliveries of '.*' failed \(.*failed\), as while the bridge does not run; see", advice
    )


def test_what_is_named_and_missing_is_found_without_the_doctor(
    sandbox: ZendeskSandbox, oauth: None, wiring: dict[str, Any]
) -> None:
    assert connect("acme", Connection.model_validate(wiring)).missing() == []
    wiring |= {"tiers": {1: 999}, "fields": {"severity": 998}, "statuses": {"in_progress": 997}}
    found = connect("acme", Connection.model_validate(wiring)).missing()
    assert [line.partition(":")[0] for line in found] == ["fields.severity", "tiers.1", "statuses.in_progress"]
    assert found[1] == "tiers.1: group 999 does not exist; see Admin Center > Groups"


def test_the_doctor_reports_an_unreachable_account(
    oauth: None, wiring: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_URL", "http://127.0.0.1:9")
    findings = list(connect("acme", Connection.model_validate(wiring)).diagnose())
    assert not any(finding.ok for finding in findings)
    assert "cannot be reached" in findings[0].advice


def test_many_threads_share_one_connection(sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner) -> None:
    refs = [ask(sandbox) for _ in range(8)]
    receipts: list[frozenset[str]] = []

    def work(ref: TicketRef) -> None:
        todo = plan(("add_tag", f"policy_{ref.id}", ref.id), ("internal_note", "n", f"{ref.id}/note"))
        receipts.append(helpdesk.apply(helpdesk.fetch(ref), todo, "r").confirmed)

    threads = [threading.Thread(target=work, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipts, key=sorted) == sorted(({ref.id, f"{ref.id}/note"} for ref in refs), key=sorted)
    assert [helpdesk.fetch(ref).tags for ref in refs] == [{f"policy_{ref.id}"} for ref in refs]
    assert len(sandbox.requests("POST", "/oauth/tokens")) == 1


def test_people_are_fetched_once(sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk) -> None:
    ref = ask(sandbox)
    sandbox.act(int(ref.id), AGENT, {"comment": {"body": "x"}})
    for _ in range(3):
        helpdesk.fetch(ref)
    assert len(sandbox.requests("GET", "/api/v2/users")) <= 2
    assert len(sandbox.requests("GET", f"/api/v2/tickets/{ref.id}")) == 6


def test_the_environment_is_left_alone(sandbox: ZendeskSandbox, helpdesk: ZendeskHelpdesk, plan: Planner) -> None:
    before = dict(os.environ)
    helpdesk.apply(helpdesk.fetch(ask(sandbox)), plan(("set_priority", "low", "k")), "r")
    assert dict(os.environ) == before


def test_the_machines_clock_is_compared_with_every_answer(
    helpdesk: ZendeskHelpdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, stepped, ahead, behind, again = problems_of(helpdesk, monkeypatch)
    assert (right, again) == ("", "")
    assert "was set, or the machine slept, since Zendesk answered last" in stepped
    assert "ahead of that of Zendesk" in ahead
    assert "behind that of Zendesk" in behind
