"""A plan -> what Odoo is asked for: one write, followers, and one post for each message. Pure.

Odoo has no write that says something as well, so a message follows the write. Its Message-Id carries its key, and what
is about to be said to the customer is announced in the ticket's log by the write before: between the two a crash or a
lost answer leaves a doubt, never a second message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from bridge.decision import Action, Clear, Fact, Field, MessageKind, Plan, Say, Set, SystemField, Tag
from bridge.decision.records import ledger_fields
from bridge.ticket import FactValue, Priority, Status
from mappings.coercion import Json
from mappings.connection import DEFERRABLE, Connection
from mappings.odoo import write_log
from mappings.odoo.messages import ChatterMessage, Recipient, addresses, announcement, post_of, unsent
from mappings.odoo.schema import HelpdeskCatalog
from mappings.odoo.verification import Check, field_is, tag_is
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, number, numbers, vocabulary
from mappings.odoo.write_log import LogEntry

_TWINS = {Status.OPEN: Status.IN_PROGRESS, Status.IN_PROGRESS: Status.OPEN}


@dataclass(frozen=True)
class OdooUpdate:
    """What is to be done, in this order; what each action must show afterwards; and what cannot be done."""

    values: dict[str, Any]
    """Of the one ``write``; empty when nothing has to be written."""
    followers: tuple[int, ...]
    posts: tuple[ChatterMessage, ...]
    checks: dict[str, tuple[Check, ...]]
    refused: dict[str, str]
    unreached: dict[str, str]
    """Parts of actions that are done all the same, under a key that no action has: who was not told, and why."""


def tags_of(plan: Plan) -> set[str]:
    """The tags that a plan adds: they have to be there before."""
    return {action.target.name for action in plan.actions if isinstance(action, Set) and isinstance(action.target, Tag)}


@dataclass(frozen=True)
class UpdateContext:
    """What an update rests on."""

    ticket: Json
    """The ticket as Odoo shows it now."""
    connection: Connection
    """With ids, by ``Directory.resolve``."""
    directory: HelpdeskCatalog
    people: Mapping[str, Recipient]
    """By address in lower case; whoever is not here is not in the database."""
    customer: Recipient | None
    """Whom public messages reach; None: nobody in the database."""
    address: str
    """Where mail reaches a customer who is no contact; empty: nowhere, or Odoo could not do that."""
    at: datetime
    """The present, by Odoo's clock."""


def to_update(plan: Plan, review: str, context: UpdateContext) -> OdooUpdate:
    """The write, the followers and the posts that carry out a plan; what the ticket already holds is not written again.

    The public messages come first.
    """
    draft = _UpdateBuilder(context)
    for action in plan.actions:
        draft.take(action)
    return draft.finish(review)


def stage_for(status: Status, directory: HelpdeskCatalog, connection: Connection, team: int = 0) -> int | None:
    """The stage to write for a status on a ticket of a team; None: the connection has to name one.

    Work that is open and work in progress stand for each other where only one of them has a stage.
    """
    words = [status, *(twin for twin in [_TWINS.get(status)] if twin)]
    by_name = [word for word in words if word in connection.statuses]
    found = (directory.stage_for(word, connection, team) for word in [*by_name, *words])
    return next(filter(None, found), None)


@dataclass
class _UpdateBuilder:
    context: UpdateContext
    wanted: dict[str, Any] = field(default_factory=dict)
    status: Set | None = None
    tags: list[list[int]] = field(default_factory=list)
    said: dict[str, FactValue] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    followers: dict[int, None] = field(default_factory=dict)
    public: list[ChatterMessage] = field(default_factory=list)
    internal: list[ChatterMessage] = field(default_factory=list)
    checks: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unreached: dict[str, str] = field(default_factory=dict)

    @property
    def _logs(self) -> bool:
        return self.context.directory.schema.keeps_log

    def take(self, action: Action) -> None:
        match action:
            case Say():
                self._say(action)
            case Set():
                self._write(action)
            case Clear(target=Tag(name)):
                self._remove_tag(action, name)
            case Clear(target=field):
                self._write_field(action, field.name, "")
            case _:
                assert_never(action)

    def _write(self, action: Set) -> None:
        match action.target:
            case SystemField.PRIORITY:
                self._set_priority(action)
            case SystemField.STATUS:
                self.status = action  # which stage it is depends on the team the ticket will have
            case SystemField.TIER:
                teams = self.context.connection.tiers.get(int(action.value), [])
                self._set_team(action, teams, f"tier {action.value}; add it under tiers")
            case SystemField.ASSIGNEE:
                self._set_assignee(action)
            case SystemField.GROUP:
                group = self.context.connection.groups.get(str(action.value))
                self._set_team(action, [group] if group else [], f"group {action.value}; add it under groups")
            case Field(name) | Fact(name):
                self._write_field(action, name, str(action.value))
            case Tag(name):
                self._add_tag(action, name)
            case _:
                assert_never(action.target)

    def _set(self, action: Set | Clear, name: str, value: Any) -> None:
        self.wanted[name] = value
        self._require(action, field_is(name, value))

    def _require(self, action: Set | Clear, *checks: Check) -> None:
        self.checks[action.key] = (*self.checks.get(action.key, ()), *checks)
        name, value = ledger_fields(action)
        self.said[name] = value

    def _set_priority(self, action: Set) -> None:
        stars = {word: raw for raw, word in vocabulary().priority.items()}
        self._set(action, "priority", stars[Priority(str(action.value))])

    def _set_team(self, action: Set, teams: Sequence[Any], what: str) -> None:
        if teams:
            self._set(action, "team_id", int(teams[0]))
        else:
            self.refused[action.key] = f"no team is named for {what}"

    def _set_assignee(self, action: Set) -> None:
        value = str(action.value)
        person = self.context.people.get(value.lower())
        user = int(value) if value.isdecimal() else person.user if person else 0
        if user:
            self._set(action, "user_id", user)
        else:
            self.refused[action.key] = f"{value} is no internal user of Odoo; name the address of one"

    def _write_field(self, action: Set | Clear, name: str, value: str) -> None:
        connection, schema = self.context.connection, self.context.directory.schema
        if target := schema.target(name, connection):
            try:
                self._set(action, target.name, target.written(value))
            except ValueError as error:
                self.refused[action.key] = str(error)
                return
        elif name in DEFERRABLE and self._logs:
            self.held[name] = value
            self._require(action)
        else:
            missing = f"there is no field x_policy_{name} for {name}; {INSTALL}, or name one under fields"
            self.refused[action.key] = schema.misfit(name, connection) or missing
            return
        if name == "audience" and isinstance(action, Set):
            self.followers |= dict.fromkeys(person.partner for person in self._people(action))

    def _add_tag(self, action: Set, tag: str) -> None:
        ids = list(self.context.directory.tag_ids(tag))
        if not ids:
            self.refused[action.key] = f"Odoo has no tag {tag}, and the integration user may not create it; {INSTALL}"
            return
        if not self._held(ids):
            self.tags.append([4, ids[0]])
        self._require(action, tag_is(tag, ids, present=True))

    def _remove_tag(self, action: Clear, tag: str) -> None:
        ids = list(self.context.directory.tag_ids(tag))
        self.tags += [[3, ident] for ident in sorted(self._held(ids))]
        self._require(action, tag_is(tag, ids, present=False))

    def _held(self, ids: Sequence[int]) -> set[int]:
        """Those of these tags that the ticket has."""
        return set(ids) & set(numbers(self.context.ticket.get("tag_ids")))

    def _say(self, message: Say) -> None:
        match message.kind:
            case MessageKind.PUBLIC_MESSAGE:
                self._tell_customer(message)
            case MessageKind.INTERNAL_NOTE:
                self._note(message, [])
            case MessageKind.NOTIFY:
                self._note(message, self._people(message))
            case _:
                assert_never(message.kind)

    def _tell_customer(self, message: Say) -> None:
        context = self.context
        if not self._logs:
            fault = f"without the text field {LOG_FIELD} a message to the customer could go out twice; {INSTALL}"
            self.refused[message.key] = fault
        elif context.customer:
            self.public.append(post_of(message, int(context.ticket["id"]), [context.customer]))
        elif context.address:
            self.public.append(post_of(message, int(context.ticket["id"]), [], context.address))
        else:
            fault = "no message would reach the customer: give the ticket a contact that has an e-mail address"
            self.refused[message.key] = fault
            self.internal.append(unsent(message, int(context.ticket["id"]), fault))

    def _note(self, message: Say, people: Sequence[Recipient]) -> None:
        self.internal.append(post_of(message, int(self.context.ticket["id"]), people))

    def _people(self, action: Set | Say) -> list[Recipient]:
        """Those of an action's addresses that are in the database; the others are reported."""
        told = addresses(action.to)
        if missing := [address for address in told if address not in self.context.people]:
            advice = "add a contact with this address, or a channel under notify"
            self.unreached[f"{action.key}/address"] = f"Odoo has no contact {', '.join(missing)}; {advice}"
        return [self.context.people[address] for address in told if address in self.context.people]

    def finish(self, review: str) -> OdooUpdate:
        if self.status is not None:
            self._set_stage(self.status)
        held = self.context.ticket
        values = {name: value for name, value in self.wanted.items() if field_is(name, value)(held)}
        if self.tags:
            values["tag_ids"] = self.tags
        if self._logs and (values or self.held or self.public):
            values[LOG_FIELD] = self._log(review)
        posts = (*self.public, *self.internal)
        return OdooUpdate(values, tuple(self.followers), posts, self.checks, self.refused, self.unreached)

    def _set_stage(self, action: Set) -> None:
        status, team = (
            Status(str(action.value)),
            number(self.wanted.get("team_id") or self.context.ticket.get("team_id")),
        )
        present = number(self.context.ticket.get("stage_id"))
        if self.context.directory.status(present, self.context.connection) is status:
            stage: int | None = present  # another of the stages that mean the same is as good
        else:
            stage = stage_for(status, self.context.directory, self.context.connection, team)
        if stage is None:
            fault = f"no stage of the ticket's team means {status}; name one under statuses"
            self.refused[action.key] = fault
        else:
            self._set(action, "stage_id", stage)

    def _log(self, review: str) -> str:
        said = self.said | {announcement(post.key): "begun" for post in self.public}
        written = LogEntry(self.context.at, review, tuple(sorted(self.checks)), said, self.held)
        return write_log.appended(self.context.ticket.get(LOG_FIELD), written)
