"""``policybridge serve`` against a Zendesk that it has never met, in two very different accounts.

Every scenario has tickets of its own, and all of them go on at the same time: a test waits for the end of its scenario.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bridge.store import SqlStore, open_store
from bridge.store.queries import QueueEntry
from bridge.ticket import TicketRef
from tests.support.processes import free_port, wait_until
from tests.support.site import ROOT, ServeProcess

from .independent_api import IndependentApi, InjectedFault
from .independent_webhooks import Hooks, event_body, now
from .independent_zendesk import (
    AFFECTED,
    AGENT,
    DUE_AT,
    IN_PROGRESS,
    LIGHT_AGENT,
    OPTIONS,
    PLAIN_ACCOUNT,
    SEVERITY,
    TIERS,
    UPDATE_REQUIRED,
    Habits,
    IndependentZendesk,
)

NEW_SECRET, OLD_SECRET = "a-secret", "the-one-before"
WRITES_PER_HOUR = 6
UNHURRIED = timedelta(seconds=40)
"""A ticket that is looked at later than this is at rest; a lease is shorter, the first timer of a policy longer."""
CONFLICT = InjectedFault(409, {"error": "UpdateConflict", "description": "Safe Update prevented the update"})


@dataclass
class AccountAndBridge:
    """One account and the bridge beside it."""

    zendesk: IndependentZendesk
    api: IndependentApi
    hooks: Hooks
    store: SqlStore
    unheard: int
    """A ticket of which no webhook ever told."""

    @property
    def has_oauth(self) -> bool:
        return any(header.startswith("Bearer ") for header in self.api.authorizations)

    def queue_entry(self, number: int) -> QueueEntry | None:
        return self.store.queue_entry(TicketRef(connection="zendesk", id=str(number)))

    def is_resting(self, number: int) -> bool:
        if self.hooks.under_way.get(number):
            return False
        found = self.queue_entry(number)
        return found is not None and (found.due is None or found.due > now() + UNHURRIED)

    def rest(self, *numbers: int) -> None:
        """Wait until all webhooks about the tickets have come, and the bridge has nothing left to do for them."""
        for number in numbers:
            wait_until(partial(self.is_resting, number), f"ticket {number} comes to rest")

    def open(self, *faults: InjectedFault, method: str = "PUT", **values: Any) -> int:
        """A ticket whose first requests meet these faults, and of which the webhooks tell."""
        number = self.zendesk.open(silent=True, **values)
        self.api.trouble(method, number, *faults)
        self.zendesk.tell(number, [("created", {}), ("status_changed", {"current": "NEW", "previous": None})])
        return number

    def waiting(self, *faults: InjectedFault) -> int:
        """A ticket whose customer owes an answer for so long that a message is due."""
        asked = {"custom_status_id": UPDATE_REQUIRED} if self.zendesk.habits.custom_statuses else {"status": "pending"}
        number = self.zendesk.open(
            age=timedelta(days=9), option="hits_one", silent=True, subject="{{ticket.title}} {% x %} {{{{ticket.id}}"
        )
        self.zendesk.act(
            number,
            AGENT,
            at=now() - timedelta(days=8),
            silent=True,
            assignee_id=AGENT,
            comment={"body": "Which device?"},
            **asked,
        )
        self.api.trouble("PUT", number, *faults)
        self.zendesk.tag(number, "vip")
        return number

    def is_judged(self, number: int) -> bool:
        """Everything that the policy says of a ticket which stops everybody stands there, and no more."""
        ticket = self.zendesk.ticket(number)
        shown = (ticket["priority"], self.zendesk.shown(number, SEVERITY), self.zendesk.shown(number, AFFECTED))
        comments = [note.count("Severity critical") for note in self.zendesk.comments(number, public=False)]
        marked = {"policy_maas360", "policy_severity_critical", "hits_everyone"} <= set(ticket["tags"])
        return shown == ("urgent", "critical", "hits_everyone") and marked and sum(comments) == 1


ResolvedScenario = Callable[[AccountAndBridge], None]
SCENARIOS: dict[str, ResolvedScenario] = {}


def scenario(function: ResolvedScenario) -> ResolvedScenario:
    SCENARIOS[function.__name__] = function
    return function


@scenario
def a_new_ticket_costs_one_write_and_few_reads(account: AccountAndBridge) -> None:
    number = account.open()
    account.rest(number)
    assert account.is_judged(number)
    assert account.api.writes(number) == [200]
    looks = [call for call in account.api.about(number, "GET") if call.path.endswith("audits.json")]
    assert len(looks) <= 8  # to decide, to see that it settled, and what of the echo's dozens of webhooks came late


@scenario
def whoever_opened_it_and_whatever_is_null_it_is_judged(account: AccountAndBridge) -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("via", "subject", "description", "group_id", "organization_id", "brand_id", "email_cc_ids")
    )
    numbers = [
        account.open(organization_id=None),
        account.open(by=AGENT),
        account.open(by=LIGHT_AGENT),
        account.open(**nothing),
    ]
    stranger = account.zendesk.open(silent=True)
    del account.zendesk.users[account.zendesk.ticket(stranger)["requester_id"]]
    account.zendesk.act(stranger, LIGHT_AGENT, comment={"body": "A note", "public": False})
    account.rest(*numbers, stranger)
    assert [account.is_judged(number) for number in (*numbers, stranger)] == [True] * 5
    assert [account.api.writes(number) for number in (*numbers, stranger)] == [[200]] * 5


@scenario
def however_a_webhook_tells_of_it_it_is_heard(account: AccountAndBridge) -> None:
    def told(number: int, **how: Any) -> int:
        late = now() - timedelta(minutes=8)  # the event's own time, which says nothing of its signature's age
        return account.hooks.send(event_body(account.zendesk.ticket(number), "created", {}, at=late), **how)

    def triggered(body: str, content_type: str = "application/json") -> int:
        return account.hooks.send(body.encode(), content_type=content_type)

    numbers = [account.zendesk.open(silent=True) for _ in range(8)]
    a, b, c, d, e, f, g, h = numbers
    merged = event_body(account.zendesk.ticket(a), "merged", {"target_ticket_id": str(h)})
    answers = [
        told(a),
        told(b, chunked=True),
        told(c, secret=OLD_SECRET),
        told(d, content_type="text/plain"),
        triggered(json.dumps({"ticket_id": str(e), "status": "New"})),
        triggered(json.dumps({"ticket": {"id": f, "tags": "a b", "priority": None}})),
        triggered(f"ticket_id={g}&priority=", "application/x-www-form-urlencoded"),
        account.hooks.send(merged),
    ]
    assert answers == [202] * 8
    account.rest(*numbers)
    assert [account.api.writes(number) for number in numbers] == [[200]] * 8


@scenario
def what_is_not_signed_is_not_stored(account: AccountAndBridge) -> None:
    number = account.zendesk.open(silent=True)
    body = event_body(account.zendesk.ticket(number), "created", {})
    minutes = timedelta(minutes=8)
    forged: list[dict[str, Any]] = [{"secret": "wrong"}, {"at": now() - minutes}, {"at": now() + minutes}]
    assert [account.hooks.send(body, **how) for how in forged] == [401] * 3
    assert account.queue_entry(number) is None
    assert not account.api.about(number)


@scenario
def what_webhooks_lost_the_sweep_finds(account: AccountAndBridge) -> None:
    account.rest(account.unheard)
    assert account.is_judged(account.unheard)
    assert account.api.writes(account.unheard) == [200]


@scenario
def a_fault_delays_the_one_write_and_no_more(account: AccountAndBridge) -> None:
    limited = InjectedFault(429, {"error": "APIRateLimitExceeded"}, {"Retry-After": "1"})
    writes = {
        account.open(limited): [429, 200],
        account.open(InjectedFault(503, {"error": "DatabaseDeadlock"})): [503, 200],
        account.open(InjectedFault(409, {"error": "DatabaseConflict", "description": "Database collision"})): [
            409,
            200,
        ],
        account.open(CONFLICT): [409, 200],
        account.open(InjectedFault(delay=3)): [200],
        account.open(limited, method="GET"): [200],
        account.open(InjectedFault(502), InjectedFault(504), method="GET"): [200],
        account.open(InjectedFault(delay=3), method="GET"): [200],
        account.open(InjectedFault(200, {"error": "a proxy's own words"}), method="GET"): [200],
        account.open(InjectedFault(200, {"ticket": None}), method="GET"): [200],
    }
    if account.has_oauth:  # a token can be renewed; an API token that is refused needs a person
        writes[account.open(InjectedFault(401, {"error": "invalid_token"}))] = [401, 200]
    account.rest(*writes)
    assert {number: account.api.writes(number) for number in writes} == writes
    assert all(map(account.is_judged, writes))


@scenario
def what_was_applied_is_not_done_again_because_the_answer_was_lost(account: AccountAndBridge) -> None:
    number = account.open(InjectedFault(lost=True))
    account.rest(number)
    assert account.zendesk.ticket(number)["priority"] == "urgent"
    notes = account.zendesk.comments(number, public=False)
    if account.zendesk.habits.metadata:
        assert (account.api.writes(number), len(notes)) == ([0], 1)
    assert len(notes) <= 2  # a note twice is better than none where nothing proves the first


@scenario
def an_update_that_is_accepted_and_ignored_is_not_sent_again_and_again(account: AccountAndBridge) -> None:
    number = account.open(*[InjectedFault(ignored=True)] * 50)
    account.rest(number)
    for tag in ("one", "two", "three"):
        account.zendesk.tag(number, tag)
        account.rest(number)
    assert account.api.writes(number) == [200]


@scenario
def a_conflict_that_never_ends_is_met_ever_more_rarely(account: AccountAndBridge) -> None:
    number = account.open(*[CONFLICT] * 1000)
    wait_until(lambda: len(account.api.writes(number)) >= 2, "the update is tried again")
    time.sleep(8)
    assert set(account.api.writes(number)) == {409}
    assert len(account.api.writes(number)) <= 5


@scenario
def what_agents_do_at_the_same_moment_stays(account: AccountAndBridge) -> None:
    tagged, assigned = account.zendesk.open(silent=True), account.zendesk.open(silent=True)
    account.api.trouble("PUT", tagged, InjectedFault(first=lambda: account.zendesk.tag(tagged, "vip")))
    account.api.trouble(
        "PUT", assigned, InjectedFault(first=lambda: account.zendesk.act(assigned, AGENT, assignee_id=AGENT))
    )
    for number in (tagged, assigned):
        account.zendesk.tell(number, [("created", {})])
    account.rest(tagged, assigned)
    assert account.api.writes(tagged) == account.api.writes(assigned) == [409, 200]
    assert "vip" in account.zendesk.ticket(tagged)["tags"]
    assert account.zendesk.ticket(assigned)["assignee_id"] == AGENT
    assert account.is_judged(tagged)
    assert account.is_judged(assigned)


@scenario
def two_edits_of_one_second_are_distinguished(account: AccountAndBridge) -> None:
    """A stamp has whole seconds: the bridge reads between two edits of one, and a stamp alone would let it write."""
    number = account.zendesk.open(silent=True)

    def at_the_start_of_a_second() -> None:
        while now().microsecond > 100_000:
            time.sleep(0.01)
        account.zendesk.act(number, AGENT, subject="Console 1 is down")

    account.api.trouble("GET", number, InjectedFault(first=at_the_start_of_a_second))
    account.api.trouble("PUT", number, InjectedFault(first=lambda: account.zendesk.tag(number, "vip")))
    account.zendesk.tell(number, [("created", {})])
    account.rest(number)
    assert "vip" in account.zendesk.ticket(number)["tags"]
    assert account.is_judged(number)


@scenario
def what_agents_overrule_stays_overruled(account: AccountAndBridge) -> None:
    number = account.open()
    account.rest(number)
    tags = [tag for tag in account.zendesk.ticket(number)["tags"] if tag != "policy_maas360"]
    account.zendesk.act(number, AGENT, priority="low", tags=tags, custom_fields=[{"id": SEVERITY, "value": "mine"}])
    account.rest(number)
    account.zendesk.tag(number, "vip")
    account.rest(number)
    ticket = account.zendesk.ticket(number)
    assert (ticket["priority"], account.zendesk.shown(number, SEVERITY)) == ("low", "mine")
    assert "policy_maas360" not in ticket["tags"]
    assert account.api.writes(number) == [200]


@scenario
def a_trigger_that_undoes_what_we_write_is_not_fought(account: AccountAndBridge) -> None:
    numbers = [account.zendesk.open(silent=True) for _ in range(3)]
    low, bare, empty = numbers
    account.zendesk.rules[low] = lambda ticket: {"priority": "low"}
    account.zendesk.rules[bare] = lambda ticket: {"tags": [t for t in ticket["tags"] if not t.startswith("policy_sev")]}
    account.zendesk.rules[empty] = lambda ticket: {"custom_fields": [{"id": SEVERITY, "value": None}]}
    for number in numbers:
        account.zendesk.tell(number, [("created", {})])
    account.rest(*numbers)
    assert [account.api.writes(number) for number in numbers] == [[200]] * 3
    assert account.zendesk.ticket(low)["priority"] == "low"


@scenario
def a_trigger_that_answers_every_write_with_another_cause_meets_the_breaker(account: AccountAndBridge) -> None:
    number, turn = account.zendesk.open(silent=True), count(1)
    options = list(OPTIONS)
    account.zendesk.rules[number] = lambda _: {"custom_fields": [{"id": AFFECTED, "value": options[next(turn) % 4]}]}
    account.zendesk.tell(number, [("created", {})])
    account.rest(number)
    assert len(account.api.writes(number)) == WRITES_PER_HOUR
    assert len(account.api.about(number)) < 20 * WRITES_PER_HOUR


@scenario
def a_storm_of_events_is_one_occasion(account: AccountAndBridge) -> None:
    number = account.open()
    for place in range(25):
        account.zendesk.tag(number, f"tag_{place}")
    account.rest(number)
    assert {f"tag_{place}" for place in range(25)} <= set(account.zendesk.ticket(number)["tags"])
    assert account.is_judged(number)
    assert account.api.writes(number).count(200) == 1


@scenario
def a_late_escalation_speaks_once(account: AccountAndBridge) -> None:
    number = account.open(age=timedelta(hours=5))
    account.rest(number)
    notes = "\n".join(account.zendesk.comments(number, public=False))
    for line in (
        "Escalation stage 1 (MA-14)",
        "needs the attention of the Account Manager (MA-14)",
        "Severity critical (MA-09)",
    ):
        assert notes.count(line) == 1
    assert account.zendesk.ticket(number)["group_id"] == TIERS[3]
    assert len(account.api.writes(number)) <= 2


@scenario
def a_customer_gets_a_message_once_and_as_it_was_meant(account: AccountAndBridge) -> None:
    numbers = [
        account.waiting(),
        account.waiting(CONFLICT),
        account.waiting(InjectedFault(503)),
        account.waiting(InjectedFault(lost=True)),
    ]
    account.rest(*numbers)
    for number in numbers:
        [message] = account.zendesk.comments(number, public=True)
        assert "ticket.title" in message
        assert "RENDERED" not in "".join([message, *account.zendesk.comments(number, public=False)])
        assert "vip" in account.zendesk.ticket(number)["tags"]


@scenario
def what_is_over_is_left_alone(account: AccountAndBridge) -> None:
    closed, deleted, closing = (
        account.open(status="closed"),
        account.zendesk.open(silent=True),
        account.zendesk.open(silent=True),
    )
    ended = account.zendesk.tickets[deleted]
    account.api.trouble(
        "GET", deleted, *[InjectedFault(404, {"error": "RecordNotFound", "description": "Not found"})] * 20
    )
    account.api.trouble(
        "PUT",
        closing,
        InjectedFault(first=lambda: account.zendesk.act(closing, AGENT, assignee_id=AGENT, status="closed")),
    )
    account.hooks.tell(ended, [("soft_deleted", {}), ("status_changed", {"current": "DELETED", "previous": "NEW"})])
    account.zendesk.tell(closing, [("created", {})])
    account.rest(closed, deleted, closing)
    assert (account.api.writes(closed), account.api.writes(deleted), account.api.writes(closing)) == ([], [], [409])


@scenario
def what_is_refused_does_not_take_the_rest_with_it(account: AccountAndBridge) -> None:
    details = {"base": [{"ticket_field_id": 1, "description": "Cost centre: is required"}]}
    number = account.open(InjectedFault(422, {"error": "RecordInvalid", "description": "Invalid", "details": details}))
    account.rest(number)
    found = account.queue_entry(number)
    assert found
    assert not found.parked
    notes = account.zendesk.comments(number, public=False)
    assert ["Cost centre: is required" in note for note in notes].count(True) == 1, notes
    account.zendesk.tag(number, "cost_centre_filled_in")
    wait_until(lambda: account.is_judged(number), "the ticket is judged once somebody has mended it")
    assert account.api.writes(number)[:2] == [422, 200]


ACCOUNTS = {"modern": Habits(), "plain": PLAIN_ACCOUNT}


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Future[None]]]:
    """All scenarios of all accounts, going on."""
    with ExitStack() as stack, ThreadPoolExecutor(2 * len(SCENARIOS)) as threads:
        accounts = {name: stack.enter_context(_serve(tmp_path_factory.mktemp(name), name)) for name in ACCOUNTS}
        yield {
            (name, title): threads.submit(told, account)
            for name, account in accounts.items()
            for title, told in SCENARIOS.items()
        }


@contextmanager
def _serve(folder: Path, name: str) -> Iterator[AccountAndBridge]:
    account = IndependentZendesk(ACCOUNTS[name])
    api, port = IndependentApi(account), free_port()
    hooks = account.hooks = Hooks(port, (NEW_SECRET, OLD_SECRET))
    unheard = account.open(age=timedelta(minutes=3), silent=True)
    database = f"sqlite:///{folder / 'bridge.sqlite3'}"
    (folder / "policybridge.yaml").write_text(json.dumps(_configuration(account.habits)))
    with api.listening() as url, closing(open_store(database)) as store:
        server = ServeProcess(folder, _environment(url, database, name), port).ready()
        try:
            hooks.muted.add(unheard)
            yield AccountAndBridge(account, api, hooks, store, unheard)
        finally:
            server.kill()


def _environment(url: str, database: str, name: str) -> dict[str, str]:
    credentials = {
        "modern": {"ZENDESK_OAUTH_CLIENT_ID": "policybridge", "ZENDESK_OAUTH_CLIENT_SECRET": "s"},
        "plain": {"ZENDESK_EMAIL": "bridge@vendor.example", "ZENDESK_API_TOKEN": "t"},
    }
    return {variable: os.environ[variable] for variable in ("PATH", "HOME", "LANG", "TZ") if variable in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "POLICYBRIDGE_DATABASE_URL": database,
        "POLICYBRIDGE_DEBOUNCE": "0.3",
        "POLICYBRIDGE_LEASE": "20",
        "POLICYBRIDGE_WRITES_PER_HOUR": str(WRITES_PER_HOUR),
        "ZENDESK_URL": url,
        "ZENDESK_WEBHOOK_SECRET": NEW_SECRET,
        "ZENDESK_WEBHOOK_SECRET_PREVIOUS": OLD_SECRET,
        **credentials[name],
    }


def _configuration(habits: Habits) -> dict[str, Any]:
    connection = {
        "vendor": "zendesk",
        "mode": "enforce",
        "in_force_since": "2020-01-01T00:00:00Z",
        "tiers": {str(tier): group for tier, group in TIERS.items()},
        "facts": {"affected": {"field": AFFECTED, "values": OPTIONS}},
        "fields": {"severity": SEVERITY, "next_due_at": DUE_AT},
    }
    if habits.custom_statuses:
        connection["statuses"] = {"in_progress": IN_PROGRESS, "customer_update_required": UPDATE_REQUIRED}
    # a late contact waits for a business day, and this test does not
    daily = {"calendars": {"client": {"hours": {"sat-sun": ["00:00-24:00"]}}}}
    return {"policy": "maas360", "overrides": {"maas360": daily}, "connections": {"zendesk": connection}}


@pytest.mark.parametrize("title", SCENARIOS)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_event(endings: dict[tuple[str, str], Future[None]], account: str, title: str) -> None:
    endings[account, title].result(timeout=120)
