"""What if: what a policy would decide on a ticket at another time, with other facts, or by another pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.account import Account
from bridge.decision import Decision
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.history.unroll import as_of
from bridge.policy.model import Policy
from bridge.ticket import Actor, Changed, FactValue, Priority, Role, Status, Ticket, fact_field
from bridge.yamlio.problems import expected

_SETTABLE = {"status": Status, "priority": Priority}
"""Fields of a ticket that may be set beside its facts."""


@dataclass(frozen=True)
class Question:
    """What is asked: an instant, what an agent sets at it, and a pack."""

    at: datetime
    policy: Policy
    changes: Mapping[str, FactValue] = field(default_factory=dict)
    """Timeline field -> value."""

    def answer(self, ticket: Ticket, account: Account | None) -> Decision:
        """The decision; nothing is written, and what the bridge would do until then is not simulated.

        Raises ``InputError`` for an instant before the ticket.
        """
        if self.at < ticket.created_at:
            created = f"{ticket.created_at:%Y-%m-%dT%H:%M:%SZ}"
            raise InputError(f"--at: found {self.at:%Y-%m-%dT%H:%M:%SZ}; allowed: from the creation on, {created}")
        return evaluate(self.ticket(ticket), account, self.policy, self.at)

    def ticket(self, ticket: Ticket) -> Ticket:
        """The ticket as it was at the instant, with what is set then."""
        then = as_of(ticket, self.at)
        for name, value in self.changes.items():
            then = _changed(then, name, value, self.at)
        return then


def read_changes(policy: Policy, words: Mapping[str, str], created: datetime) -> dict[str, FactValue]:
    """Changes as people write them: facts of the policy, ``status`` or ``priority``. Raises ``InputError``."""
    return {_field(name): _value(policy, name, text, created) for name, text in words.items()}


def _field(name: str) -> str:
    return name if name in _SETTABLE else fact_field(name)


def _value(policy: Policy, name: str, text: str, created: datetime) -> FactValue:
    from bridge.scenarios.resolve import read_fact
    from bridge.yamlio.document import only, parse_all

    if name in _SETTABLE:
        if text not in set(_SETTABLE[name]):
            raise InputError(f"--set {name}: {expected(text, _SETTABLE[name])}")
        return text
    if name not in policy.facts:
        raise InputError(f"--set: {expected(name, (*_SETTABLE, *policy.facts))}")
    value: Any = only(parse_all(text, name="--set"), "--set").value if text else None
    try:
        return read_fact(policy.facts[name], value, created)
    except ValueError as error:
        raise InputError(f"--set {name}: {error}") from error


def _changed(ticket: Ticket, name: str, value: FactValue, at: datetime) -> Ticket:
    kind, _, fact = name.partition(":")
    old = ticket.value(name)
    entry = Changed(at=at, actor=Actor(role=Role.AGENT), field=name, old=old, new=value)
    values = {name: getattr(ticket, name) for name in Ticket.model_fields}
    changed: dict[str, Any] = {"facts": {**ticket.facts, fact: value}} if kind == "fact" else {kind: value}
    return Ticket(**{**values, **changed, "timeline": (*ticket.timeline, entry)})
