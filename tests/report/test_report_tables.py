"""Reports of a pack over recorded tickets: each figure, and the tickets behind it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.account import Account
from bridge.cli import cli
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.report import ReviewedTicket, Row, tables
from bridge.runtime.report_input import report_input
from bridge.store import SqlStore
from bridge.ticket import Actor, Changed, Channel, FactValue, Message, Role, Ticket, TicketRef
from mappings.connection import Configuration
from tests.support.installation import Installation

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = datetime(2026, 4, 10, tzinfo=UTC)
AGENT, CLIENT = Actor(role=Role.AGENT), Actor(role=Role.CUSTOMER)
VALUES: dict[str, Any] = {
    "ticket_types": ["incident", "information_request", "change"],
    "facts": {name: {"type": "datetime"} for name in ("outage_started", "outage_ended", "planned_start", "planned_end")}
    | {"score": {"type": "text"}},
    "calendars": {
        "maintenance": {"clause": "MA-01", "time_zone": "America/New_York", "hours": {"sat": ["10:00-15:00"]}},
    },
    "clocks": [
        {
            "name": "reply",
            "clause": "MA-11",
            "starts_on": "customer_message",
            "periodic": True,
            "met_by": ["agent_message"],
        }
    ],
    "reports": [
        {
            "kind": "availability",
            "clause": "MA-01",
            "name": "Availability",
            "goal_percent": 99.5,
            "when": {"level": "critical"},
            "start_fact": "outage_started",
            "end_fact": "outage_ended",
            "maintenance_window": {
                "calendar": "maintenance",
                "when": {"type": "change"},
                "start_fact": "planned_start",
                "end_fact": "planned_end",
            },
        },
        {"kind": "clock_metrics", "clause": "MA-10", "name": "Times", "clocks": ["first_response", "reply"]},
        {"kind": "satisfaction", "clause": "MA-23", "name": "Scores", "fact": "score"},
        {"kind": "channels", "clause": "MA-03", "name": "Channels"},
    ],
}
POLICY = load_policy("maas360", VALUES)


def ticket(ident: str, created: datetime = START, **values: Any) -> Ticket:
    given = {"type": "incident", "channel": "phone", "facts": {"affected": "all"}, "created_at": created}
    return Ticket.model_validate({"ref": TicketRef(connection="desk", id=ident), **given, **values})


def seen(each: Ticket, plan: str | None = "premium", policy: Policy = POLICY, now: datetime = NOW) -> ReviewedTicket:
    account = Account.model_validate({"plan": plan})
    return ReviewedTicket(each, account, policy, evaluate(each, account, policy, now))


def rows(kind: str, *tickets: ReviewedTicket, month: str = "", now: datetime = NOW) -> list[Row]:
    [table] = [table for table in tables([POLICY], tickets, now, month) if table.kind == kind]
    return [{**row, "tickets": [ref.removeprefix("desk:") for ref in row["tickets"]]} for row in table.rows]


def outage(ident: str, begin: str, end: str | None, affected: str = "all") -> ReviewedTicket:
    facts = {"affected": affected, "outage_started": begin} | ({"outage_ended": end} if end else {})
    return seen(ticket(ident, facts=facts))


def test_outages_that_overlap_count_once_and_each_month_for_itself() -> None:
    found = rows(
        "availability",
        outage("1", "2026-03-10T10:00:00Z", "2026-03-10T12:00:00Z"),
        outage("2", "2026-03-10T11:00:00Z", "2026-03-10T13:00:00Z"),
        outage("3", "2026-03-31T23:00:00Z", "2026-04-01T05:00:00Z"),
        outage("4", "2026-03-11T00:00:00Z", "2026-03-15T00:00:00Z", affected="individual"),
    )
    march, april = found
    assert (march["month"], march["downtime_min"], march["breached"], march["tickets"]) == (
        "2026-03",
        240,
        True,
        ["1", "2", "3"],
    )
    assert (april["month"], april["downtime_min"], april["breached"], april["tickets"]) == ("2026-04", 300, True, ["3"])


def test_an_outage_that_lasts_counts_until_now() -> None:
    [_, april] = rows("availability", outage("1", "2026-04-09T22:00:00Z", None))
    assert (april["downtime_min"], april["breached"]) == (120, False)
    assert april["budget_left_min"] == pytest.approx(30 * 1440 * 0.005 - 120, abs=0.01)


def test_only_a_window_that_was_used_is_taken_out() -> None:
    """Saturday 14 March 10:00 to 15:00 in New York is 14:00 to 19:00 UTC."""
    down = outage("1", "2026-03-14T13:00:00Z", "2026-03-14T20:00:00Z")
    assert rows("availability", down, month="2026-03")[0]["downtime_min"] == 420
    planned = {"planned_start": "2026-03-14T15:00:00Z", "planned_end": "2026-03-14T16:00:00Z"}
    change = seen(ticket("2", type="change", facts=planned))
    assert rows("availability", down, change, month="2026-03")[0]["downtime_min"] == 120
    other = seen(ticket("2", type="incident", facts=planned))
    assert rows("availability", down, other, month="2026-03")[0]["downtime_min"] == 420


@pytest.mark.parametrize("begin", ["soon", "2026-03-10T10:00:00", ""])
def test_a_begin_that_cannot_be_read_is_no_outage(begin: str) -> None:
    assert rows("availability", outage("1", begin, None), month="2026-03")[0]["downtime_min"] == 0


def conversation(ident: str, *waits: int, created: datetime = START, **values: Any) -> Ticket:
    """Each wait: minutes from a customer's message to its answer; an hour between the two."""
    entries: list[Message] = []
    at = created
    for wait in waits:
        entries.append(Message(at=at, actor=CLIENT, public=True))
        entries.append(Message(at=at + timedelta(minutes=wait), actor=AGENT, public=True))
        at += timedelta(minutes=wait + 60)
    return ticket(ident, created, timeline=entries, **values)


def test_clocks_are_measured_with_and_without_a_target() -> None:
    tickets = [seen(conversation(str(n), n * 10, 5)) for n in range(1, 11)]
    first, reply = rows("clock_metrics", *tickets)
    assert (first["clock"], first["plan"], first["priority"], first["month"]) == (
        "first_response",
        "premium",
        "urgent",
        "2026-03",
    )
    assert (first["count"], first["median_s"], first["p90_s"]) == (10, 55 * 60, 90 * 60)
    assert first["attainment_percent"] == 30, "10, 20 and 30 minutes are within half an hour"
    assert (reply["clock"], reply["count"], reply["attainment_percent"]) == ("reply", 20, None)
    assert reply["median_s"] == 450, "half of the waits were five minutes, the shortest of the others ten"
    assert first["tickets"] == sorted(map(str, range(1, 11)))


def test_clocks_are_grouped_by_plan_priority_and_month() -> None:
    found = rows(
        "clock_metrics",
        seen(conversation("1", 10)),
        seen(conversation("2", 10), plan=None),
        seen(conversation("3", 10, facts={"affected": "individual"})),
        seen(conversation("4", 10, created=START + timedelta(days=31))),
    )
    groups = {(row["month"], row["plan"], row["priority"]): row["tickets"] for row in found if row["clock"] == "reply"}
    assert groups == {
        ("2026-03", "premium", "urgent"): ["1"],
        ("2026-03", "none", "urgent"): ["2"],
        ("2026-03", "premium", "low"): ["3"],
        ("2026-04", "premium", "urgent"): ["4"],
    }


def test_an_unanswered_breach_counts_in_the_attainment() -> None:
    [row] = rows("clock_metrics", seen(ticket("1")))
    assert (row["clock"], row["count"], row["median_s"], row["attainment_percent"]) == ("first_response", 0, None, 0)


def scored(ident: str, score: FactValue, **values: Any) -> ReviewedTicket:
    given = Changed(at=START + timedelta(days=40), actor=CLIENT, field="fact:score", old=None, new=score)
    facts = {"affected": "all", "score": score}
    return seen(ticket(ident, facts=facts, timeline=[given], **values))


def test_scores_stand_with_their_tickets_in_the_month_in_which_they_were_given() -> None:
    found = rows("satisfaction", scored("1", 4), scored("2", 5), scored("3", "good", type="change"), seen(ticket("4")))
    assert found == [
        {
            "month": "2026-04",
            "type": "change",
            "priority": "urgent",
            "count": 1,
            "mean": None,
            "scores": {"good": 1},
            "tickets": ["3"],
        },
        {
            "month": "2026-04",
            "type": "incident",
            "priority": "urgent",
            "count": 2,
            "mean": 4.5,
            "scores": {"4": 1, "5": 1},
            "tickets": ["1", "2"],
        },
    ]


def test_the_shares_of_the_channels_of_a_month_make_a_whole() -> None:
    channels = (Channel.PORTAL, Channel.PORTAL, Channel.PORTAL, Channel.EMAIL)
    found = rows("channels", *(seen(ticket(str(n), channel=channel)) for n, channel in enumerate(channels)))
    assert [(row["channel"], row["share_percent"], row["tickets"]) for row in found] == [
        ("email", 25, ["3"]),
        ("portal", 75, ["0", "1", "2"]),
    ]


def keep(store: SqlStore, each: ReviewedTicket) -> None:
    """Record it as a review does."""
    store.wake(each.ticket.ref, NOW, "command")
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    ident = f"review-{each.ticket.ref.id}-{each.ticket.version}"
    review = Review(
        ident, each.ticket.ref, NOW, "command", "nothing",
        ticket=each.ticket, account=each.account, decision=each.decision, pack=each.policy.source,
    )  # fmt: skip
    assert store.finish(claim, review, confirmed=(), due=None)


def test_a_report_is_made_from_what_reviews_saw_last(sqlite_store: SqlStore) -> None:
    keep(sqlite_store, seen(ticket("1", version="1", channel="email")))
    keep(sqlite_store, seen(ticket("1", version="2", channel="portal")))
    keep(sqlite_store, seen(ticket("2", version="1", channel="email")))
    found = rows("channels", *report_input(sqlite_store))
    assert [(row["channel"], row["count"]) for row in found] == [("email", 1), ("portal", 1)]


def test_the_command_prints_them(sqlite_store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack, config = tmp_path / "pack.yaml", tmp_path / "policybridge.yaml"
    pack.write_text(json.dumps(POLICY.source))
    config.write_text(json.dumps({"policy": str(pack), "connections": {"desk": {"vendor": "zendesk"}}}))
    monkeypatch.setenv("POLICYBRIDGE_CONFIG", str(config))
    monkeypatch.setenv("POLICYBRIDGE_DATABASE_URL", f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    keep(sqlite_store, outage("1", "2026-03-10T10:00:00Z", "2026-03-10T12:00:00Z"))
    plain = CliRunner().invoke(cli, ["report", "--month", "2026-03"])
    assert plain.exit_code == 0, plain.output
    assert "Availability  (maas360, MA-01)" in plain.output
    assert "desk:1" in plain.output
    made = json.loads(CliRunner().invoke(cli, ["report", "--month", "2026-03", "--json"]).output)
    assert [table["kind"] for table in made] == ["availability", "clock_metrics", "satisfaction", "channels"]
    assert made[0]["rows"][0]["downtime_min"] == 120
    wrong = CliRunner().invoke(cli, ["report", "--month", "March"])
    assert wrong.exit_code == 2


def test_the_page_shows_every_table_and_leads_to_the_tickets(
    sqlite_store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text(json.dumps(POLICY.source))
    configuration = Configuration.model_validate({"policy": str(pack), "connections": {"desk": {"vendor": "zendesk"}}})
    keep(sqlite_store, outage("1", "2026-03-10T10:00:00Z", "2026-03-10T12:00:00Z"))
    keep(sqlite_store, scored("2", "<b>good</b>"))
    browser = Installation(configuration, sqlite_store, lambda: NOW).app().test_client()
    page = browser.get("/reports").get_data(as_text=True)
    for name in ("Availability", "Times", "Scores", "Channels"):
        assert name in page
    assert '<a href="/tickets/desk/1">#1</a>' in page
    assert "<b>good</b>" not in page
    march = browser.get("/reports?month=2026-03").get_data(as_text=True)
    assert "2026-04" not in march.partition("<main")[2]
    assert browser.get("/reports?month=March").status_code == 404
    assert "/reports" in browser.get("/").get_data(as_text=True), "the way there is in the head of each page"
