"""The kinds of what a bridge does to tickets, as a preview counts them. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.targets import Fact, Field, SystemField, Tag
from bridge.ticket import RESOLVED, Status


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
        """The kind for people."""
        return _LABELS[self]


_LABELS = {
    ActionKind.PUBLIC_MESSAGES: "messages to customers",
    ActionKind.CLOSINGS: "tickets solved or closed",
    ActionKind.REOPENINGS: "tickets reopened",
    ActionKind.STATUS_CHANGES: "other changes of status",
    ActionKind.PRIORITIES: "priorities",
    ActionKind.MOVES: "moves to a group, tier or person",
    ActionKind.NOTIFICATIONS: "notifications to roles",
    ActionKind.NOTES: "internal notes",
    ActionKind.TAGS: "tags",
    ActionKind.FIELDS: "fields",
}
_MESSAGES = {
    MessageKind.PUBLIC_MESSAGE: ActionKind.PUBLIC_MESSAGES,
    MessageKind.INTERNAL_NOTE: ActionKind.NOTES,
    MessageKind.NOTIFY: ActionKind.NOTIFICATIONS,
}


def kind_of(action: Action, status: Status | None) -> ActionKind:
    """The kind of an action on a ticket that has a status before it."""
    match action:
        case Say(kind=kind):
            return _MESSAGES[kind]
        case Set(target=Tag()) | Clear(target=Tag()):
            return ActionKind.TAGS
        case Set(target=Field() | Fact()) | Clear():
            return ActionKind.FIELDS
        case Set(target=SystemField.STATUS, value=value):
            return _status_kind(status, resolves=value in RESOLVED)
        case Set(target=SystemField.PRIORITY):
            return ActionKind.PRIORITIES
        case Set():
            return ActionKind.MOVES
        case _:
            assert_never(action)


def _status_kind(before: Status | None, *, resolves: bool) -> ActionKind:
    if resolves:
        return ActionKind.CLOSINGS
    return ActionKind.REOPENINGS if before in RESOLVED else ActionKind.STATUS_CHANGES
