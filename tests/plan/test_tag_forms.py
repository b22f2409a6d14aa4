"""Names of a pack become tags in one form, whatever the pack writes: written once, recognised, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decision import Plan, Tag
from bridge.decision.targets import parse_target, target_text
from bridge.evaluate import evaluate
from bridge.plan import Ledger, LedgerEntry, plan, restrict
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.policy.written_tags import written_tags
from bridge.sandbox.zendesk.fields import normalized_subject
from bridge.ticket import Actor, Changed, Role, Ticket, TicketRef, tag_form
from mappings.connection import Connection
from mappings.zendesk.update import to_update
from mappings.zendesk.verification import UpdateResponse, verify

CREATED = datetime(2026, 3, 6, 9, tzinfo=UTC)
CONNECTION = Connection.model_validate({"vendor": "zendesk", "facts": {"grade": {"field": 1}}})
SPELLINGS = [("P1", "P2"), ("Sev 1", "Sev 2"), ("Größe, hoch!", "niedrig"), ("a/b", "C:D")]


def policy(*levels: str) -> Policy:
    source: dict[str, Any] = {
        "pack": "Acme Support",
        "title": "Acme",
        "version": "1",
        "effective": "2026-01-01",
        "ticket_types": ["incident"],
        "facts": {"grade": {"type": "choice", "values": list(levels)}},
        "calendars": {"always": {"clause": "S-1", "hours": "always"}},
        "severity": {
            "clause": "S-1",
            "levels": dict.fromkeys(levels, "high"),
            "rows": [{"level": level, "when": {"grade": level}} for level in levels],
        },
        "templates": {"severity": "Severity {level}.", "notify": "For {role}."},
        "clauses": {"S-1": {"heading": "Severity", "text": "All of it"}},
    }
    return Policy.of(source)


def ticket(grade: str, tags: frozenset[str] = frozenset(), **more: Any) -> Ticket:
    ref = TicketRef(connection="desk", id="1")
    return Ticket(ref=ref, created_at=CREATED, status="open", facts={"grade": grade}, tags=tags, **more)


def left_to_do(found: Ticket, rules: Policy, ledger: Ledger) -> Plan:
    todo = plan(evaluate(found, None, rules, CREATED + timedelta(minutes=5)), found, ledger)
    return restrict(todo, found, fields=CONNECTION.known_fields)


def write(found: Ticket, rules: Policy, ledger: Ledger) -> tuple[Ticket, list[LedgerEntry], dict[str, str]]:
    """The ticket as Zendesk keeps it after our update, what the store then knows, and what was not confirmed."""
    todo = left_to_do(found, rules, ledger)
    update = to_update(found, todo, "r1", CONNECTION)
    kept = sorted(normalized_subject(update.ticket.get("tags", found.tags)))
    values = {name: value for name, value in update.ticket.items() if name in ("priority", "status")}
    comment = {"type": "Comment", "public": False}
    audit = {"events": [comment], "metadata": {"custom": update.ticket.get("metadata", {})}}
    confirmed, unproven = verify(update.checks, UpdateResponse({"id": 1, "tags": kept, **values}, audit))
    entries = [LedgerEntry(action=a, at=CREATED, confirmed=a.key in confirmed) for a in todo.actions]
    after = found.model_copy(update={"tags": frozenset(kept), "priority": values.get("priority", found.priority)})
    return after, entries, unproven


@pytest.mark.parametrize("levels", SPELLINGS)
def test_a_level_of_any_spelling_is_one_tag_that_is_written_once_and_taken_back(levels: tuple[str, str]) -> None:
    rules, (first, second) = policy(*levels), levels
    found, entries, unproven = write(ticket(first), rules, Ledger())
    assert unproven == {}
    assert found.tags == {Tag(f"policy_severity_{first}").name, "policy_acme_support"}
    assert not left_to_do(found, rules, Ledger(entries))

    change = Changed(
        at=CREATED + timedelta(minutes=2), actor=Actor(role=Role.AGENT), field="fact:grade", old=first, new=second
    )
    found = found.model_copy(update={"facts": {"grade": second}, "timeline": (change,)})
    found, _, unproven = write(found, rules, Ledger(entries))
    assert unproven == {}
    assert found.tags == {Tag(f"policy_severity_{second}").name, "policy_acme_support"}


def test_a_tag_that_was_written_in_another_spelling_before_is_taken_back() -> None:
    rules = policy("P1", "P2")
    _, entries, _ = write(ticket("P1"), rules, Ledger())
    recorded = [entry.model_copy(update={"confirmed": True}) for entry in entries]
    assert parse_target("tag:policy_severity_P1") == Tag("policy_severity_p1")
    found = ticket("P2", frozenset({"policy_severity_p1", "policy_acme_support"}))
    after, _, _ = write(found, rules, Ledger(recorded))
    assert after.tags == {"policy_severity_p2", "policy_acme_support"}


def test_an_option_that_the_helpdesk_keeps_in_lower_case_is_the_value_of_the_policy() -> None:
    decision = evaluate(ticket("p1"), None, policy("P1", "P2"), CREATED)
    assert (decision.level, decision.findings) == ("P1", ())


def test_a_condition_may_spell_a_tag_as_people_do() -> None:
    source = policy("P1").source | {
        "reactions": [{"name": "vip", "clause": "S-1", "when": {"tags": ["VIP Customer"]}, "tags": ["Very Important"]}]
    }
    decision = evaluate(ticket("P1", frozenset({"vip_customer"})), None, Policy.of(source), CREATED)
    assert Tag("policy_very_important") in {desired.target for desired in decision.desired}


@pytest.mark.parametrize("pack", packs())
def test_what_install_creates_has_the_form_in_which_it_is_written(pack: str) -> None:
    rules = load_policy(pack)
    assert helpdesk_requirements([rules]).tags == {Tag(f"policy_{tag}").name for _, tag in written_tags(rules)}


@given(st.text(min_size=1))
def test_the_form_of_a_tag_is_kept_by_a_helpdesk_as_it_is(name: str) -> None:
    form = tag_form(f"policy_{name}")
    assert normalized_subject([form]) == {form}
    assert tag_form(form) == form
    assert parse_target(target_text(Tag(form))) == Tag(form)
