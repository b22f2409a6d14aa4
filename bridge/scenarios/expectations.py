"""What a scenario expects of the bridge: actions, clocks, and the ticket at the end."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from bridge.config.account_form import Email
from bridge.decision import ClockState
from bridge.decision.records import ACTION_NAMES
from bridge.policy.calendars.duration import ElapsedText
from bridge.scenarios.values import Anything, PolicyTag, TagText, Tier, When
from bridge.ticket import Facts, Priority, Status

ACTIONS: tuple[str, ...] = ACTION_NAMES
SPOKEN = ("public_message", "internal_note", "notify")
"""Actions that have a text."""


class Expectation(Facts):
    """One action that must appear, or must never appear. Exactly one of the actions is named."""

    at: When | None = None
    """The second it happens; none: at any time."""
    within: ElapsedText | None = None
    """It may happen so much later than ``at`` (the creation, where there is no ``at``), but not earlier."""
    clause: str | None = None
    set_priority: Priority | Anything = None
    set_status: Status | Anything = None
    add_tag: Anything | PolicyTag = None
    remove_tag: Anything | PolicyTag = None
    set_field: Anything | str = None
    """``name=value``, or only the name."""
    set_tier: Tier | Anything = None
    set_assignee: Anything | str = None
    public_message: Anything | str = None
    """Name of the template."""
    internal_note: Anything | str = None
    notify: Anything | str = None
    text: str | None = None
    """What the message, note or notification must contain; its language can be told by it."""

    @property
    def action(self) -> str:
        """The named action."""
        return next(name for name in ACTIONS if name in self.model_fields_set)

    @property
    def value(self) -> str | int | None:
        """Its value; None stands for any."""
        found: str | int | None = getattr(self, self.action)
        return found

    @model_validator(mode="before")
    @classmethod
    def _one_action(cls, words: Any) -> Any:
        named = [name for name in ACTIONS if name in words] if isinstance(words, dict) else []
        if len(named) > 1:
            raise ValueError(f"allowed: exactly one action; give {' and '.join(named)} a line each")
        return words

    @model_validator(mode="after")
    def _some_action(self) -> Expectation:
        if not self.model_fields_set.intersection(ACTIONS):
            raise ValueError(f"allowed: exactly one of {', '.join(ACTIONS)}")
        if self.text is not None and self.action not in SPOKEN:
            raise ValueError(f"allowed: text only together with {', '.join(SPOKEN)}")
        return self


class ClockExpectation(Facts):
    """A row of ``clocks``; only the given keys are compared."""

    name: str
    clause: str | None = None
    state: ClockState | None = None
    started_at: When | None = None
    due_at: When | None = None
    met_at: When | None = None
    elapsed_s: int | None = None
    target_s: int | None = None


class Final(Facts):
    """The ticket at the end; only the given keys are compared, and of tags and fields only those named."""

    priority: Priority | None = None
    status: Status | None = None
    tier: int | None = None
    tags: frozenset[TagText] = frozenset()
    fields: dict[str, Annotated[str, BeforeValidator(lambda v: str(v) if type(v) is int else v)]] = {}
    assignee: Email | None = None
    group: str | None = None
