"""Posting messages on an Odoo ticket: each one once, on a ticket that has not changed, to somebody who is notified.

A post cannot be undone, its response may be lost, and Odoo may carry it out long after we stopped waiting. Therefore a
message to the customer is announced in the ticket's log before it is posted. If a later attempt finds the announcement
but no message, it waits until the earlier request can no longer be in progress, and then checks again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bridge.decision import Plan
from bridge.errors import Conflict, GiveUp, Gone, HelpdeskError
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import ODOO_COMMIT_S, ODOO_MESSAGES_FRESH_S, ODOO_POST_WITHIN_S
from bridge.helpdesks.odoo.client import OdooClient
from mappings.odoo.delivery import NOTIFICATION_FIELDS
from mappings.odoo.messages import ChatterMessage, find_announcement, message_id_of
from mappings.odoo.schema import MODEL
from mappings.odoo.vocabulary import vocabulary

QUIET: dict[str, Any] = {"mail_create_nosubscribe": True, "mail_post_autofollow_author_skip": True}
"""Context that keeps the integration user from becoming a follower; Odoo 19 has a key of its own for messages."""


class MessagePoster:
    """Posts the messages of one review on one ticket."""

    def __init__(
        self, client: OdooClient, unsent: TtlCache[bool], review: str, ident: int, plan: Plan, last_seen: int
    ) -> None:
        """``unsent``: reviews whose announced messages this process has certainly not posted. ``last_seen``: id of the
        newest message on the ticket when the plan was made."""
        self._client, self._unsent, self._review = client, unsent, review
        self._ident, self._last_seen = ident, last_seen
        self._ids = {message.key: message_id_of(message, ident) for message in plan.messages}
        self._public = [message.key for message in plan.messages if message.is_public]
        self._started_at = time.time()  # not the monotonic clock, which stops while the machine sleeps
        self._unsent[review] = True

    def pending(self, log: object, now: datetime) -> dict[str, float]:
        """Messages to the customer that an earlier attempt may still post, and the seconds until it no longer can.

        ``log``: the ticket's log. ``now``: by Odoo's clock. Raises ``Conflict`` if there is a new message of anybody
        else.
        """
        there = self._existing_ids()
        found: dict[str, float] = {}
        for key in self._public:
            entry = find_announcement(log, key)
            if entry and self._ids[key] not in there and not self._unsent.get(entry.review):
                left = ODOO_COMMIT_S - (now - entry.at).total_seconds()
                found |= {key: left} if left > 0 else {}
        return found

    def post_all(self, posts: Sequence[ChatterMessage]) -> tuple[frozenset[str], dict[str, str]]:
        """Post the messages that are not there yet; returns the keys of those that are, and who was not notified."""
        there: frozenset[str] = frozenset()
        unnotified: dict[str, str] = {}
        checked_at = 0.0
        for post in posts:
            if time.time() - checked_at > ODOO_MESSAGES_FRESH_S:
                there, checked_at = self._existing_ids(post.message_id for post in posts), time.time()
            if post.message_id in there:
                continue
            if post.public and time.time() - self._started_at > ODOO_POST_WITHIN_S:
                raise Conflict("a message to the customer was announced too long ago; review the ticket again")
            unnotified |= self._schedule_activities(post)
            try:
                unnotified |= self._post(post)
            except Gone:
                raise
            except GiveUp as error:  # the others stand without it
                unnotified[post.key] = str(error)
        return frozenset(post.key for post in posts) & self._ids.keys() - unnotified.keys(), unnotified

    def _existing_ids(self, besides: Iterable[str] = ()) -> frozenset[str]:
        """Our Message-Ids on the ticket. Raises ``Conflict`` if there is a new message of anybody else.

        Our own are also searched by Message-Id, because a message gets its id before it is committed, so one with a
        higher id may be visible earlier.
        """
        ours = list({*self._ids.values(), *besides})
        rows = self._client.search_read(
            "mail.message",
            [
                ("model", "=", MODEL),
                ("res_id", "=", self._ident),
                "|",
                ("id", ">", self._last_seen),
                ("message_id", "in", ours),
            ],
            ["message_id", "message_type", "mail_activity_type_id", "create_uid"],
            order="id",
        )
        for row in rows:
            spoken = row["message_type"] in vocabulary().spoken or row["mail_activity_type_id"]
            ours_too = row["message_type"] in vocabulary().template and row["create_uid"] == self._client.uid
            if spoken and row["message_id"] not in ours and not ours_too:  # a stage that we wrote may send its own mail
                raise Conflict("somebody wrote on the ticket after it was fetched")
        return frozenset(row["message_id"] for row in rows)

    def _post(self, post: ChatterMessage) -> dict[str, str]:
        self._unsent[self._review] = False
        try:
            made = self._client.call(
                MODEL,
                "message_post",
                [self._ident],
                body=post.body,
                body_is_html=True,
                message_type="comment",
                subtype_xmlid="mail.mt_comment" if post.public else "mail.mt_note",
                partner_ids=list(post.partners),
                message_id=post.message_id,
                context=QUIET,
                **({"outgoing_email_to": post.address} if post.address else {}),
            )
        except HelpdeskError as error:
            self._unsent[self._review] = getattr(error, "after", None) != ODOO_COMMIT_S
            raise
        why = self._why_not_reached(post, made) if post.public else ""
        return {f"{post.key}/reach": f"Odoo posted the message, but {why}"} if why else {}

    def _why_not_reached(self, post: ChatterMessage, made: Sequence[int]) -> str:
        """Why the customer did not get a message, as far as Odoo knows right after it was posted."""
        by_partner = ("res_partner_id", "in", list(post.partners))
        to = ("mail_email_address", "=", post.address) if post.address else by_partner
        about = [("mail_message_id", "in", made), to]
        rows = self._client.search_read("mail.notification", about, NOTIFICATION_FIELDS, order="id")
        if not rows:
            return "did not notify the customer"
        failed = [row for row in rows if row["notification_status"] in vocabulary().undelivered]
        kinds = sorted({str(row["failure_type"] or "unknown reason") for row in failed})
        named = ", ".join(vocabulary().failures.get(kind, kind) for kind in kinds)
        return f"could not deliver it: {named}" if len(failed) == len(rows) else ""

    def _schedule_activities(self, post: ChatterMessage) -> dict[str, str]:
        """Schedule an activity for each user, unless the same one is still open; returns who did not get one."""
        problems: dict[str, str] = {}
        for user in post.users:
            same = [("res_model", "=", MODEL), ("res_id", "=", self._ident), ("user_id", "=", user)]
            if self._client.search_count("mail.activity", [*same, ("summary", "=", post.summary)]):
                continue
            try:
                self._client.call(
                    MODEL,
                    "activity_schedule",
                    [self._ident],
                    act_type_xmlid="mail.mail_activity_data_todo",
                    summary=post.summary,
                    note=post.body,
                    user_id=user,
                )
            except GiveUp as error:  # the user may not see the ticket; the note remains
                problems[f"{post.key}/activity"] = str(error)
        return problems
