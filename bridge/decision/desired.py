"""What a policy wants of a ticket: values, and messages that are due. A plan holds what is left to do of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field as ModelField
from pydantic import field_serializer, field_validator, model_validator

from bridge.decision.citation import Cited, NonEmpty
from bridge.decision.effects import PRESENT, Clear, Say, Set, Value, recorded_value
from bridge.decision.targets import Fact, Field, RecordedTarget, Tag, Target, describe_target
from bridge.ticket import Instant

LATE_AFTER = timedelta(hours=1)
"""What was due this long ago and has not happened is late: the bridge was not running, as in an outage."""


class OnOverride(StrEnum):
    """What to do when a person changed a value that the bridge had written."""

    RESPECT = "respect"
    """Leave the person's value; report it. The default."""
    ENFORCE = "enforce"
    """Write the policy's value again."""
    FLAG = "flag"
    """Leave it, and report it as a violation."""


class DesiredValue(Cited):
    """The value a policy wants a target to have since an occasion.

    ``key`` names the occasion: the same key is written once, and a difference seen after it was confirmed is a person's
    override. A new occasion (another fact, another level of escalation) has another key.
    """

    target: RecordedTarget = ModelField(validation_alias="field", serialization_alias="field")
    value: Value | None
    """True for a tag; None: the field should be empty."""
    key: NonEmpty
    since: Instant
    """The occasion; of two values for one target that of the later occasion wins."""
    to: tuple[str, ...] = ()
    """Addresses of the people a value names by role, such as an audience."""
    shown: str = ModelField(default="", exclude_if=lambda text: not text)
    """What a text field shows people in place of the value; empty: the value itself."""
    on_override: OnOverride = OnOverride.RESPECT

    @field_validator("value", mode="before")
    @classmethod
    def _read(cls, value: Any, known: Any) -> Any:
        if value == PRESENT and isinstance(known.data.get("target"), Tag):
            return True
        return None if value == "" else value

    @field_serializer("value")
    def _written(self, value: Value | None) -> int | str:
        return recorded_value(value)

    @model_validator(mode="after")
    def _is_possible(self) -> DesiredValue:
        if self.value is None:
            _emptied(self.target)
        return self

    def action(self) -> Set | Clear:
        """The write by which the ticket gets this value."""
        if self.value is not None:
            return Set(
                cite=self.cite,
                because=self.because,
                target=self.target,
                value=self.value,
                key=self.key,
                to=self.to,
                shown=self.shown,
            )
        return Clear(cite=self.cite, because=self.because, target=_emptied(self.target), key=self.key)


class DueMessage(Say):
    """A message that a policy owes since an instant."""

    due_at: Instant
    gives_way: bool = True
    """Of a public message: whether a later one says enough when this one is late. A question does not give way, nor
    does what a stage of a workflow owes, nor a notice on which closing rests.
    """

    def may_give_way(self, at: datetime) -> bool:
        """Whether it is a message to the customer that is late at an instant, and that a later one may replace."""
        return self.gives_way and self.is_public and at - self.due_at >= LATE_AFTER

    def action(self) -> Say:
        """The message itself."""
        return Say(**{name: getattr(self, name) for name in Say.model_fields})


def _emptied(target: Target) -> Field | Fact:
    match target:
        case Field() | Fact():
            return target
        case _:
            raise ValueError(f"{describe_target(target)} cannot be empty")
