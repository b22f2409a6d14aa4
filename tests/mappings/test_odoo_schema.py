"""The detection of the helpdesk, the values its fields accept, and the names in a connection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.decision import Fact, Field, SystemField
from bridge.errors import InputError
from bridge.ticket import Status
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.fields import WritableField
from mappings.odoo.schema import Schema

from .odoo_records import (
    AWAITING,
    CANCELLED,
    CATALOG,
    COMMUNITY_FIELDS,
    DONE,
    ENTERPRISE_FIELDS,
    NEW,
    PROGRESS,
    SHARED_FIELDS,
    STAGES,
    WIRED,
    stage,
)


def connection(**settings: Any) -> Connection:
    return Connection.model_validate({"vendor": "odoo", **settings})


def test_the_fields_tell_the_two_helpdesks_apart() -> None:
    assert Schema.of(COMMUNITY_FIELDS).flavour == "community"
    assert Schema.of(ENTERPRISE_FIELDS).flavour == "enterprise"
    with pytest.raises(InputError, match=r"community: number, unattended; enterprise: sla_status_ids, ticket_ref"):
        Schema.of(SHARED_FIELDS)


def test_only_existing_fields_of_a_ticket_are_read() -> None:
    fields = CATALOG.schema.ticket_fields(WIRED)
    assert set(fields) == set(COMMUNITY_FIELDS) - {"x_severity", "unattended"}
    assert len(fields) == len(set(fields))
    assert "number" not in Schema.of(ENTERPRISE_FIELDS).ticket_fields(connection())


def test_a_missing_field_is_reported_with_similar_names() -> None:
    wiring = connection(type={"field": "x_impakt"})
    assert CATALOG.schema.missing_fields(wiring) == {
        "type": "type: helpdesk.ticket has no field x_impakt; similar: x_impact"
    }
    assert "x_impakt" not in CATALOG.schema.ticket_fields(wiring)


def test_a_fact_without_its_field_keeps_nobody_from_reading_the_ticket() -> None:
    wiring = connection(facts={"impact": {"field": "x_impakt"}, "device": {"tags": {"vip": "phone"}}})
    assert "x_impakt" not in CATALOG.schema.ticket_fields(wiring)
    assert CATALOG.schema.missing_facts(wiring) == {"impact": "helpdesk.ticket has no field x_impakt"}


def test_the_writable_fields_follow_from_the_database() -> None:
    schema = CATALOG.schema
    assert schema.known_fields(connection()) == {*map(Field, ("severity", "next_due_at", "closure_at", "audience"))}
    named = connection(fields={"clause": "x_severity"}, facts={"impact": {"field": "x_impact"}}, groups={"japanese": 3})
    assert schema.known_fields(named) == schema.known_fields(connection()) | {
        Field("clause"),
        Fact("impact"),
        SystemField.GROUP,
    }
    bare = {name: about for name, about in COMMUNITY_FIELDS.items() if not name.startswith("x_policy_")}
    assert Schema.of(bare).known_fields(connection()) == frozenset()


def test_the_field_behind_a_name() -> None:
    schema = CATALOG.schema
    own = schema.target(Field("severity"), connection())
    assert own
    assert (own.name, own.type) == ("x_policy_severity", "char")
    named = schema.target(Field("severity"), connection(fields={"severity": "x_severity"}))
    assert named
    assert named.name == "x_severity"
    fact = schema.target(Fact("impact"), WIRED)
    assert fact
    assert (fact.name, fact.written("major"), fact.read("hi")) == ("x_impact", "hi", "major")
    assert schema.target(Field("clause"), connection()) is None


@pytest.mark.parametrize(
    ("kind", "text", "raw", "read"),
    [
        ("char", "S1", "S1", "S1"),
        ("char", "", False, None),
        ("datetime", "2026-03-02T09:30:00Z", "2026-03-02 09:30:00", "2026-03-02T09:30:00Z"),
        ("datetime", "2026-03-02T18:30:00+09:00", "2026-03-02 09:30:00", "2026-03-02T09:30:00Z"),
        ("datetime", "", False, None),
        ("date", "2026-03-02", "2026-03-02", "2026-03-02"),
        ("integer", "12", 12, "12"),
        ("integer", "", False, None),
        ("float", "1.5", 1.5, "1.5"),
        ("boolean", "true", True, "true"),
        ("boolean", "no", False, "false"),
        ("html", "<b>x</b>", "<b>x</b>", "x"),
    ],
)
def test_a_text_goes_into_a_field_and_comes_back(kind: str, text: str, raw: object, read: str | None) -> None:
    field = WritableField("x_any", kind)
    assert field.written(text) == raw
    assert field.read(raw) == read


def test_a_selection_accepts_its_values_its_labels_and_translated_values() -> None:
    field = WritableField("x_sev", "selection", {"a": "Critical", "b": "Minor"}, {"S4": "b"})
    assert [field.written(text) for text in ("a", "critical", "S4", "")] == ["a", "a", "b", False]
    assert [field.read(raw) for raw in ("a", "b", False)] == ["a", "S4", None]
    with pytest.raises(ValueError, match="x_sev has the options a, b, not 'S1'; translate it with `values`"):
        field.written("S1")


@pytest.mark.parametrize(("kind", "text"), [("datetime", "soon"), ("integer", "many"), ("float", "many")])
def test_a_text_that_does_not_fit_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        WritableField("x_any", kind).written(text)


def test_names_become_ids() -> None:
    assert WIRED.tiers == {1: [1], 2: [2, 3]}
    assert WIRED.groups == {"japanese": 3}
    assert WIRED.statuses == {Status.IN_PROGRESS: [PROGRESS], Status.WAITING_CUSTOMER: [AWAITING]}
    by_id = CATALOG.resolve(connection(tiers={1: 2}, forms={"incident": "incident"}, brands={"main": 1}))
    assert (by_id.tiers, by_id.forms, by_id.brands) == ({1: [2]}, {"incident": 1}, {"main": 1})
    assert CATALOG.resolve(by_id) == by_id


def test_an_unknown_name_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(InputError, match=r"tiers\.1: there is no team 'Tier 9'; found: Tier 1 \(1\), Tier 2 \(2\)"):
        CATALOG.resolve(connection(tiers={1: "Tier 9"}))
    with pytest.raises(InputError, match=r"groups\.x: there is no team 9; found: Tier 1"):
        CATALOG.resolve(connection(groups={"x": 9}))


def test_an_ambiguous_name_is_refused() -> None:
    twice = replace(CATALOG, stages=[*STAGES, stage(9, "done", closed=True)])
    with pytest.raises(InputError, match=r"statuses\.solved: more than one stage is called 'Done'; use its id; found"):
        twice.resolve(connection(statuses={"solved": "Done"}))
    assert twice.resolve(connection(statuses={"solved": 9})).statuses == {Status.SOLVED: [9]}


def test_one_team_under_its_name_and_its_id_is_there_twice() -> None:
    with pytest.raises(InputError, match="each id once under tiers; 1 is listed twice"):
        CATALOG.resolve(connection(tiers={1: "Tier 1", 2: 1}))


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (Status.NEW, NEW),
        (Status.OPEN, None),
        (Status.IN_PROGRESS, PROGRESS),
        (Status.WAITING_CUSTOMER, AWAITING),
        (Status.WAITING_INTERNAL, None),
        (Status.SOLVED, DONE),
    ],
)
def test_the_stage_to_write_for_a_status(status: Status, found: int | None) -> None:
    """Both stages between new and done are named for something else: none is left for ``open``."""
    assert CATALOG.stage_for(status, WIRED) == found


def test_a_stage_is_written_only_where_the_team_has_it() -> None:
    theirs = [stage(4, "Done here", closed=True, sequence=1, team_ids=[2]), stage(5, "Done", closed=True, sequence=9)]
    catalog = HelpdeskCatalog(CATALOG.schema, theirs, [], {}, {})
    assert [catalog.stage_for(Status.SOLVED, connection(), team) for team in (0, 1, 2)] == [5, 5, 4]
    archived = HelpdeskCatalog(CATALOG.schema, [stage(4, "Done", closed=True, active=False)], [], {}, {})
    assert archived.stage_for(Status.SOLVED, connection()) is None
    named = connection(statuses={"solved": CANCELLED})
    assert CATALOG.stage_for(Status.SOLVED, named) == CANCELLED


def test_several_tags_can_have_the_same_slug() -> None:
    assert list(CATALOG.tag_ids("policy_overdue")) == [2, 5]
    assert list(CATALOG.tag_ids("policy_none")) == []


def test_the_catalog_knows_whether_stages_send_mail() -> None:
    assert not CATALOG.mails_on_stages
    assert replace(CATALOG, stages=[stage(1, "New", template_id=3)]).mails_on_stages
