"""Kinds of actions, as people ask about them: how many messages to customers, closings, changes of priority."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.targets import Fact, Field, SystemField, Tag
from bridge.ticket import RESOLVED


class ActionKind(StrEnum):
    """What an action is to those whom it concerns."""

    PUBLIC_MESSAGES = "public_messages"
    CLOSINGS = "closings"
    REOPENINGS = "reopenings"
    STATUS_CHANGES = "status_changes"
    PRIORITIES = "priorities"
    MOVES = "moves"
    """Another group, tier or assignee."""
    NOTIFICATIONS = "notifications"
    NOTES = "notes"
    TAGS = "tags"
    FIELDS = "fields"

    @property
    def label(self) -> str:
        """The kind for people."""
        return self.value.replace("_", " ")


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
        case Field() | Fact():
            return ActionKind.FIELDS
        case SystemField.PRIORITY:
            return ActionKind.PRIORITIES
        case SystemField.STATUS:
            return ActionKind.STATUS_CHANGES
        case SystemField.GROUP | SystemField.TIER | SystemField.ASSIGNEE:
            return ActionKind.MOVES
        case _:
            assert_never(action.target)
