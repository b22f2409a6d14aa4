"""Limits: how much may be written in an hour and in a day, as an admin says it in ``policybridge.yaml``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from bridge.ticket import Facts


class CappedKind(StrEnum):
    """What is counted."""

    CUSTOMER_MESSAGES = "customer_messages"
    CLOSINGS = "closings"
    STATUS_CHANGES = "status_changes"
    REASSIGNMENTS = "reassignments"

    @property
    def label(self) -> str:
        """The kind for people."""
        return self.value.replace("_", " ")


class Rate(Facts):
    """How many at most; without a number, any."""

    hour: Annotated[int, Field(ge=0)] | None = None
    day: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _hour_within_day(self) -> Self:
        if self.hour is not None and self.day is not None and self.hour > self.day:
            found = f"found {self.hour} an hour and {self.day} a day"
            raise ValueError(f"{found}; allowed: at most as many an hour as a day")
        return self


class Rates(Facts):
    """A rate for each kind that is counted."""

    customer_messages: Rate = Rate()
    closings: Rate = Rate()
    status_changes: Rate = Rate()
    reassignments: Rate = Rate()

    def of(self, kind: CappedKind) -> Rate:
        """The rate of a kind."""
        found: Rate = getattr(self, kind.value)
        return found


class Limits(Rates):
    """``limits`` in policybridge.yaml: the caps of an installation."""

    per_account: Rates = Rates()
    """For the tickets of any one account."""
    first_day: Rates = Rates()
    """In addition, for the first 24 hours in which something is written that counts."""
    burst: Annotated[int, Field(ge=2)] | None = 10
    """All writing is stopped at so many times the usual number of messages to customers; ``null``: never."""
