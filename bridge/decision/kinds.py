"""Kinds of actions, as people ask about them: how many messages to customers, closings, changes of priority. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never

from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.targets import Fact, Field, SystemField, Tag
from bridge.ticket import RESOLVED


class ActionKind(StrEnum):
    """What an action means to people, the weightiest first."""

    PUBLIC_MESSAGES = "public_messages"
    CLOSINGS = "closings"
    REOPENINGS = "reopenings"
    STATUS_CHANGES = "status_changes"
    """Other changes of the status."""
    PRIORITIES = "priorities"
    MOVES = "moves"
    """To another group, tier or person."""
    NOTIFICATIONS = "notifications"
    """To the holders of roles."""
    NOTES = "notes"
    TAGS = "tags"
    FIELDS = "fields"

    @property
    def label(self) -> str:
        """The kind for people, as the head of a column."""
        return _LABELS[self][1]

    def describe(self, number: int) -> str:
        """A number of actions of this kind: ``1 message to a customer``."""
        return f"{number} {_LABELS[self][number != 1]}"


_LABELS = {
    ActionKind.PUBLIC_MESSAGES: ("message to a customer", "messages to customers"),
    ActionKind.CLOSINGS: ("ticket solved or closed", "tickets solved or closed"),
    ActionKind.REOPENINGS: ("ticket reopened", "tickets reopened"),
    ActionKind.STATUS_CHANGES: ("other change of status", "other changes of status"),
    ActionKind.PRIORITIES: ("priority", "priorities"),
    ActionKind.MOVES: ("move to a group, tier or person", "moves to a group, tier or person"),
    ActionKind.NOTIFICATIONS: ("notification to a role", "notifications to roles"),
    ActionKind.NOTES: ("internal note", "internal notes"),
    ActionKind.TAGS: ("tag", "tags"),
    ActionKind.FIELDS: ("field", "fields"),
}
_MESSAGES = {
    MessageKind.PUBLIC_MESSAGE: ActionKind.PUBLIC_MESSAGES,
    MessageKind.INTERNAL_NOTE: ActionKind.NOTES,
    MessageKind.NOTIFY: ActionKind.NOTIFICATIONS,
}


def action_kind(action: Action, status: str | None = None) -> ActionKind:
    """The kind of an action on a ticket that had this status before."""
    match action:
        case Say():
            return _MESSAGES[action.kind]
        case Set(target=SystemField.STATUS):
            if action.value in RESOLVED:
                return ActionKind.CLOSINGS
            return ActionKind.REOPENINGS if status in RESOLVED else ActionKind.STATUS_CHANGES
        case Set() | Clear():
            return _kind_of_target(action)
        case _:
            assert_never(action)


def _kind_of_target(action: Set | Clear) -> ActionKind:
    match action.target:
        case Tag():
            return ActionKind.TAGS
        case Field() | Fact() | SystemField.ACTIVITIES:
            return ActionKind.FIELDS
        case SystemField.PRIORITY:
            return ActionKind.PRIORITIES
        case SystemField.STATUS:
            return ActionKind.STATUS_CHANGES
        case SystemField.GROUP | SystemField.TIER | SystemField.ASSIGNEE:
            return ActionKind.MOVES
        case _:
            assert_never(action.target)


def describe_counts(counts: Mapping[ActionKind, int]) -> str:
    """The kinds that occur, the weightiest first, in one line."""
    return ", ".join(kind.describe(counts[kind]) for kind in ActionKind if counts.get(kind)) or "nothing"
