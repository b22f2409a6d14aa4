"""Saying things on an Odoo ticket: each message once, on a ticket that is as it was, and to somebody.

A post changes the world and cannot be undone, its answer may be lost, and Odoo may carry it out long after we gave up
waiting. So a message to the customer is announced in the ticket's log before it is posted. Who finds an announcement
and no message waits until no request of that time can be under way any more, and looks again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bridge.decision import Plan
from bridge.errors import Conflict, GiveUp, HelpdeskError
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import ODOO_COMMIT_S, ODOO_MESSAGES_FRESH_S, ODOO_POST_WITHIN_S
from bridge.helpdesks.odoo.client import OdooClient
from mappings.odoo.messages import ChatterMessage, find_announcement, message_id_of
from mappings.odoo.schema import MODEL
from mappings.odoo.vocabulary import vocabulary

QUIET: dict[str, Any] = {"mail_create_nosubscribe": True, "mail_post_autofollow_author_skip": True}
"""The integration user does not become a follower of what it writes to; Odoo 19 has a word of its own for it."""


class MessagePoster:
    """What one review has to say on one ticket."""

    def __init__(
        self, client: OdooClient, unsent: TtlCache[bool], review: str, ident: int, plan: Plan, last_seen: int
    ) -> None:
        """``unsent``: reviews whose announcements this process surely has not carried out; ``last_seen``: the newest
        message on the ticket when the plan was made."""
        self._client, self._unsent, self._review = client, unsent, review
        self._ident, self._last_seen = ident, last_seen
        self._ids = {message.key: message_id_of(message, ident) for message in plan.messages}
        self._public = [message.key for message in plan.messages if message.is_public]
        self._begun = time.time()  # not a steady clock: that one stands still while a machine sleeps
        self._unsent[review] = True

    def doubtful(self, log: object, at: datetime) -> dict[str, float]:
        """Messages to the customer that an earlier attempt may still bring, and the seconds until it cannot any more.

        ``log``: of the ticket; ``at``: the present, by Odoo's clock. Raises ``Conflict`` when somebody has said
        something new.
        """
        there = self._listen()
        found: dict[str, float] = {}
        for key in self._public:
            entry = find_announcement(log, key)
            if entry and self._ids[key] not in there and not self._unsent.get(entry.review):
                left = ODOO_COMMIT_S - (at - entry.at).total_seconds()
                found |= {key: left} if left > 0 else {}
        return found

    def say(self, posts: Sequence[ChatterMessage]) -> tuple[frozenset[str], dict[str, str]]:
        """Post what is not there yet: keys of the actions that are on the ticket now, and who could not be told."""
        there: frozenset[str] = frozenset()
        unheard: dict[str, str] = {}
        looked = 0.0
        for post in posts:
            if time.time() - looked > ODOO_MESSAGES_FRESH_S:
                there, looked = self._listen(post.message_id for post in posts), time.time()
            if post.message_id in there:
                continue
            if post.public and time.time() - self._begun > ODOO_POST_WITHIN_S:
                raise Conflict("too long ago that a message to the customer was announced; look again")
            unheard |= self._remind(post)
            unheard |= self._post(post)
        return frozenset(post.key for post in posts) & self._ids.keys(), unheard

    def _listen(self, besides: Iterable[str] = ()) -> frozenset[str]:
        """Message-Ids of ours that are on the ticket. Raises ``Conflict`` when somebody has said something new.

        Ours are asked for by their id besides: a message gets its number before it can be seen, so that a later one
        may be seen first.
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
            if spoken and row["message_id"] not in ours and not ours_too:  # a stage we wrote may send a mail of its own
                raise Conflict("somebody has written on the ticket after it was looked at")
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
        if not post.public or self._is_told(post, made):
            return {}
        return {f"{post.key}/reach": "Odoo has posted the message and did not tell the customer of it"}

    def _is_told(self, post: ChatterMessage, made: Sequence[int]) -> bool:
        if post.address:
            about = [("mail_message_id", "in", made), ("mail_email_address", "=", post.address)]
            return self._client.search_count("mail.notification", about) > 0
        told = self._client.read("mail.message", made, ["notified_partner_ids"])
        return bool(told) and set(post.partners) <= set(told[0]["notified_partner_ids"])

    def _remind(self, post: ChatterMessage) -> dict[str, str]:
        """An activity for each user who has to know, unless the very same one is open already."""
        faults: dict[str, str] = {}
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
            except GiveUp as error:  # one who may not see the ticket is told by the note all the same
                faults[f"{post.key}/activity"] = str(error)
        return faults
