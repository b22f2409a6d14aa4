"""What can happen in a scenario: the events of which a pack takes notice, those that an edit concerns first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.policy.condition_space import allowed_values
from bridge.policy.model import Policy
from bridge.policy.rules.escalation import RELAXED_UPDATES
from bridge.ticket import Status

MANAGER = "boss@acme.example"
"""Of the customer: may authorise."""
_WAITING = frozenset({"awaiting_customer", "waiting", "waits_in", "paused_in", "met_in"})


class Frozen(dict[str, Any]):
    """A mapping that is never changed and can be a key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(self))


@dataclass(frozen=True)
class Word:
    """One thing that somebody does."""

    event: tuple[tuple[str, Any], ...]
    """Keys of an event of a scenario, ``at`` left out."""
    names: frozenset[str]
    """What a pack calls it, or what it is about."""

    def at(self, when: str) -> dict[str, Any]:
        """The event at a time."""
        return {"at": when, **dict(self.event)}


def words_of(policy: Policy) -> list[Word]:
    """Every event that a pack can tell apart, replies first."""
    return list(
        dict.fromkeys((*_contacts(), *status_words(policy), *_facts(policy), *_approvals(policy), *_others(policy)))
    )


def _word(names: str, by: str, **event: Any) -> Word:
    return Word((("by", by), *event.items()), frozenset(names.split()))


def _contacts() -> Iterator[Word]:
    yield _word("agent_message next_reply status_update any_agent_event met_by", "agent", reply="We are working on it")
    yield _word("customer_message customer_reply status_after_reply waiting reply", "customer", reply="Here you are")
    yield _word("phone_contact call any_agent_event", "agent", phone_contact=True)
    yield _word("auto_reply", "customer", reply="I am out of office", auto_reply=True)
    yield _word("agent_note any_agent_event note", "agent", note="Looked at it")
    yield _word("escalation on_request request", "customer", request="escalation")
    yield _word("confirm closure confirmation resolution", "customer", confirm="resolution")


def status_words(policy: Policy) -> Iterator[Word]:
    """The statuses that an agent can give a ticket."""
    labels = policy.statuses.labels if policy.statuses else {}
    for status in Status:
        if status is not Status.NEW and (not labels or status in labels):
            yield Word(
                (("by", "agent"), ("set", Frozen({"status": status.value}))),
                frozenset({status.value})
                | (_WAITING if status in (Status.WAITING_CUSTOMER, Status.CUSTOMER_UPDATE_REQUIRED) else frozenset()),
            )


def _facts(policy: Policy) -> Iterator[Word]:
    for name in policy.facts:
        for value in _values(policy, name):
            yield Word((("by", "agent"), ("set", Frozen({name: value}))), frozenset({name, str(value)}))


def _values(policy: Policy, name: str) -> list[Any]:
    spec = policy.facts[name]
    if spec.type == "bool":
        return [True, False]
    return list(
        allowed_values(policy, name)
        or (["+1d"] if spec.type == "datetime" else [1] if spec.type == "number" else ["x"])
    )


def _approvals(policy: Policy) -> Iterator[Word]:
    terms = policy.severity.held_by
    gates = {gate.name: gate.approver for gate in policy.gates} | ({terms.gate: terms.approver} if terms else {})
    for gate, approver in (gates | ({RELAXED_UPDATES: "customer"} if policy.escalation else {})).items():
        by = MANAGER if approver == "management" else "customer"
        names = {gate, "gates", *(("relaxed_update_every",) if gate == RELAXED_UPDATES else ())}
        yield Word((("by", by), ("approve", gate)), frozenset({*names, "approve", "change_approval"}))
        yield Word((("by", by), ("refuse", gate), ("with", "Not like this")), frozenset({*names, "refuse"}))


def _others(policy: Policy) -> Iterator[Word]:
    yield Word((("by", "agent"), ("set", Frozen({"assignee": "agent@vendor.example"}))), frozenset({"assignee"}))
    for kind in policy.ticket_types:
        yield Word((("by", "agent"), ("set", Frozen({"type": kind}))), frozenset({"type", kind}))
    for priority in ("low", "urgent"):
        changed = Frozen({"priority": priority})
        yield Word((("by", "agent"), ("set", changed)), frozenset({"priority", "if_overridden", "prevent_lowering"}))
