"""The sample account and its samples: they play without a refusal, and they are alive at once."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.clock import SandboxClock, stamp
from bridge.sandbox.runner import SampleTicketRunner
from bridge.sandbox.sample_tickets import maas360
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.delivery import BREAKER_MIN_REQUESTS, BREAKER_PAUSE_S, Breaker
from bridge.sandbox.zendesk.fields import tags_and_fields
from bridge.sandbox.zendesk.player import ZendeskPlayer
from bridge.sandbox.zendesk.process import ZendeskSandbox

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def account():
    # So slow that it stands still: only the test moves it.
    opened = ZendeskAccount(SandboxClock(START, speed=1e-9))
    opened.load_seed({})
    return opened


def play(account, span):
    runner = SampleTicketRunner(ZendeskPlayer(account), maas360(account.clock()))
    for _ in range(int(span / timedelta(minutes=1))):
        account.clock.advance(60)
        runner.play_due()


def test_the_sample_tickets_run_for_a_week_without_breaking_a_rule(account, caplog):
    with caplog.at_level(logging.INFO, logger="bridge.sandbox.runner"):
        play(account, timedelta(days=7))
    assert [record.getMessage() for record in caplog.records] == []
    tickets = list(account.state.tickets.values())
    assert len(tickets) >= 50
    assert {ticket["via"]["channel"] for ticket in tickets} == {"voice", "email", "web", "chat"}
    tags = {tag for ticket in tickets for tag in ticket["tags"]}
    assert {"request_escalation", "resolution_confirmed", "affected_all", "impact_catastrophic"} <= tags


def test_a_dozen_tickets_come_within_the_first_virtual_hour(account):
    play(account, timedelta(hours=1))
    assert len(account.state.tickets) >= 12


def test_the_critical_ticket_waits_for_a_day_and_the_silent_customer_for_ever(account):
    play(account, timedelta(days=7))
    by_subject = {ticket["subject"]: ticket for ticket in account.state.tickets.values()}
    critical = by_subject["Console down for everybody"]
    answers = [
        audit for audit in account.state.audits[critical["id"]] if audit["author_id"] != critical["requester_id"]
    ]
    assert answers[0]["created_at"] >= stamp(START + timedelta(hours=26))
    silent = by_subject["Policy conflict on crew phones"]
    assert silent["custom_status_id"] == seeds.connection()["statuses.customer_update_required"]


def test_the_out_of_office_reply_names_a_day(account):
    play(account, timedelta(hours=3))
    texts = [
        event["body"]
        for audits in account.state.audits.values()
        for audit in audits
        if audit["metadata"].get("flags") == [4]
        for event in audit["events"]
        if event["type"] == "Comment"
    ]
    assert texts == ["I am out of office until 2026-03-05 and will answer then."]


def test_names_lead_to_records_of_the_seed(account):
    tables = {"facts": "ticket_fields", "fields": "ticket_fields", "statuses": "custom_statuses"}
    for name, ident in seeds.connection().items():
        table = name.partition(".")[0]
        assert ident in getattr(account.state, tables.get(table, table)), name
    for fact in ("affected", "impact"):
        field = account.state.ticket_fields[seeds.connection()[f"facts.{fact}"]]
        assert {option["value"] for option in field["custom_field_options"]} == set(seeds.option_tags(fact))


def test_every_account_has_contacts_and_roles_that_exist(account):
    for contract in seeds.accounts():
        assert account.state.organizations[contract["organization_id"]]["name"] == contract["name"]
        people = [*contract["contacts"], *contract["roles"].values()]
        assert contract["contacts"]
        assert all(account.state.user_by_email(person) for person in people)


def test_the_demo_is_alive_within_seconds(wait):
    with ZendeskSandbox(samples="maas360", speed=600, start=START) as sandbox:

        def some():
            answer = requests.get(f"{sandbox.url}/api/v2/tickets", auth=sandbox.auth, timeout=30)
            return len(answer.json()["tickets"]) >= 5 and answer.json()["tickets"]

        tickets = wait(some)
        assert tickets[0]["created_at"].startswith("2026-03-02T08:")


def test_a_seed_file_fills_the_account():
    seed = {
        "organizations": [{"id": 1, "name": "Only one"}],
        "users": [
            {"id": 2, "name": "Policybridge", "email": seeds.INTEGRATION_EMAIL, "role": "admin"},
            {"id": 3, "name": "Customer", "email": "c@one.example", "organization_id": 1},
        ],
        "tickets": [
            {"by": "c@one.example", "channel": "phone", "ticket": {"subject": "Hi", "comment": {"body": "There"}}}
        ],
    }
    with ZendeskSandbox(seed=seed) as sandbox:
        answer = requests.get(f"{sandbox.url}/api/v2/tickets/1.json", auth=sandbox.auth, timeout=30).json()["ticket"]
        assert (answer["requester_id"], answer["organization_id"], answer["via"]["channel"]) == (3, 1, "voice")
        assert answer["url"] == f"{sandbox.url}/api/v2/tickets/1.json"


@pytest.mark.parametrize(
    ("option", "complaint"), [(["--start", "soon"], "is not an ISO date-time"), (["--samples", "none"], "'maas360'")]
)
def test_wrong_options_are_explained(option, complaint):
    command = [sys.executable, "-m", "bridge.sandbox", "zendesk", *option]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert complaint in ended.stderr


def test_the_process_ends_with_its_parent(wait):
    with ZendeskSandbox() as sandbox:
        process = sandbox._process
        process.stdin.close()
        assert process.wait(30) == 0
        process.stdin = None


def test_virtual_time_runs_faster_and_never_back():
    clock = SandboxClock(START, speed=1e6)
    seen = [clock() for _ in range(100)]
    assert seen == sorted(seen)
    assert seen[0] >= START
    assert clock.real_seconds(timedelta(days=1)) == pytest.approx(0.0864)
    with pytest.raises(ValueError, match="positive"):
        SandboxClock(speed=0)


tags = st.lists(st.sampled_from(["a", "affected_all", "affected_small", "impact_minor", "impact_major"]), max_size=4)
writes = st.fixed_dictionaries(
    {},
    optional={
        "tags": tags,
        "custom_fields": st.lists(
            st.builds(
                lambda ident, value: {"id": ident, "value": value},
                st.sampled_from([3101, 3102]),
                st.sampled_from(["affected_all", "affected_small", "impact_minor", "impact_major", None, "unknown"]),
            ),
            max_size=2,
        ),
    },
)
ACCOUNT = ZendeskAccount(SandboxClock(START, speed=1e-9))
ACCOUNT.load_seed({})


@given(st.lists(writes, max_size=5))
def test_a_dropdown_and_the_tags_always_agree(changes):
    ticket = {"tags": [], "custom_fields": {3101: None, 3102: None}}
    for change in changes:
        ticket = tags_and_fields(ACCOUNT.state, ticket, change)
        for field, prefix in ((3101, "affected"), (3102, "impact")):
            value = ticket["custom_fields"][field]
            present = [tag for tag in ticket["tags"] if tag in seeds.option_tags(prefix)]
            assert (value in present) if value else (present == [])
        assert ticket["tags"] == sorted(set(ticket["tags"]))


@given(st.lists(st.booleans(), max_size=BREAKER_MIN_REQUESTS - 1))
def test_a_circuit_never_breaks_under_a_hundred_requests(results):
    breaker = Breaker()
    for at, ok in enumerate(results):
        breaker.note(float(at), ok=ok)
    assert breaker.closed(float(len(results)))


def test_a_circuit_breaks_at_seventy_percent_and_closes_after_its_pause():
    breaker = Breaker()
    for number in range(BREAKER_MIN_REQUESTS):
        breaker.note(0.0, ok=number < 30)
    assert not breaker.closed(BREAKER_PAUSE_S - 0.1)
    assert breaker.closed(BREAKER_PAUSE_S)


def test_the_control_api_shows_what_a_connection_needs():
    with ZendeskSandbox() as sandbox:
        shown = sandbox.admin("GET", "")
    assert shown["client"]["id"] == sandbox.client_id
    assert shown["connection"] == json.loads(json.dumps(seeds.connection()))
