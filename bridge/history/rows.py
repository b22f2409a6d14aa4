"""What came of a ticket, as rows for people and programs: what the bridge did, the clocks, the findings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, PlainSerializer

from bridge.decision import Action, Clock, ClockState, Say, Severity
from bridge.decision.records import ActionName, action_name, action_value
from bridge.ticket import Facts, Instant

Stamp = Annotated[Instant, PlainSerializer(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}", when_used="json-unless-none")]
"""UTC to the second."""


class Row(Facts):
    """One thing the bridge did."""

    at: Stamp
    clause: str
    action: ActionName
    value: str | int
    because: str
    text: str = Field(default="", exclude=True)
    """What a message, note or notification says."""


class ClockRow(Facts):
    """A clock at the end; ``elapsed_s`` of a clock that still counts is measured there."""

    name: str
    clause: str
    started_at: Stamp
    due_at: Stamp | None
    state: ClockState
    met_at: Stamp | None
    elapsed_s: int
    target_s: int
    because: str = Field(default="", exclude=True)
    """The target in words; for people, not in the JSON."""


class FindingRow(Facts):
    """Something people should know, with the instant at which it was first found."""

    at: Stamp
    clause: str
    code: str
    severity: Severity
    because: str


def row_of(now: datetime, action: Action) -> Row:
    """An action of the bridge as a row."""
    return Row(
        at=now,
        clause=action.cite.clause,
        action=action_name(action),
        value=action_value(action),
        because=action.because,
        text=action.text if isinstance(action, Say) else "",
    )


def clock_row_of(clock: Clock, elapsed_s: int) -> ClockRow:
    """A clock as a row."""
    return ClockRow(
        name=clock.name,
        clause=clock.cite.clause,
        started_at=clock.started_at,
        due_at=clock.due_at,
        state=clock.state,
        met_at=clock.met_at,
        elapsed_s=elapsed_s,
        target_s=clock.target_s,
        because=clock.because,
    )
