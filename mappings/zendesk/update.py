"""Turns a plan into one minimal update of a Zendesk ticket, with the checks that its response must pass. Pure.

One update is all a plan needs and all it should take: Zendesk allows 30 updates of a ticket in 10 minutes
(https://developer.zendesk.com/api-reference/introduction/rate-limits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, assert_never

from bridge.decision import Action, Clear, Fact, Field, MessageKind, Plan, Say, Set, SystemField, Tag
from bridge.ticket import Status, Ticket
from mappings.connection import DEFERRABLE, Connection
from mappings.field_sources import VendorRef
from mappings.message_html import email_addresses
from mappings.zendesk.comment_html import comment_html, to_html
from mappings.zendesk.custom_fields import UNKNOWN, CustomField
from mappings.zendesk.verification import (
    Check,
    comment_added,
    custom_field_is,
    field_is,
    has_assignee,
    metadata_kept,
    tag_is,
)
from mappings.zendesk.vocabulary import OUR_NAME, vocabulary

_NO_FIELDS: Mapping[VendorRef, CustomField] = MappingProxyType({})
_EMPTIED = {
    SystemField.ASSIGNEE: "assignee_id",
    SystemField.GROUP: "group_id",
    SystemField.TIER: "group_id",
}


@dataclass(frozen=True)
class ZendeskUpdate:
    """One PUT of a ticket: its new values, the checks of each action, and what it cannot carry."""

    ticket: dict[str, Any]
    """Body of the request without ``safe_update`` and ``updated_stamp``; empty when there is nothing to write."""
    checks: dict[str, tuple[Check, ...]]
    deferred: frozenset[str]
    refused: dict[str, str]


def to_update(
    ticket: Ticket,
    plan: Plan,
    review: str,
    connection: Connection,
    fields: Mapping[VendorRef, CustomField] = _NO_FIELDS,
) -> ZendeskUpdate:
    """The combined update for a plan; ``fields``: the custom fields of the account, as far as they are known.

    An update can have one comment, so the first public message goes first and everything else is deferred.
    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    """
    builder = _UpdateBuilder(ticket, connection, fields)
    for action in plan.actions:
        builder.add(action)
    return builder.build(review)


@dataclass
class _UpdateBuilder:
    ticket: Ticket
    connection: Connection
    fields: Mapping[VendorRef, CustomField]
    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[VendorRef, str | None] = field(default_factory=dict)
    kept_fields: dict[str, str] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    followers: dict[str, None] = field(default_factory=dict)
    public: list[Say] = field(default_factory=list)
    internal: list[Say] = field(default_factory=list)
    checks: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, action: Action) -> None:
        match action:
            case Say():
                (self.public if action.is_public else self.internal).append(action)
            case Set():
                self._write(action)
            case Clear():
                self._clear(action)
            case _:
                assert_never(action)

    def _clear(self, action: Clear) -> None:
        match action.target:
            case Tag(name):
                self.removed.add(name)
                self._require(action, tag_is(name, present=False))
            case SystemField() as field:
                self._empty(action, field)
            case Field() | Fact() as field:
                self._write_field(action, field, "")
            case _:
                assert_never(action.target)

    def _write(self, action: Set) -> None:
        match action.target:
            case SystemField.PRIORITY:
                self._set(action, "priority", str(action.value))
            case SystemField.STATUS:
                self._set_status(action)
            case SystemField.TIER:
                self._set_tier(action)
            case SystemField.ASSIGNEE:
                self._set_assignee(action)
            case SystemField.GROUP:
                self._set_group(action, str(action.value))
            case Field() | Fact() as field:
                self._write_field(action, field, str(action.value), action.shown)
            case Tag(name):
                self.added.add(name)
                self._require(action, tag_is(name, present=True))
            case SystemField.ACTIVITIES:
                pass  # Zendesk has none
            case _:
                assert_never(action.target)

    def _set(self, action: Set, name: str, value: str | int) -> None:
        self.values[name] = value
        self._require(action, field_is(name, str(value)))

    def _empty(self, action: Clear, field: SystemField) -> None:
        if name := _EMPTIED.get(field):
            self.values[name] = None
            self._require(action, field_is(name, None))
        else:
            self.refused[action.key] = f"Zendesk cannot empty the {field} of a ticket"

    def _require(self, action: Action, check: Check) -> None:
        self.checks[action.key] = (*self.checks.get(action.key, ()), check)

    def _set_status(self, action: Set) -> None:
        status = Status(str(action.value))
        if status is Status.NEW:
            status = (
                Status.OPEN
            )  # no ticket goes back to New: https://support.zendesk.com/hc/en-us/articles/4408894213018
        if chosen := self.connection.statuses.get(status):
            self._set(action, "custom_status_id", chosen[0])
        else:
            self._set(action, "status", vocabulary().written_status[status])

    def _set_tier(self, action: Set) -> None:
        groups = self.connection.tiers.get(int(action.value))
        if groups:
            self._set(action, "group_id", groups[0])
        else:
            self.refused[action.key] = f"no group is configured for tier {action.value}; add it under tiers"

    def _set_assignee(self, action: Set) -> None:
        value = str(action.value)
        if value.isdecimal():
            self._set(action, "assignee_id", int(value))
        else:
            self.values["assignee_email"] = value
            self._require(action, has_assignee(value))

    def _write_field(self, action: Set | Clear, field: Field | Fact, value: str, shown: str = "") -> None:
        target, name = self.connection.write_target(field), field.name
        if target is None and name not in DEFERRABLE:
            self.refused[action.key] = f"no custom field is configured for {name}; add its id under fields"
            return
        if name == "audience" and isinstance(action, Set):
            self.followers |= dict.fromkeys(email_addresses(action.to))
        if target is None:
            self.kept_fields[name] = value
            self._require(action, metadata_kept)
            return
        try:
            written = self.fields.get(target.field, UNKNOWN).written(target, value, shown)
        except ValueError as error:
            self.refused[action.key] = str(error)
            return
        self.custom[target.field] = written
        self._require(action, custom_field_is(target.field, written))

    def _set_group(self, action: Set, name: str) -> None:
        group = self.connection.groups.get(name) or (int(name) if name.isdecimal() else None)
        if group:
            self._set(action, "group_id", group)
        else:
            self.refused[action.key] = f"no group is configured for {name}; add its id under groups"

    def build(self, review: str) -> ZendeskUpdate:
        deferred = self._comment()
        tags = (self.ticket.tags | self.added) - self.removed
        if tags != self.ticket.tags:
            self.values["tags"] = sorted(self._with_options(tags))
        if self.custom:
            self.values["custom_fields"] = [{"id": number, "value": value} for number, value in self.custom.items()]
        if self.followers:
            self.values["followers"] = [{"user_email": address, "action": "put"} for address in self.followers]
        if self.checks:
            self.values["metadata"] = {OUR_NAME: self._our_part(review, deferred)}
        return ZendeskUpdate(self.values if self.checks else {}, self.checks, deferred, self.refused)

    def _with_options(self, tags: frozenset[str]) -> frozenset[str]:
        """Tags without the dropdown options that this update replaces: each option is also a tag."""
        for target in self.connection.fields.values():
            if target.field in self.custom:
                options = set(target.values.values())
                tags = (tags - options) | (options & {self.custom[target.field]})
        return tags

    def _comment(self) -> frozenset[str]:
        """Set the one comment; returns the keys of the messages that have to wait for the next update."""
        if self.public:
            chosen, waiting = self.public[:1], [*self.public[1:], *self.internal]
        else:
            chosen, waiting = self.internal, []
        parts = [comment_html(message) for message in chosen]
        if self.kept_fields and not (parts or self._changes()):
            # Zendesk stores metadata only together with a change, and agents should see what was set
            lines = (
                f"{name.replace('_', ' ').capitalize()}: {value or 'none'}" for name, value in self.kept_fields.items()
            )
            parts = [to_html("\n".join(lines))]
        if parts:
            self.values["comment"] = {"html_body": "".join(parts), "public": bool(self.public)}
        for message in chosen:
            self._require(message, comment_added(public=bool(self.public)))
            self.followers |= dict.fromkeys(email_addresses(message.to)) if message.kind is MessageKind.NOTIFY else {}
        return frozenset(message.key for message in waiting)

    def _changes(self) -> bool:
        return bool(self.values or self.custom or (self.ticket.tags | self.added) - self.removed != self.ticket.tags)

    def _our_part(self, review: str, deferred: frozenset[str]) -> dict[str, Any]:
        our_metadata: dict[str, Any] = {"review": review, "keys": sorted(self.checks.keys() - deferred)}
        if self.kept_fields:
            our_metadata["fields"] = self.kept_fields
        if self.public:
            our_metadata["template"] = self.public[0].template
        return our_metadata
