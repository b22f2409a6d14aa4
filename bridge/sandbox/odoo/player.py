"""Stories as they are played in the local Odoo.

Facts are the fields ``x_<fact>`` that ``policybridge install`` makes; what a customer says of them in a mail, and the
tags that such words earn, the database's own rules write down (OdooBot).
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.odoo import human_actions
from bridge.sandbox.odoo.calls import OdooDatabase
from bridge.sandbox.odoo.errors import Fault
from bridge.sandbox.odoo.human_actions import PersonAction
from bridge.sandbox.runner import SampleTicket, Step

STAGES = {
    "in_progress": "In Progress",
    "waiting_customer": "Awaiting",
    "customer_update_required": "Customer Update Required",
    "solved": "Done",
}
"""Canonical status -> stage; the third is made by ``policybridge install --stages``."""
PRIORITIES = {"low": "0", "normal": "1", "high": "2", "urgent": "3"}
CATEGORIES = {"incident": "Incident", "question": "Request"}
TEAM = "Tier 1"
"""Where new tickets arrive."""


class OdooPlayer:
    """Speaks and clicks in one database; see :class:`bridge.sandbox.runner.TicketPlayer`."""

    refusal = Fault

    def __init__(self, database: OdooDatabase) -> None:
        self._database = database

    @property
    def clock(self) -> SandboxClock:
        return self._database.clock

    def open(self, sample: SampleTicket) -> int:
        report = PersonAction(
            sample.by, says=sample.body, team=TEAM, category=CATEGORIES[sample.kind], values=_facts(sample.facts)
        )
        return human_actions.ask(self._database, report, sample.subject, sample.channel)

    def act(self, ident: int, step: Step) -> None:
        if step.call:
            human_actions.phone_call(self._database, ident, step.by, step.call)
            return
        values = _facts(step.facts) | ({"priority": PRIORITIES[step.priority]} if step.priority else {})
        done = PersonAction(
            step.by,
            says=step.says,
            public=step.public,
            auto_reply=step.auto_reply,
            stage=STAGES.get(step.status, ""),
            assignee=step.assignee,
            tags=step.tags,
            values=values,
        )
        human_actions.change(self._database, ident, done)


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    return {f"x_{fact}": value for fact, value in facts.items()}
