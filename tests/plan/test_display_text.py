"""Text fields show people titles and sentences; nothing else changes, and older forms of a value are not fought."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from bridge.decision import Citation, DesiredValue, Field, Plan, Set
from bridge.decision.decision import Decision
from bridge.decision.display import role_titles, title, value_shown, with_sentence
from bridge.decision.records import RecordedAction
from bridge.plan import Ledger, plan
from bridge.plan.ledger import LedgerEntry
from bridge.ticket import Actor, Changed, Role, Ticket, TicketRef, own_field
from mappings.connection import Connection
from mappings.field_sources import FieldTarget
from mappings.history_diff import BridgeWrite, LastChange, with_observed_changes
from mappings.odoo.fields import WritableField
from mappings.zendesk.custom_fields import CustomField, custom_fields
from mappings.zendesk.update import to_update

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
CITE = Citation(pack="acme", version="1", clause="AC-3")
CLAUSE, SENTENCE = "AC-3", "AC-3: Times of response: by level"
NEXT = {"field": "next_due", "value": "first_response", "shown": "First response"}
GOVERNING = {"field": "clause", "value": CLAUSE, "shown": SENTENCE}
BOTH: list[dict[str, Any]] = [NEXT, GOVERNING]


def desired(about: dict[str, Any]) -> DesiredValue:
    target = Field(about["field"])
    return DesiredValue(
        cite=CITE, target=target, value=about["value"], shown=about["shown"], since=AT, key=f"k/{about['field']}"
    )


def ticket(**fields: str) -> Ticket:
    return Ticket(ref=TicketRef(connection="acme", id="7"), created_at=AT, version="1", fields=fields)


def planned(found: Ticket, *wanted: DesiredValue, confirmed: bool = False) -> Plan:
    decision = Decision(ref=found.ref, at=AT, pack="acme", version="1", digest="d", level=None, desired=wanted)
    entries = [LedgerEntry(action=want.action(), at=AT, confirmed=True) for want in wanted] if confirmed else []
    return plan(decision, found, Ledger(entries, found))


def test_names_are_titles_and_clauses_have_their_sentence() -> None:
    assert title("first_response") == "First response"
    assert role_titles(["account_manager", "coo"]) == "Account Manager, COO"
    assert with_sentence("AC-3", "Times of\nresponse: by level") == SENTENCE
    assert with_sentence("AC-3", "") == value_shown("clause", SENTENCE) == "AC-3"
    assert value_shown("severity", "P1: down") == "P1: down"


@pytest.mark.parametrize("shown", ["First response", "first_response", "FIRST RESPONSE"])
def test_the_title_and_the_older_form_are_the_same_value(shown: str) -> None:
    """So an upgrade rewrites nothing, and nobody is said to have overridden anything."""
    for confirmed in (False, True):
        assert planned(ticket(next_due=shown), desired(NEXT), confirmed=confirmed) == Plan()


def test_an_emptied_display_field_is_filled_again() -> None:
    """It was deleted in the helpdesk and made again: every ticket has lost what it showed."""
    found = planned(ticket(clause=CLAUSE), desired(NEXT), desired(GOVERNING), confirmed=True)
    assert [(action.target, action.value) for action in found.actions if isinstance(action, Set)] == [
        (Field("next_due"), "first_response")
    ]
    assert found.findings == ()


@pytest.mark.parametrize("role", [Role.AGENT, Role.SYSTEM])
def test_a_display_field_that_somebody_emptied_stays_empty(role: Role) -> None:
    """A person, or a rule of the helpdesk that answers each of our writes."""
    emptied = Changed(at=AT, actor=Actor(role=role), field="field:next_due", old="First response", new=None)
    found = planned(ticket().model_copy(update={"timeline": (emptied,)}), desired(NEXT), confirmed=True)
    assert [finding.code for finding in found.findings] == ["overridden"]
    assert found.actions == ()


def test_another_value_is_a_persons() -> None:
    found = planned(ticket(next_due="Call them"), desired(NEXT), confirmed=True)
    assert [finding.code for finding in found.findings] == ["overridden"]


def test_records_of_actions_keep_what_is_shown() -> None:
    action = desired(GOVERNING).action()
    recorded: TypeAdapter[Any] = TypeAdapter(RecordedAction)
    assert recorded.validate_python(json.loads(recorded.dump_json(action))) == action
    assert "shown" not in json.loads(recorded.dump_json(Set(cite=CITE, target=Field("clause"), value="x", key="k")))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (WritableField("x_clause", "char", canonical="clause"), SENTENCE),
        (WritableField("x_clause", "text", canonical="clause"), SENTENCE),
        (WritableField("x_clause", "char", canonical="clause", size=8), CLAUSE),
        (WritableField("x_clause", "char", canonical="clause", values={CLAUSE: "three"}), "three"),
        (WritableField("x_clause", "selection", canonical="clause", options={"ac-3": "AC 3"}), "ac-3"),
    ],
)
def test_only_a_text_of_odoo_shows_the_sentence(field: WritableField, expected: str) -> None:
    assert field.written(CLAUSE, SENTENCE) == expected
    assert str(field.read(expected)).upper() == CLAUSE


def test_our_own_log_explains_the_title_in_a_field_of_odoo() -> None:
    bridge, agent = Actor(role=Role.BRIDGE), Actor(role=Role.AGENT)
    before = with_observed_changes(ticket(), None, LastChange(AT, agent), bridge=bridge)
    write = BridgeWrite(AT, ("k",), {own_field("next_due"): "first_response"})
    found = with_observed_changes(
        ticket(next_due="First response"), before, LastChange(AT, agent), bridge=bridge, ours=[write]
    )
    changes = [entry for entry in found.timeline if isinstance(entry, Changed) and entry.field == "field:next_due"]
    assert [(change.actor.role, change.new) for change in changes] == [(Role.BRIDGE, "First response")]


# -- Zendesk, whose fields have a type that the configuration does not say

CONNECTION = Connection.model_validate({"vendor": "zendesk", "fields": {"severity": 61, "clause": 62, "next_due": 63}})
ROWS = [
    {
        "id": 61,
        "type": "tagger",
        "custom_field_options": [{"value": "p1"}, {"value": "p2"}],
    },
    {"id": 62, "type": "textarea"},
    {"id": 63, "type": "text"},
]


def zendesk_values(*actions: Any) -> tuple[dict[int, str | None], dict[str, str]]:
    update = to_update(ticket(), Plan(actions=actions), "r", CONNECTION, custom_fields(ROWS))
    return {each["id"]: each["value"] for each in update.ticket.get("custom_fields", [])}, update.refused


def test_text_fields_of_zendesk_show_titles_and_dropdowns_get_their_option() -> None:
    level = Set(cite=CITE, target=Field("severity"), value="P1", key="k/severity")
    found, refused = zendesk_values(level, *(desired(about).action() for about in BOTH))
    assert (found, refused) == ({61: "p1", 62: SENTENCE, 63: "First response"}, {})


def test_a_value_that_is_no_option_is_refused_and_names_the_options() -> None:
    found, refused = zendesk_values(Set(cite=CITE, target=Field("severity"), value="Sev 1", key="k"))
    assert not found
    assert refused == {"k": "field 61 has the options p1, p2, not 'Sev 1'; translate it with `values`"}


def test_a_field_of_which_nothing_is_known_gets_the_value_itself() -> None:
    assert CustomField().written(FieldTarget(field=61), "P1", "shown") == "P1"
    assert CustomField("text").written(FieldTarget(field=61), "") is None
