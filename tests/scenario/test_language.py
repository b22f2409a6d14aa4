"""The language of scenarios: what a scenario may say, and how a wrong word is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.values import read_when
from bridge.ticket import Channel, Priority, Role, Status

LoadScenario = Callable[[str], ResolvedScenario]
CREATED = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_scenario_may_use_every_key(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("""
        name: all of it
        overrides: {version: "4"}
        account:
          name: Acme
          plan: premium
          time_zone: Europe/Berlin
          agreed_languages: [en]
          contacts: [Pat@Acme.example]
          management: [boss@acme.example]
          roles: {customer_service_manager: csm@vendor.example, night_watch: nw@vendor.example}
          support: {starts: 2026-01-01, ends: 2026-12-31}
          onboarding: support_initiated
          calendar: {time_zone: America/New_York, hours: {mon-fri: ["08:00-20:00"]}, holidays: [2026-12-25]}
          open_tickets: [{id: 7, subject: Console down}]
        ticket:
          id: 1
          at: 2026-03-02T09:00:00+01:00
          channel: phone
          type: incident
          requester: {email: pat@acme.example, locale: en-US}
          subject: "Console down"
          priority: high
          facts: {impact: major, grade: 1, vip: true, users: 12, outage_started: +5m, details: 17:00}
    """)
    ticket, account = scenario.ticket, scenario.account
    assert scenario.policy.version == "4"
    assert (ticket.created_at, ticket.channel, ticket.priority) == (CREATED, Channel.PHONE, Priority.HIGH)
    assert (ticket.ref.id, ticket.account, ticket.status, ticket.tier) == ("1", "Acme", Status.NEW, 2)
    assert ticket.facts == {
        "impact": "major",
        "grade": "1",
        "vip": True,
        "users": 12,
        "outage_started": "2026-03-02T08:05:00Z",
        "details": "17:00",
    }
    assert account is not None
    assert account.contacts == {"pat@acme.example"}
    assert account.calendar is not None
    assert scenario.policy.calendar_for(None, account).always
    assert account.open_tickets[0].ref.id == "7"


def test_few_keys_are_required(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("")
    assert (scenario.name, scenario.account, scenario.ticket.tier) == ("scenario", None, 2)
    assert scenario.until == CREATED + timedelta(hours=6)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("+30m", timedelta(minutes=30)),
        ("+4h", timedelta(hours=4)),
        ("+2d", timedelta(days=2)),
        ("+5h30m", timedelta(hours=5, minutes=30)),
        ("+0m", timedelta()),
    ],
)
def test_times_are_elapsed_since_creation(load_scenario: LoadScenario, text: str, after: timedelta) -> None:
    assert load_scenario(f"until: {text}").until == CREATED + after


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))
def test_any_aware_time_is_the_same_instant_in_utc(at: datetime) -> None:
    at = at.astimezone(UTC).replace(microsecond=0)
    assert read_when(at.astimezone(at.tzinfo).isoformat()) == at
    assert read_when(at.isoformat().replace("+00:00", "Z")) == at


def test_events_come_in_order_of_time_and_then_of_the_file(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("""
        events:
          - {at: +2h, by: agent, note: third}
          - {at: +1h, by: agent, note: first}
          - {at: 2026-03-02T10:00:00+01:00, by: agent, note: second}
    """)
    assert [event.note for _, event in scenario.events] == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("actor_name", "role"),
    [
        ("customer", Role.CUSTOMER),
        ("agent", Role.AGENT),
        ("bridge", Role.BRIDGE),
        ("Pat@acme.example", Role.CUSTOMER),
        ("named@partner.example", Role.CUSTOMER),
        ("boss@acme.example", Role.CUSTOMER),
        ("colleague@acme.example", Role.CUSTOMER),
        ("resident@acme.example", Role.AGENT),
        ("someone@vendor.example", Role.AGENT),
    ],
)
def test_who_somebody_is_follows_from_the_account(load_scenario: LoadScenario, actor_name: str, role: Role) -> None:
    scenario = load_scenario("""
        account:
          contacts: [named@partner.example]
          management: [boss@acme.example]
          roles: {account_manager: resident@acme.example}
        ticket: {at: 2026-03-02T08:00:00Z, requester: {email: pat@acme.example}}
    """)
    assert scenario.actor(actor_name.lower()).role is role


@pytest.mark.parametrize(
    ("actor_name", "role"),
    [
        ("bob@vendor.example", Role.CUSTOMER),
        ("ann@vendor.example", Role.AGENT),
        ("lee@helpdesk.example", Role.AGENT),
        ("ack@carrier.example", Role.OTHER),
        ("other", Role.OTHER),
        ("system", Role.SYSTEM),
    ],
)
def test_whoever_asks_is_the_customer_and_a_third_person_is_nobody(
    load_scenario: LoadScenario, actor_name: str, role: Role
) -> None:
    scenario = load_scenario("""
        ticket: {at: 2026-03-02T08:00:00Z, requester: {email: bob@vendor.example}, assignee: ann@vendor.example}
        events: [{at: +1h, by: agent, set: {assignee: kim@helpdesk.example}}]
    """)
    assert scenario.actor(actor_name).role is role


@pytest.mark.parametrize(
    ("back_at", "zone", "expected"),
    [
        ("2026-03-09", "Europe/Berlin", (datetime(2026, 3, 8, 23, tzinfo=UTC), True)),
        ("2026-07-09", "Europe/Berlin", (datetime(2026, 7, 8, 22, tzinfo=UTC), True)),
        ("2026-03-09T10:00:00Z", "Europe/Berlin", (datetime(2026, 3, 9, 10, tzinfo=UTC), False)),
        ("+1d", "Europe/Berlin", (CREATED + timedelta(days=1), False)),
    ],
)
def test_a_return_date_is_the_start_of_that_day_for_the_customer(
    load_scenario: LoadScenario, back_at: str, zone: str, expected: tuple[datetime, bool]
) -> None:
    scenario = load_scenario(f"""
        account: {{time_zone: {zone}}}
        events: [{{at: +1h, by: customer, reply: away, auto_reply: true, back_at: {back_at}}}]
    """)
    assert scenario.back_at(scenario.events[0][1]) == expected


def test_without_an_account_a_day_begins_in_utc(load_scenario: LoadScenario) -> None:
    scenario = load_scenario("events: [{at: +1h, by: customer, reply: away, auto_reply: true, back_at: 2026-03-09}]")
    assert scenario.back_at(scenario.events[0][1]) == (datetime(2026, 3, 9, tzinfo=UTC), True)


GOOD = """\
name: n
policy: acme.yaml
ticket:
  at: 2026-03-02T08:00:00Z
  type: incident
  facts: {impact: major}
events:
  - {at: +1h, by: agent, set: {status: open, vip: false}}
until: +6h
expect:
  - {at: +1h, clause: AC-02, add_tag: policy_acme}
never:
  - {notify: on_call}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("name: n", "^nmae: n", "nmae: unknown key: found 'nmae'; allowed: name, policy, "),
        ("policy: acme.yaml", "policy: ^maas361", "policy: found policy 'maas361'; allowed: "),
        ("policy: acme.yaml", "policy: ^gone.yaml", "policy: gone.yaml: no such file"),
        ("name: n", "overrides: ^{titel: x}", "overrides: "),
        ("name: n", "account: {plan: ^gold}", "account.plan: found 'gold'; allowed: standard, premium"),
        ("name: n", "account: {time_zone: ^Mars}", "account.time_zone: found 'Mars'; "),
        ("name: n", "account: {roles: {^ceo: x@y.example}}", "account.roles.ceo: found 'ceo'; allowed: assignee, "),
        ("name: n", "account: {overrides: ^{titel: x}}", "account.overrides: "),
        (
            "  at: 2026-03-02T08:00:00Z",
            "  at: ^2026-03-02T08:00:00",
            "ticket.at: found '2026-03-02T08:00:00'; allowed: ",
        ),
        ("  at: 2026-03-02T08:00:00Z", "  at: ^+1h", "ticket.at: found '+1h'; allowed: a date-time with offset"),
        ("type: incident", "type: ^incidnet", "ticket.type: found 'incidnet'; allowed: incident, question; did you"),
        ("type: incident", "channel: ^fax", "ticket.channel: found 'fax'; allowed: phone, email, chat, web, portal"),
        ("type: incident", "priority: ^critical", "ticket.priority: found 'critical'; allowed: low, normal, high"),
        ("type: incident", "tier: ^4", "ticket.tier: found 4; allowed: less than or equal to 3"),
        ("{impact: major}", "{^impakt: major}", "ticket.facts.impakt: unknown fact: found 'impakt'; allowed: impact"),
        ("{impact: major}", "{impact: ^huge}", "ticket.facts.impact: found 'huge'; allowed: major, minor"),
        ("{impact: major}", "{vip: ^1}", "ticket.facts.vip: found 1; allowed: true, false"),
        ("{impact: major}", "{users: ^many}", "ticket.facts.users: found 'many'; allowed: a number"),
        ("{impact: major}", "{details: ^[a]}", "ticket.facts.details: found [a]; allowed: one value"),
        ("{impact: major}", "{outage_started: ^soon}", "ticket.facts.outage_started: found 'soon'; allowed: +30m"),
        ("at: +1h, by: agent", "at: ^1h, by: agent", "events[0].at: found '1h'; allowed: +30m, +4h, +2d, +5h30m or"),
        ("at: +1h, by: agent", "at: ^+5, by: agent", "events[0].at: found 5; allowed: +30m, +4h"),
        ("at: +1h, by: agent", "at: ^+2 business days, by: agent", "events[0].at: found '+2 business days'; allowed: "),
        (
            "at: +1h, by: agent",
            "at: ^2026-03-01T08:00:00Z, by: agent",
            "events[0].at: found 2026-03-01T08:00:00Z; allowed: from the creation",
        ),
        ("{at: +1h, by: agent", "^{by: agent", "events[0].at: found nothing; this key is required"),
        ("by: agent", "by: ^robot", "events[0].by: found 'robot'; allowed: customer, agent, bridge, other"),
        ("status: open", "status: ^opne", "events[0].set.status: found 'opne'; allowed: new, open"),
        ("status: open", "^staus: open", "events[0].set.staus: unknown fact: found 'staus'; allowed: status, "),
        ("status: open", "type: ^fault", "events[0].set.type: found 'fault'; allowed: incident, question"),
        ("vip: false", "vip: ^no", "events[0].set.vip: found 'no'; allowed: true, false"),
        ("vip: false}", "vip: false}, ^wiht: x", "events[0].wiht: unknown key: found 'wiht'; allowed: at, by, "),
        (
            "{at: +1h, by: agent, set: {status: open, vip: false}}",
            "^{at: +1h, by: agent}",
            "events[0]: found {at: +1h, by: agent}; allowed: at least one of reply, note",
        ),
        (
            "{at: +1h, by: agent, set:",
            "^{at: +1h, by: agent, with: x, set:",
            "events[0]: found {at: +1h, by: agent, with: x, set: {status: open, vip: fa...; allowed: with only",
        ),
        (
            "{at: +1h, by: agent, set:",
            "^{at: +1h, by: agent, auto_reply: true, set:",
            "events[0]: found {at: +1h, by: agent, auto_reply: true, set: {status: open...; allowed: auto_reply and",
        ),
        ("vip: false}", "vip: false}, request: ^a pony", "events[0].request: found 'a pony'; allowed: escalation"),
        ("vip: false}", "vip: false}, reply: x, back_at: ^later", "events[0].back_at: found 'later'; allowed: a date"),
        ("until: +6h", "until: ^+6", "until: found 6; allowed: +30m"),
        ("until: +6h", "until: ^+5000d", "until: found +5000d; allowed: from the creation"),
        ("until: +6h", "until: ^+9999999999999d", "until: found '+9999999999999d'; allowed: +30m"),
        ("clause: AC-02", "clause: ^AC-99", "expect[0].clause: found 'AC-99'; allowed: AC-01, AC-02"),
        (
            "add_tag: policy_acme",
            "add_tag: ^acme",
            "expect[0].add_tag: found 'acme'; allowed: any or a tag that begins with policy_, such as policy_acme",
        ),
        ("add_tag: policy_acme", "^ad_tag: policy_acme", "expect[0].ad_tag: unknown key: found 'ad_tag'; allowed: "),
        ("add_tag: policy_acme", "set_status: ^opn", "expect[0].set_status: found 'opn'; allowed: new, open"),
        (
            "{at: +1h, clause: AC-02, add_tag: policy_acme}",
            "^{at: +1h, clause: AC-02}",
            "expect[0]: found {at: +1h, clause: AC-02}; allowed: exactly one of set_priority, ",
        ),
        (
            "{at: +1h, clause: AC-02, add_tag: policy_acme}",
            "^{at: +1h, set_priority: low, add_tag: x}",
            "expect[0]: found {at: +1h, set_priority: low, add_tag: x}; allowed: exactly one action",
        ),
        ("clause: AC-02", "clause: ^AC-0", "expect[0].clause: found 'AC-0'; allowed: AC-01, AC-02, AC-03, AC-04;"),
        ("{notify: on_call}", "{notify: ^of_call}", "never[0].notify: found 'of_call'; allowed: assignee, on_call"),
        ("{notify: on_call}", "{at: ^-1h, notify: on_call}", "never[0].at: found '-1h'; allowed: +30m"),
    ],
)
def test_a_wrong_value_is_reported_with_its_place(
    scenario_file: Callable[[str], Path], right: str, wrong: str, message: str
) -> None:
    """``^`` marks the place that the message must name."""
    assert right in GOOD
    before, _, after = GOOD.replace(right, wrong).partition("^")
    path = scenario_file(before + after)
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    with pytest.raises(InputError) as caught:
        load_scenarios([path])
    assert str(caught.value).startswith(f"{path}:{line}:{column} {message}")


def test_a_missing_key_is_reported_where_it_is_missing(scenario_file: Callable[[str], Path]) -> None:
    path = scenario_file(GOOD.replace("until: +6h\n", "").replace("policy: acme.yaml\n", ""))
    with pytest.raises(InputError) as caught:
        load_scenarios([path])
    assert str(caught.value).splitlines() == [
        f"{path}:1:1 policy: found nothing; this key is required",
        f"{path}:1:1 until: found nothing; this key is required",
    ]


def test_the_clause_by_which_a_pack_governs_may_be_named_though_it_is_nowhere_listed(
    load_scenario: LoadScenario,
) -> None:
    assert load_scenario("expect: [{clause: AC-00, add_tag: policy_acme}]").written.expect[0].clause == "AC-00"


def test_the_scenario_of_these_tests_is_valid(scenario_file: Callable[[str], Path]) -> None:
    assert [scenario.name for scenario in load_scenarios([scenario_file(GOOD)])] == ["n"]


@pytest.mark.parametrize("joint", ["list", "documents"])
def test_a_file_holds_several_scenarios_and_one_error_stops_them_all(
    scenario_file: Callable[[str], Path], joint: str
) -> None:
    scenario = "{name: %s, policy: acme.yaml, ticket: {at: 2026-03-02T08:00:00Z}, until: %s}\n"
    texts = [scenario % ("one", "+1h"), scenario % ("two", "+2h"), scenario % ("three", "soon")]
    glue, lead = ("- ", "- ") if joint == "list" else ("---\n", "")
    path = scenario_file(lead + glue.join(texts[:2]))
    assert [found.name for found in load_scenarios([path])] == ["one", "two"]
    path = scenario_file(lead + glue.join(texts))
    with pytest.raises(InputError, match=r"until: found 'soon'; allowed"):
        load_scenarios([path])


def test_every_error_of_every_file_is_reported_at_once(scenario_file: Callable[[str], Path], tmp_path: Path) -> None:
    path = scenario_file(GOOD.replace("huge", "major").replace("type: incident", "type: x").replace("AC-02", "AC-88"))
    empty = tmp_path / "empty.yaml"
    empty.write_text("# no scenario yet\n")
    with pytest.raises(InputError) as caught:
        load_scenarios([path, empty, tmp_path / "gone.yaml"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert "5:9 ticket.type" in lines[0]
    assert "11:23 expect[0].clause" in lines[1]
    assert "empty.yaml: found no scenario" in lines[2]
    assert "gone.yaml: cannot be read" in lines[3]
