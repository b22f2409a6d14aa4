"""What came of a scenario: what the bridge did, the clocks, the findings and the ticket at the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainSerializer

from bridge.decision import Action, Clock, ClockState, Severity
from bridge.decision.records import ActionName, action_name, action_value
from bridge.ticket import Facts, Instant, Priority, Status

Stamp = Annotated[Instant, PlainSerializer(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}", when_used="json-unless-none")]
"""UTC to the second."""


class Row(Facts):
    """One thing the bridge did."""

    at: Stamp
    clause: str
    action: ActionName
    value: str | int
    because: str


class ClockRow(Facts):
    """A clock at the end of the scenario; ``elapsed_s`` of a clock that still counts is measured there."""

    name: str
    clause: str
    started_at: Stamp
    due_at: Stamp | None
    state: ClockState
    met_at: Stamp | None
    elapsed_s: int
    target_s: int


class FinalTicket(Facts):
    """The ticket at the end of the scenario; tags sorted."""

    priority: Priority | None
    status: Status | None
    tier: int | None
    tags: tuple[str, ...]
    fields: dict[str, str]
    assignee: str | None
    group: str | None


class FindingRow(Facts):
    """Something people should know, with the instant at which it was first found."""

    at: Stamp
    clause: str
    code: str
    severity: Severity
    because: str


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


def row_of(now: datetime, action: Action) -> Row:
    """An action of the bridge as a row of the timeline."""
    return Row(
        at=now,
        clause=action.cite.clause,
        action=action_name(action),
        value=action_value(action),
        because=action.because,
    )


def clock_row_of(clock: Clock, elapsed_s: int) -> ClockRow:
    """A clock as a row of the outcome."""
    return ClockRow(
        name=clock.name,
        clause=clock.cite.clause,
        started_at=clock.started_at,
        due_at=clock.due_at,
        state=clock.state,
        met_at=clock.met_at,
        elapsed_s=elapsed_s,
        target_s=clock.target_s,
    )
