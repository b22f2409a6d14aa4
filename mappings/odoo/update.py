"""Turns a plan into one write of an Odoo ticket, its followers, and one chatter message for each message. Pure.

In Odoo a write cannot post a message as well, so messages follow the write. The Message-Id carries the key of a
message, and the write before announces messages to the customer in the ticket's log. If the bridge crashes or loses a
response in between, it cannot know whether the message was posted, but it never posts it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, assert_never

from bridge.decision import Action, Clear, Fact, Field, Plan, Say, Set, SystemField, Tag
from bridge.decision.records import ledger_fields
from bridge.ticket import FactValue, Priority, Status
from mappings.connection import DEFERRABLE, Connection
from mappings.odoo import write_log
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.messages import ChatterMessage, announcement
from mappings.odoo.update_context import UpdateContext
from mappings.odoo.update_messages import MessageBuilder
from mappings.odoo.verification import Check, field_is, none_left, tag_is
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, many2many_ids, many2one_id, vocabulary
from mappings.odoo.write_log import LogEntry

_EMPTIED = {SystemField.ASSIGNEE: "user_id", SystemField.GROUP: "team_id", SystemField.TIER: "team_id"}
_SUBSTITUTES = {Status.OPEN: Status.IN_PROGRESS, Status.IN_PROGRESS: Status.OPEN}


@dataclass(frozen=True)
class OdooUpdate:
    """What to do, in this order; the checks of each action; and what cannot be done."""

    values: dict[str, Any]
    """Values of the one ``write``; empty when there is nothing to write."""
    followers: tuple[int, ...]
    posts: tuple[ChatterMessage, ...]
    checks: dict[str, tuple[Check, ...]]
    refused: dict[str, str]
    unreached: dict[str, str]
    """Recipients of carried-out actions who were not notified, and why; no action has these keys."""


def tags_of(plan: Plan) -> set[str]:
    """The tags that a plan adds; they must exist before the write."""
    return {action.target.name for action in plan.actions if isinstance(action, Set) and isinstance(action.target, Tag)}


def to_update(plan: Plan, review: str, context: UpdateContext) -> OdooUpdate:
    """The write, the followers and the messages that carry out a plan, public messages first.

    A value that the ticket already has is not written again: writing the same stage resets its time (measured), and
    every write triggers automation rules.
    """
    builder = _UpdateBuilder(context)
    for action in plan.actions:
        builder.add(action)
    return builder.build(review)


def stage_for(status: Status, catalog: HelpdeskCatalog, connection: Connection, team: int = 0) -> int | None:
    """The stage to write for a status on a ticket of a team; None when one must be configured.

    Where only one of ``open`` and ``in_progress`` has a stage, it serves for both.
    """
    candidates = [status, *(other for other in [_SUBSTITUTES.get(status)] if other)]
    configured = [candidate for candidate in candidates if candidate in connection.statuses]
    found = (catalog.stage_for(candidate, connection, team) for candidate in [*configured, *candidates])
    return next(filter(None, found), None)


@dataclass
class _UpdateBuilder:
    context: UpdateContext
    wanted: dict[str, Any] = field(default_factory=dict)
    status: Set | None = None
    tags: list[list[int]] = field(default_factory=list)
    written: dict[str, FactValue] = field(default_factory=dict)
    kept_fields: dict[str, str] = field(default_factory=dict)
    followers: dict[int, None] = field(default_factory=dict)
    checks: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _messages(self) -> MessageBuilder:
        return MessageBuilder(self.context, self.refused)

    @property
    def _logs(self) -> bool:
        return self.context.catalog.schema.keeps_log

    def add(self, action: Action) -> None:
        match action:
            case Say():
                self._messages.add(action)
            case Set():
                self._write(action)
            case Clear():
                self._clear(action)
            case _:
                assert_never(action)

    def _clear(self, action: Clear) -> None:
        match action.target:
            case Tag(name):
                self._remove_tag(action, name)
            case SystemField() as field:
                self._empty(action, field)
            case Field() | Fact() as field:
                self._write_field(action, field, "")
            case _:
                assert_never(action.target)

    def _write(self, action: Set) -> None:
        match action.target:
            case SystemField.PRIORITY:
                self._set_priority(action)
            case SystemField.STATUS:
                self.status = action  # its stage depends on the team that the ticket will have
            case SystemField.TIER:
                teams = self.context.connection.tiers.get(int(action.value), [])
                self._set_team(action, teams, f"tiers.{action.value}", f"tier {action.value}; add it under tiers")
            case SystemField.ASSIGNEE:
                self._set_assignee(action)
            case SystemField.GROUP:
                group = self.context.connection.groups.get(str(action.value)) or self._team_named(str(action.value))
                missing = f"group {action.value}; add it under groups"
                self._set_team(action, [group] if group else [], f"groups.{action.value}", missing)
            case Field() | Fact() as field:
                self._write_field(action, field, str(action.value), action.shown)
            case Tag(name):
                self._add_tag(action, name)
            case SystemField.ACTIVITIES:
                self.refused[action.key] = "activities are only withdrawn"
            case _:
                assert_never(action.target)

    def _set(self, action: Set | Clear, name: str, value: Any) -> None:
        self.wanted[name] = value
        self._require(action, field_is(name, value))

    def _empty(self, action: Clear, field: SystemField) -> None:
        if field is SystemField.ACTIVITIES:
            self.wanted["activity_ids"] = [[2, ident] for ident in self.context.activities]
            self._require(action, none_left(self.context.activities))
        elif name := _EMPTIED.get(field):
            self._set(action, name, False)
        else:
            self.refused[action.key] = f"a ticket in Odoo always has a {field}"

    def _require(self, action: Set | Clear, *checks: Check) -> None:
        self.checks[action.key] = (*self.checks.get(action.key, ()), *checks)
        self.written |= [ledger_fields(action)]

    def _set_priority(self, action: Set) -> None:
        stars = {priority: raw for raw, priority in vocabulary().priority.items()}
        self._set(action, "priority", stars[Priority(str(action.value))])

    def _set_team(self, action: Set, teams: Sequence[Any], where: str, what: str) -> None:
        if active := self.context.catalog.active("team", teams):
            self._set(action, "team_id", active[0])
        else:
            self.refused[action.key] = self._lacking(where) or f"no team is configured for {what}"

    def _lacking(self, where: str) -> str | None:
        """What is wrong with what the connection names at a place; None: nothing is known."""
        return self.context.catalog.missing.get(where) or self.context.catalog.archived.get(where)

    def _team_named(self, name: str) -> int | None:
        """The team that a ticket had before, by the name under which it was read."""
        called = (team["id"] for team in self.context.catalog.teams if name in (team["name"], str(team["id"])))
        return next(map(int, called), None)

    def _set_assignee(self, action: Set) -> None:
        value = str(action.value)
        person = self.context.people.get(value.lower())
        user = int(value) if value.isdecimal() else person.user if person else 0
        if user:
            self._set(action, "user_id", user)
        else:
            self.refused[action.key] = f"{value} is not an internal user of Odoo; use the address of one"

    def _write_field(self, action: Set | Clear, field: Field | Fact, value: str, shown: str = "") -> None:
        connection, schema, name = self.context.connection, self.context.catalog.schema, field.name
        if target := schema.target(field, connection):
            try:
                self._set(action, target.name, target.written(value, shown))
            except ValueError as error:
                self.refused[action.key] = str(error)
                return
        elif name in DEFERRABLE and self._logs:
            self.kept_fields[name] = value
            self._require(action)
        else:
            missing = f"Odoo has no field x_policy_{name}; {INSTALL}, or configure another one for {name} under fields"
            self.refused[action.key] = schema.misfit(field, connection) or missing
            return
        if name == "audience" and isinstance(action, Set):
            self.followers |= dict.fromkeys(person.partner for person in self._messages.recipients(action))

    def _add_tag(self, action: Set, tag: str) -> None:
        ids = list(self.context.catalog.tag_ids(tag))
        if not ids:
            self.refused[action.key] = f"Odoo has no tag {tag}, and the integration user may not create tags; {INSTALL}"
            return
        if not self._present(ids):
            self.tags.append([4, ids[0]])
        self._require(action, tag_is(tag, ids, present=True))

    def _remove_tag(self, action: Clear, tag: str) -> None:
        ids = list(self.context.catalog.tag_ids(tag))
        self.tags += [[3, ident] for ident in sorted(self._present(ids))]
        self._require(action, tag_is(tag, ids, present=False))

    def _present(self, ids: Sequence[int]) -> set[int]:
        """Those of these tags that the ticket has."""
        return set(ids) & set(many2many_ids(self.context.ticket.get("tag_ids")))

    def build(self, review: str) -> OdooUpdate:
        if self.status is not None:
            self._set_stage(self.status)
        ticket = self.context.ticket
        values = {name: value for name, value in self.wanted.items() if field_is(name, value)(ticket)}
        if self.tags:
            values["tag_ids"] = self.tags
        if self._logs and (values or self.kept_fields or self._messages.public):
            values[LOG_FIELD] = self._log(review)
        posts, unreached = self._messages.posts, self._messages.unreached
        return OdooUpdate(values, tuple(self.followers), posts, self.checks, self.refused, unreached)

    def _set_stage(self, action: Set) -> None:
        status = Status(str(action.value))
        team = many2one_id(self.wanted.get("team_id") or self.context.ticket.get("team_id"))
        present = many2one_id(self.context.ticket.get("stage_id"))
        if self.context.catalog.status(present, self.context.connection) is status:
            stage: int | None = present  # stages that mean the same status are equally good
        else:
            stage = stage_for(status, self.context.catalog, self.context.connection, team)
        if stage is None:
            unnamed = f"no stage of the ticket's team means {status}; configure one under statuses"
            self.refused[action.key] = self._lacking(f"statuses.{status}") or unnamed
        else:
            self._set(action, "stage_id", stage)

    def _log(self, review: str) -> str:
        values = self.written | {announcement(message.key): "begun" for message in self._messages.public}
        entry = LogEntry(self.context.at, review, tuple(sorted(self.checks)), values, self.kept_fields)
        return write_log.appended(self.context.ticket.get(LOG_FIELD), entry)
