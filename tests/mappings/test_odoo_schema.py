"""Which helpdesk it is, what its fields take, and which names in a connection mean what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.errors import InputError
from bridge.ticket import Status
from mappings.connection import Connection
from mappings.odoo.schema import HelpdeskCatalog, Schema, WritableField

from .odoo_records import (
    AWAITING,
    CANCELLED,
    COMMUNITY_FIELDS,
    DIRECTORY,
    DONE,
    ENTERPRISE_FIELDS,
    NEW,
    PROGRESS,
    SHARED_FIELDS,
    STAGES,
    WIRED,
    stage,
)


def connection(**words: Any) -> Connection:
    return Connection.model_validate({"vendor": "odoo", **words})


def test_the_fields_tell_the_two_helpdesks_apart() -> None:
    assert Schema.of(COMMUNITY_FIELDS).flavour == "community"
    assert Schema.of(ENTERPRISE_FIELDS).flavour == "enterprise"
    with pytest.raises(InputError, match=r"community: number, unattended; enterprise: sla_status_ids, ticket_ref"):
        Schema.of(SHARED_FIELDS)


def test_what_is_read_of_a_ticket_is_what_the_database_has() -> None:
    fields = DIRECTORY.schema.ticket_fields(WIRED)
    assert set(fields) == set(COMMUNITY_FIELDS) - {"x_severity", "unattended"}
    assert len(fields) == len(set(fields))
    assert "number" not in Schema.of(ENTERPRISE_FIELDS).ticket_fields(connection())


def test_a_field_that_is_not_there_is_named_with_what_is_near() -> None:
    with pytest.raises(InputError, match=r"facts\.impact: helpdesk\.ticket has no field x_impakt; similar: x_impact"):
        DIRECTORY.schema.ticket_fields(connection(facts={"impact": {"field": "x_impakt"}}))


def test_what_the_bridge_can_write_follows_from_the_fields() -> None:
    schema = DIRECTORY.schema
    assert schema.known_fields(connection()) == {"severity", "next_due_at", "closure_at", "audience"}
    named = connection(fields={"clause": "x_severity"}, facts={"impact": {"field": "x_impact"}}, groups={"japanese": 3})
    assert schema.known_fields(named) == schema.known_fields(connection()) | {"clause", "impact", "group"}
    bare = {name: about for name, about in COMMUNITY_FIELDS.items() if not name.startswith("x_policy_")}
    assert Schema.of(bare).known_fields(connection()) == frozenset()


def test_the_field_behind_a_name() -> None:
    schema = DIRECTORY.schema
    own = schema.target("severity", connection())
    assert own
    assert (own.name, own.type) == ("x_policy_severity", "char")
    named = schema.target("severity", connection(fields={"severity": "x_severity"}))
    assert named
    assert named.name == "x_severity"
    fact = schema.target("impact", WIRED)
    assert fact
    assert (fact.name, fact.written("major"), fact.read("hi")) == ("x_impact", "hi", "major")
    assert schema.target("clause", connection()) is None


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


def test_a_selection_takes_its_values_its_labels_and_what_is_translated() -> None:
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
    by_id = DIRECTORY.resolve(connection(tiers={1: 2}, forms={"incident": "incident"}, brands={"main": 1}))
    assert (by_id.tiers, by_id.forms, by_id.brands) == ({1: [2]}, {"incident": 1}, {"main": 1})
    assert DIRECTORY.resolve(by_id) == by_id


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"tiers\.1: there is no team 'Tier 9'; found: Tier 1 \(1\), Tier 2 \(2\)"):
        DIRECTORY.resolve(connection(tiers={1: "Tier 9"}))
    with pytest.raises(InputError, match=r"groups\.x: there is no team 9; found: Tier 1"):
        DIRECTORY.resolve(connection(groups={"x": 9}))


def test_a_name_that_two_have_is_refused() -> None:
    twice = replace(DIRECTORY, stages=[*STAGES, stage(9, "done", closed=True)])
    with pytest.raises(InputError, match=r"statuses\.solved: more than one stage is called 'Done'; use its id; found"):
        twice.resolve(connection(statuses={"solved": "Done"}))
    assert twice.resolve(connection(statuses={"solved": 9})).statuses == {Status.SOLVED: [9]}


def test_one_team_under_its_name_and_its_id_is_there_twice() -> None:
    with pytest.raises(InputError, match="each id once under tiers; 1 is listed twice"):
        DIRECTORY.resolve(connection(tiers={1: "Tier 1", 2: 1}))


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
    assert DIRECTORY.stage_for(status, WIRED) == found


def test_a_stage_is_written_only_where_the_team_has_it() -> None:
    theirs = [stage(4, "Done here", closed=True, sequence=1, team_ids=[2]), stage(5, "Done", closed=True, sequence=9)]
    catalog = HelpdeskCatalog(DIRECTORY.schema, theirs, [], {}, {})
    assert [catalog.stage_for(Status.SOLVED, connection(), team) for team in (0, 1, 2)] == [5, 5, 4]
    archived = HelpdeskCatalog(DIRECTORY.schema, [stage(4, "Done", closed=True, active=False)], [], {}, {})
    assert archived.stage_for(Status.SOLVED, connection()) is None
    named = connection(statuses={"solved": CANCELLED})
    assert DIRECTORY.stage_for(Status.SOLVED, named) == CANCELLED


def test_several_tags_may_read_alike() -> None:
    assert list(DIRECTORY.tag_ids("policy_overdue")) == [2, 5]
    assert list(DIRECTORY.tag_ids("policy_none")) == []


def test_a_directory_knows_whether_stages_send_mail() -> None:
    assert not DIRECTORY.mails_on_stages
    assert replace(DIRECTORY, stages=[stage(1, "New", template_id=3)]).mails_on_stages
