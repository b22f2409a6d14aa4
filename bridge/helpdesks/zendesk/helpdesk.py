"""Zendesk as a helpdesk: read a ticket with its history, write one combined update, sweep, look at the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from zenpy.lib.api_objects import Ticket as ZenpyTicket
from zenpy.lib.exception import ZenpyException

from bridge.account import Account
from bridge.config.settings import API_TOKEN_END, ZendeskSettings, load_zendesk_settings
from bridge.decision import MessageKind, Plan, Set, SystemField
from bridge.errors import GiveUp, Gone, Retry
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, FIRST_SWEEP_S, RESTARTED_SWEEP_S, ZENDESK_SETTLE_S
from bridge.helpdesks.notifications import Notifier
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from bridge.helpdesks.zendesk.doctor import run_checks
from bridge.ports.helpdesk import Diagnosis, WriteResult
from bridge.ticket import Priority, Status, Ticket, TicketRef
from mappings.account import needs_people
from mappings.coercion import json_object, json_objects, parse_instant
from mappings.connection import Connection
from mappings.zendesk.account import to_account
from mappings.zendesk.actors import TicketSnapshot, user_ids_in
from mappings.zendesk.ticket import account_key, to_ticket
from mappings.zendesk.update import to_update
from mappings.zendesk.verification import UpdateResponse, verify
from mappings.zendesk.vocabulary import OUR_NAME, id_text

log = structlog.get_logger()

_SWEEP_PAGES = 5
_SINCE = "since:"


def connect(name: str, connection: Connection) -> ZendeskHelpdesk:
    """Open a connection with the credentials of the environment. Raises ``InputError``; nothing is sent yet."""
    settings = load_zendesk_settings(connection.env_prefix)
    if settings.is_legacy:
        log.warning("api tokens end soon", end=API_TOKEN_END, advice="create an OAuth client", connection=name)
    return ZendeskHelpdesk(name, connection, settings)


class ZendeskHelpdesk:
    """One Zendesk account; all methods may be called from any thread, and raise only :mod:`bridge.errors`."""

    settling_time = timedelta(0)

    def __init__(self, name: str, connection: Connection, settings: ZendeskSettings) -> None:
        self.name = name
        self.connection = connection
        self.mode = connection.mode
        self.known_fields = connection.known_fields
        """Names for which ``set_field`` can be carried out; the others need not be planned."""
        self._settings = settings
        self._client = ZendeskClient(settings)
        self._notifier = Notifier(connection.notify)
        self._people: TtlCache[Json] = TtlCache(CACHE_S, 5_000)
        self._organizations: TtlCache[Json] = TtlCache(CACHE_S, 1_000)
        self._unsettled: TtlCache[bool] = TtlCache(CACHE_S, 5_000)
        self._me: str | None = None

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:  # noqa: ARG002 (the audits tell all)
        """The ticket and its audit trail, now."""
        found, read_at = self._client.dated(f"tickets/{_number(ref)}.json", include="users,groups,organizations")
        ticket = json_object(found.get("ticket"))
        changed_at = parse_instant(ticket.get("updated_at"))
        if changed_at is None or id_text(ticket.get("id")) != ref.id:
            raise Retry(f"Zendesk's answer does not show the ticket {ref.id} and when it was changed")
        self._unsettled[str(ref)] = _is_unsettled(changed_at, read_at)
        # the audits come second: a change in between makes our stamp too old, which is safe; never the other way round
        audits = list(self._client.pages(f"tickets/{_number(ref)}/audits.json", "audits"))
        organization = _by_id(found.get("organizations"), ticket.get("organization_id"))
        for user in json_objects(found.get("users")):
            self._people[id_text(user.get("id"))] = dict(user)
        snapshot = TicketSnapshot(
            ticket, audits, self._users(user_ids_in(ticket, audits)), self._myself(audits), organization
        )
        if organization and (key := account_key(snapshot, self.connection)):
            self._organizations[key] = dict(organization)
        return to_ticket(ref, snapshot, self.connection)

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        """Write a plan in one update that expects ``ticket.version``, and confirm it from the answer.

        Roles with a channel of their own are told after the write; what did not reach them is in ``refused`` under
        ``<key>/channel``, which no action has, so that it is reported and never written twice.
        """
        update = to_update(ticket, plan, review, self.connection)
        if not update.ticket:
            return WriteResult(frozenset(), update.deferred, update.refused, ticket.version)
        if self._unsettled.get(str(ticket.ref)):
            raise Retry("the ticket was changed in the very second it was read in", after=ZENDESK_SETTLE_S)
        if _solves(plan) and ticket.assignee is None and self._me:
            update.ticket["assignee_id"] = int(self._me)  # Zendesk solves no ticket that nobody has
        speaks = any(message.kind is not MessageKind.INTERNAL_NOTE for message in plan.messages)
        with self._client.lane(urgent=speaks or ticket.priority is Priority.URGENT):
            answer = self._put(ticket, update.ticket)
        confirmed, unproven = verify(update.checks, answer)
        told = self._notifier.carry(ticket, plan, confirmed)
        version = str(answer.ticket.get("updated_at") or "")
        return WriteResult(confirmed, update.deferred, update.refused | unproven | told, version)

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        """Tickets changed after ``cursor`` and the next cursor; None starts a little before ``now``."""
        cursor = cursor or _since(now - timedelta(seconds=FIRST_SWEEP_S))
        refs: dict[TicketRef, None] = {}
        for page in self._export(cursor, now):
            for ticket in json_objects(page.get("tickets")):
                refs[TicketRef(connection=self.name, id=str(ticket.get("id")))] = None
            cursor = str(page.get("after_cursor") or cursor)
        return list(refs), cursor

    def account(self, ticket: Ticket) -> Account | None:
        """What the ticket's organization says, in the words of the connection; None without an organization."""
        if ticket.account is None:
            return None
        organization = self._organizations.get(ticket.account) or self._organization_of(ticket)
        if organization is None:
            return None
        users: list[Json] = []
        if needs_people(self.connection):
            users = list(self._client.pages(f"organizations/{id_text(organization.get('id'))}/users.json", "users"))
        account, faults = to_account(organization, users, self.connection)
        for fault in faults:
            log.warning("account word not usable", connection=self.name, fault=fault)
        return account

    def diagnose(self) -> Iterable[Diagnosis]:
        """Credentials, rights, ids and webhooks, one line each, with advice."""
        return run_checks(self._client, self._settings, self.connection)

    def _put(self, ticket: Ticket, values: Json) -> UpdateResponse:
        stamp = {"safe_update": True, "updated_stamp": ticket.version}
        try:
            return self._update(_number(ticket.ref), values | stamp)
        except GiveUp as error:
            if "followers" not in values or "follower" not in str(error).lower():
                raise
            # Zendesk takes only agents as followers; the word itself must not be lost for that
            log.warning("followers refused", ticket=str(ticket.ref), reason=str(error))
            rest = {name: value for name, value in values.items() if name != "followers"}
            return self._update(_number(ticket.ref), rest | stamp)

    def _update(self, number: int, values: Json) -> UpdateResponse:
        """One attempt with a fresh object: zenpy forgets after a failure what of an old one is still to be sent."""
        try:
            answer = self._client.zenpy.tickets.update(ZenpyTicket(id=number, **values))
        except ZenpyException as error:
            raise Retry(f"Zendesk's answer to the update cannot be read: {error}") from error
        return UpdateResponse(_plain(getattr(answer, "ticket", answer)), _plain(getattr(answer, "audit", None)))

    def _export(self, cursor: str, now: datetime) -> Iterator[Json]:
        """Pages of the incremental export; what a rate limit leaves over is for the next sweep."""
        for number in range(_SWEEP_PAGES):
            start = cursor.removeprefix(_SINCE)
            where: dict[str, str | int] = (
                {"start_time": int(start)} if cursor.startswith(_SINCE) else {"cursor": cursor}
            )
            try:
                page = self._client.get("incremental/tickets/cursor.json", **where, per_page=500)
            except Retry:
                if number == 0:
                    raise
                return
            except GiveUp as error:
                if cursor == _since(now - timedelta(seconds=RESTARTED_SWEEP_S)):
                    raise
                log.warning("export cursor refused, looking at the last day", connection=self.name, reason=str(error))
                cursor = _since(now - timedelta(seconds=RESTARTED_SWEEP_S))
                continue
            yield page
            following = page.get("after_cursor")
            if page.get("end_of_stream", True) or not following or following == cursor:
                return
            cursor = str(following)

    def _users(self, ids: set[str]) -> dict[str, Json]:
        found: dict[str, Json] = {number: user for number in ids if (user := self._people.get(number))}
        missing = sorted(ids - found.keys())
        for start in range(0, len(missing), 100):
            try:
                answer = self._client.get("users/show_many.json", ids=",".join(missing[start : start + 100]))
            except Gone:
                break  # none of them exists any more; the mapping knows what to think of strangers
            found |= {id_text(user.get("id")): dict(user) for user in json_objects(answer.get("users"))}
        for number in missing:
            if number in found:
                self._people[number] = found[number]
        return found

    def _myself(self, audits: Sequence[Json]) -> str:
        """The id of the integration user; where Zendesk does not tell it, the author of what carries our mark."""
        if self._me is None:
            try:
                self._me = id_text(json_object(self._client.get("users/me.json").get("user")).get("id"))
            except Gone:
                self._me = ""
        marked = (
            audit for audit in audits if OUR_NAME in json_object(json_object(audit.get("metadata")).get("custom"))
        )
        return self._me or next((id_text(audit.get("author_id")) for audit in marked), "")

    def _organization_of(self, ticket: Ticket) -> Json | None:
        found = self._client.get(f"tickets/{_number(ticket.ref)}.json", include="organizations")
        return _by_id(found.get("organizations"), json_object(found.get("ticket")).get("organization_id"))


def _is_unsettled(changed_at: datetime, read_at: datetime | None) -> bool:
    """Whether a ticket was read so soon after its change that another change may have the same stamp."""
    return read_at is not None and abs((read_at - changed_at).total_seconds()) < ZENDESK_SETTLE_S


def _solves(plan: Plan) -> bool:
    return any(
        isinstance(action, Set) and action.target is SystemField.STATUS and action.value == Status.SOLVED
        for action in plan.actions
    )


def _number(ref: TicketRef) -> int:
    if not ref.id.isascii() or not ref.id.isdecimal():
        raise Gone(f"{ref.id!r} is no Zendesk ticket id; they are numbers")
    return int(ref.id)


def _since(start: datetime) -> str:
    return f"{_SINCE}{int(start.timestamp())}"


def _by_id(found: object, number: object) -> Json | None:
    wanted = id_text(number)
    return next((dict(item) for item in json_objects(found) if wanted and id_text(item.get("id")) == wanted), None)


def _plain(found: Any) -> Json:
    return dict(found.to_dict()) if hasattr(found, "to_dict") else {}
