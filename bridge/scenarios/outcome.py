"""What came of a scenario: what the bridge did, the clocks, the findings and the ticket at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.history.rows import ClockRow, FindingRow, Row
from bridge.ticket import Facts, Priority, Status


class FinalTicket(Facts):
    """The ticket at the end of the scenario; tags sorted."""

    priority: Priority | None
    status: Status | None
    tier: int | None
    tags: tuple[str, ...]
    fields: dict[str, str]
    assignee: str | None
    group: str | None


class Outcome(Facts):
    """What came of a scenario, in the shape of ``--json``: ``model_dump(mode="json")``."""

    scenario: str
    policy: str
    version: str
    timeline: tuple[Row, ...]
    """Sorted by ``at``, ``action``, ``value``."""
    clocks: tuple[ClockRow, ...]
    final: FinalTicket
    findings: tuple[FindingRow, ...] = ()


def as_json(outcomes: Iterable[Outcome]) -> Any:
    """JSON-able outcomes: one object for one scenario, a list for several."""
    objects = [outcome.model_dump(mode="json") for outcome in outcomes]
    return objects[0] if len(objects) == 1 else objects
