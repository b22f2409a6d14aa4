"""Decisions, tickets and a helpdesk that may lose answers: what plan and ledger are tested with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.decision import Action, Citation, Decision, DesiredValue, DueMessage, MessageKind, Plan, Say, Target
from bridge.decision.targets import target_text
from bridge.errors import InputError
from bridge.plan import Ledger, LedgerEntry, plan
from bridge.ticket import Actor, Changed, FactValue, Message, Role, Ticket, TicketRef
from bridge.yamlio.validate import load_model
from mappings.connection import Configuration

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
REF = TicketRef(connection="acme", id="7")
CITE = Citation(pack="acme", version="3", clause="AC-03")
AGENT, BRIDGE = Actor(role=Role.AGENT), Actor(role=Role.BRIDGE)


def ticket(*timeline: Any, **present: Any) -> Ticket:
    return Ticket(ref=REF, created_at=NOW - timedelta(days=1), timeline=timeline, **present)


def desired(target: Target, value: bool | int | str | None = True, **more: Any) -> DesiredValue:
    key = more.pop("key", f"AC-03/{target_text(target)}={value}")
    given = {"cite": CITE, "because": "the rule applies", "since": NOW - timedelta(hours=2)} | more
    return DesiredValue(target=target, value=value, key=key, **given)


def message(name: str, kind: MessageKind = MessageKind.PUBLIC_MESSAGE, **more: Any) -> DueMessage:
    given = {"cite": CITE, "because": "it is due", "due_at": NOW, "text": name} | more
    return DueMessage(kind=kind, key=f"AC-03/{name}", template=name, **given)


def decision(*, wants: Iterable[DesiredValue] = (), owes: Iterable[DueMessage] = (), at: datetime = NOW) -> Decision:
    return Decision(ref=REF, at=at, pack="acme", version="3", desired=tuple(wants), due_messages=tuple(owes))


def entry(action: Action, *, minutes: float = -30, confirmed: bool = True) -> LedgerEntry:
    return LedgerEntry(action=action, at=NOW + timedelta(minutes=minutes), confirmed=confirmed)


def changed(field_name: str, old: FactValue, new: FactValue, actor: Actor = AGENT, minutes: float = -10) -> Changed:
    return Changed(at=NOW + timedelta(minutes=minutes), actor=actor, field=field_name, old=old, new=new)


def sent(
    name: str, *, minutes: float = 0, keys: Sequence[str] = (), actor: Actor = BRIDGE, public: bool = True
) -> Message:
    at = NOW + timedelta(minutes=minutes)
    return Message(at=at, actor=actor, keys=tuple(keys), public=public, text=name, template=name)


@dataclass
class LossyHelpdesk:
    """A helpdesk that takes so many messages an update, keeps marks or not, and loses requests or answers."""

    owed: Decision
    marks: bool
    capacity: int
    now: datetime = NOW
    timeline: list[Message] = field(default_factory=list)
    ledger: dict[str, LedgerEntry] = field(default_factory=dict)

    def planned(self) -> Plan:
        seen = ticket(*self.timeline)
        return plan(self.owed, seen, Ledger(self.ledger.values(), seen))

    def review(self, *, reaches: bool = True, answers: bool = True) -> bool:
        """Plan, record the intent, write, record the confirmation. False: nothing was left to do."""
        self.now += timedelta(seconds=5)
        todo = self.planned()
        self.ledger |= {action.key: LedgerEntry(action=action, at=self.now, confirmed=False) for action in todo.actions}
        confirmed = [self._take(message_action) for message_action in todo.messages[: self.capacity]] if reaches else []
        for key in confirmed if answers else ():
            self.ledger[key] = self.ledger[key].model_copy(update={"confirmed": True})
        return bool(todo)

    def _take(self, message_action: Say) -> str:
        keys = (message_action.key,) if self.marks else ()
        at, public = self.now + timedelta(seconds=1), message_action.is_public
        self.timeline.append(Message(at=at, actor=BRIDGE, keys=keys, public=public, text=message_action.text))
        return message_action.key

    def settle(self) -> None:
        for _ in range(20):
            if not self.review():
                return
        raise AssertionError("it does not come to rest")

    def received(self, owed: DueMessage) -> int:
        return sum(found.text == owed.text for found in self.timeline)


def refusal_of(setting: str, folder: Path) -> str:
    """The one line that refuses a setting of ``policybridge.yaml``, which names its place."""
    file = folder / "policybridge.yaml"
    file.write_text(f"policy: maas360\n{setting}\nconnections: {{a: {{vendor: odoo}}}}\n")
    with pytest.raises(InputError) as refused:
        load_model(file, Configuration)
    (found,) = str(refused.value).splitlines()
    assert found.startswith(f"{file}:2:")
    return found
