"""Zendesk as a helpdesk: read a ticket with its history, write one combined update, find changed tickets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

import structlog
from zenpy.lib.exception import ZenpyException

from bridge.account import Account
from bridge.config.zendesk_settings import API_TOKEN_END, ZendeskSettings, load_zendesk_settings
from bridge.decision import MessageKind, Plan, Set, SystemField
from bridge.errors import Conflict, GiveUp, Gone, Retry
from bridge.helpdesks.http.rate_limit import Precedence
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, ZENDESK_SETTLE_S
from bridge.helpdesks.notifications import Notifier
from bridge.helpdesks.unread_type import with_readable_type
from bridge.helpdesks.zendesk.changes import changed_since, cursor_at
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from bridge.helpdesks.zendesk.deliveries import Deliveries
from bridge.helpdesks.zendesk.doctor import missing_names, run_checks
from bridge.helpdesks.zendesk.merged_tickets import MergedTickets
from bridge.helpdesks.zendesk.metric_events import MetricEvents
from bridge.helpdesks.zendesk.open_tickets import open_tickets
from bridge.helpdesks.zendesk.people import People, find_by_id
from bridge.helpdesks.zendesk.ticket_fields import TicketFields
from bridge.helpdesks.zendesk.zenpy_objects import as_json, zenpy_ticket
from bridge.policy.model import Policy
from bridge.ports.call_budget import DrawFromBudget, unlimited
from bridge.ports.helpdesk import (
    BeforeWrite,
    Diagnosis,
    MayMeetOthers,
    OpenTickets,
    WriteResult,
    always_write,
    meets_nobody,
)
from bridge.ports.native_targets import NativeTargets
from bridge.ticket import Priority, Status, Ticket, TicketRef
from mappings.account import needs_people
from mappings.coercion import json_object, json_objects, parse_instant
from mappings.connection import Connection
from mappings.zendesk.account import to_account
from mappings.zendesk.actors import TicketSnapshot, user_ids_in
from mappings.zendesk.ticket import account_key, to_ticket
from mappings.zendesk.update import to_update
from mappings.zendesk.verification import UpdateResponse, verify
from mappings.zendesk.vocabulary import id_text

log = structlog.get_logger()


def connect(
    name: str,
    connection: Connection,
    before_write: BeforeWrite = always_write,
    may_meet_others: MayMeetOthers = meets_nobody,  # noqa: ARG001 (a ticket that anybody has changed refuses our update)
    draw: DrawFromBudget = unlimited,
) -> ZendeskHelpdesk:
    """Open a connection with the credentials of the environment, without a call yet. Raises ``InputError``."""
    settings = load_zendesk_settings(connection.env_prefix)
    if settings.is_legacy:
        log.warning(
            "api_tokens_end_soon", end=API_TOKEN_END.isoformat(), advice="create an OAuth client", connection=name
        )
    return ZendeskHelpdesk(name, connection, settings, before_write, draw)


class ZendeskHelpdesk:
    """One Zendesk account. All methods may be called from any thread and raise only :mod:`bridge.errors`."""

    settling_time = timedelta(0)

    def __init__(
        self,
        name: str,
        connection: Connection,
        settings: ZendeskSettings,
        before_write: BeforeWrite = always_write,
        draw: DrawFromBudget = unlimited,
    ) -> None:
        self.name = name
        self.connection = connection
        self.mode = connection.mode
        self.known_fields = connection.known_fields
        """Fields that the bridge can write; plans leave out the others."""
        self._settings = settings
        self._client = ZendeskClient(settings, name, before_write=before_write, draw=draw)
        self._notifier = Notifier(connection.notify, before_write=before_write)
        self._people = People(self._client)
        self._deliveries = Deliveries(self._client)
        self._merged = MergedTickets(self._client)
        self._fields = TicketFields(self._client)
        self._unsettled: TtlCache[bool] = TtlCache(CACHE_S, 5_000)

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:  # noqa: ARG002 (audits are a full history)
        """The ticket and its audits, now."""
        path = f"tickets/{_number(ref)}"
        found, read_at = self._client.get_with_time(f"{path}.json", include="users,groups,organizations")
        ticket = json_object(found.get("ticket"))
        changed_at = parse_instant(ticket.get("updated_at"))
        if changed_at is None or id_text(ticket.get("id")) != ref.id:
            raise Retry(f"Zendesk's response does not contain ticket {ref.id} and its updated_at")
        self._unsettled[str(ref)] = _is_unsettled(changed_at, read_at)
        # The audits come second. A change in between makes our updated_at too old, and the write is refused; the other
        # way round it would overwrite a change that we have not seen.
        audits = list(self._client.pages(f"{path}/audits.json", "audits"))
        self._people.remember(json_objects(found.get("users")))
        organization = find_by_id(found.get("organizations"), ticket.get("organization_id"))
        merged = self._merged.of(audits)
        users = self._people.users(set().union(*(user_ids_in(*each) for each in ((ticket, audits), *merged.values()))))
        me = self._people.integration_user_id(audits)
        identities, notifications = self._deliveries.identities(ticket), self._deliveries.notifications(ticket)
        sources = {ident: TicketSnapshot(*each, users, me) for ident, each in merged.items()}
        missing = self._fields.missing(ticket, self.connection)
        snapshot = TicketSnapshot(ticket, audits, users, me, organization, identities, notifications, missing, sources)
        if organization and (key := account_key(snapshot, self.connection)):
            self._people.remember_organization(key, organization)
        return with_readable_type(to_ticket(ref, snapshot, self.connection))

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        """Write a plan in one update that expects ``ticket.version``, and confirm it from the response.

        Channels outside Zendesk are notified after the write. Those that failed are in ``refused`` under
        ``<key>/channel``, which is not an action's key, so they are reported but not tried again.
        """
        update = to_update(ticket, plan, review, self.connection, self._fields.written_by(plan))
        if not update.ticket:
            return WriteResult(frozenset(), update.deferred, update.refused, ticket.version)
        if self._unsettled.get(str(ticket.ref)):
            raise Retry("the ticket was changed in the same second in which it was read", after=ZENDESK_SETTLE_S)
        if _solves(plan) and ticket.assignee is None and self._people.integration_user:
            # a solved ticket needs an assignee: https://support.zendesk.com/hc/en-us/articles/4408894213018
            update.ticket["assignee_id"] = int(self._people.integration_user)
        has_recipients = any(message.kind is not MessageKind.INTERNAL_NOTE for message in plan.messages)
        is_urgent = has_recipients or ticket.priority is Priority.URGENT
        with self._client.precedence(Precedence.URGENT) if is_urgent else nullcontext():
            response = self._put(ticket, update.ticket)
        confirmed, unproven = verify(update.checks, response)
        undelivered = self._notifier.notify(ticket, plan, confirmed)
        version = str(response.ticket.get("updated_at") or "")
        return WriteResult(confirmed, update.deferred, update.refused | unproven | undelivered, version)

    def ticket_url(self, ref: TicketRef) -> str:
        """The ticket in the agents' workspace."""
        return f"{self._settings.base_url}/agent/tickets/{ref.id}"

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        """Tickets changed after ``cursor`` and the next cursor; None starts a little before ``now``."""
        ids, following = changed_since(self._client, cursor, now)
        return [TicketRef(connection=self.name, id=number) for number in ids], following

    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """A page of the unsolved tickets, by the export of a search."""
        ids, following = open_tickets(self._client, cursor)
        return OpenTickets([TicketRef(connection=self.name, id=number) for number in ids], following)

    def in_background(self) -> AbstractContextManager[None]:
        """In this context the thread's calls leave half of our share of the rate limits to others."""
        return self._client.precedence(Precedence.BACKGROUND)

    def for_person(self) -> AbstractContextManager[None]:
        """In this context the thread's calls may use whatever is left of the rate limits, and wait for it."""
        return self._client.precedence(Precedence.PERSON)

    def cursor_at(self, instant: datetime) -> str:
        """A cursor that starts at an instant of the past."""
        return cursor_at(instant)

    def account(self, ticket: Ticket) -> Account | None:
        """The account of the ticket's organization; None without an organization."""
        if ticket.account is None:
            return None
        organization = self._people.organization(ticket.account, _number(ticket.ref))
        if organization is None:
            return None
        users = self._people.users_of(organization) if needs_people(self.connection) else []
        return to_account(organization, users, self.connection)

    def native_targets(self, since: datetime) -> NativeTargets:
        """What Zendesk's own SLA said of tickets since an instant."""
        return MetricEvents(self._client, since).targets

    def probe(self) -> None:
        """Read one ticket: the cheapest call that shows that the connection works."""
        self._client.get("tickets.json", **{"page[size]": 1})

    def missing(self) -> list[str]:
        """What the connection names and the account does not have, or has switched off."""
        return missing_names(self._client, self._settings, self.connection)

    def clock_problem(self) -> str:
        """Why this machine's clock is not to be trusted; empty: it agreed with the date of Zendesk's last response."""
        return self._client.clock_check.problem()

    def diagnose(self, policies: Sequence[Policy] = ()) -> Iterable[Diagnosis]:
        """Check credentials, rights, ids and webhooks, one line each, with advice."""
        return run_checks(self._client, self._settings, self.connection, policies)

    def _put(self, ticket: Ticket, values: Json) -> UpdateResponse:
        """One update; without its followers if Zendesk refuses them."""
        # with safe_update Zendesk answers 409 if the ticket has changed since updated_stamp:
        # https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
        stamp = {"safe_update": True, "updated_stamp": ticket.version}
        try:
            return self._update(_number(ticket.ref), values | stamp)
        except GiveUp as error:
            if "closed" in error.explanation and ticket.status is not Status.CLOSED and self._is_closed(ticket):
                raise Conflict("the ticket was closed meanwhile") from error
            if "followers" not in values or "follower" not in str(error).lower():
                raise
            # only agents can be followers; the message itself must not be lost because of that
            log.warning("followers_refused", ticket=str(ticket.ref), reason=str(error))
            rest = {name: value for name, value in values.items() if name != "followers"}
            return self._update(_number(ticket.ref), rest | stamp)

    def _is_closed(self, ticket: Ticket) -> bool:
        now = json_object(self._client.get(f"tickets/{_number(ticket.ref)}.json").get("ticket"))
        return now.get("status") == "closed"

    def _update(self, number: int, values: Json) -> UpdateResponse:
        # a new object for each attempt: after an error zenpy 2.0.57 forgets what is still to be sent (measured)
        try:
            response = self._client.zenpy.tickets.update(zenpy_ticket(number, values))
        except ZenpyException as error:
            raise Retry(f"Zendesk's response to the update cannot be read: {error}") from error
        return UpdateResponse(as_json(getattr(response, "ticket", response)), as_json(getattr(response, "audit", None)))


def _is_unsettled(changed_at: datetime, read_at: datetime | None) -> bool:
    """Whether another change in the same second could have the same ``updated_at``, which has whole seconds."""
    return read_at is not None and abs((read_at - changed_at).total_seconds()) < ZENDESK_SETTLE_S


def _solves(plan: Plan) -> bool:
    return any(
        isinstance(action, Set) and action.target is SystemField.STATUS and action.value == Status.SOLVED
        for action in plan.actions
    )


def _number(ref: TicketRef) -> int:
    if not ref.id.isascii() or not ref.id.isdecimal():
        raise Gone(f"{ref.id!r} is not a Zendesk ticket id, which is a number")
    return int(ref.id)
