"""A record's followers and what is said on it, whoever says it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.tables import Row

COMMENT, NOTE = "mail.mt_comment", "mail.mt_note"
_serial = itertools.count(311_457_395_553_589)


class Discussion(Model):
    """Records with messages and followers."""

    def follow(self, partners: Iterable[int]) -> None:
        table = self.env.sudo()["mail.followers"]
        known = self.followers()
        for partner in partners:
            if partner not in known:
                table.insert({"res_model": self.name, "res_id": self.id, "partner_id": partner})

    def unfollow(self, partners: Iterable[int]) -> None:
        gone = [row["id"] for row in self._follower_rows() if row["partner_id"] in set(partners)]
        self.env.sudo().on("mail.followers", gone).delete_rows()

    def followers(self) -> set[int]:
        """Contacts that follow the record."""
        return {row["partner_id"] for row in self._follower_rows()}

    def _follower_rows(self) -> list[Row]:
        rows = self.env.sudo()["mail.followers"].rows()
        return [row for row in rows if (row["res_model"], row["res_id"]) == (self.name, self.id)]

    def _message_ids(self) -> list[int]:
        messages = self.env.sudo()["mail.message"].rows()
        return sorted(m["id"] for m in messages if (m["model"], m["res_id"]) == (self.name, self.id))

    def _compute_message_partner_ids(self, row: Row) -> tuple[int, ...]:
        return tuple(sorted(self.of([row["id"]]).followers()))

    def _compute_has_message(self, row: Row) -> bool:
        return bool(self.of([row["id"]])._message_ids())

    def say(self, body: str, *, kind: str = "notification", subtype: str | int | None = NOTE, **values: Any) -> int:
        """Add a message to the record; returns its id.

        ``body`` is markup; ``values``: other fields of the message. Its author is the user, unless ``author_id`` names
        another contact, or False for nobody.
        """
        env = self.env
        author = values.pop("author_id", None)
        author = env.partner_id if author is None else author
        partner = env.row("res.partner", author) or {}
        address = f'"{partner["name"]}" <{partner["email"]}>' if partner.get("email") else None
        made = {
            "model": self.name,
            "res_id": self.id,
            "date": env.wall.replace(microsecond=0),
            "body": body,
            "message_type": kind,
            "subtype_id": env.ref(subtype) if isinstance(subtype, str) else subtype,
            "author_id": author,
            "email_from": address,
            "reply_to": address,
            "message_id": f"<{next(_serial)}.{env.now:%Y%m%d%H%M%S}-openerp-{self.id}-{self.name}@odoo.example>",
            **{name: value for name, value in values.items() if value not in (None, False)},
        }
        for name in {"partner_ids", "notified_partner_ids"} & set(made):
            made[name] = [[6, 0, sorted(made[name])]]
        message = env.sudo()["mail.message"].insert(made)
        self._notify(message, values)
        return message

    def _notify(self, message: int, values: Mapping[str, Any]) -> None:
        """A row for everybody who is told of a message; mails are handed over at once."""
        table = self.env.sudo()["mail.notification"]
        for partner in values.get("notified_partner_ids") or ():
            notification = {"mail_message_id": message, "res_partner_id": partner, "notification_type": "email"}
            mailable = "@" in str((self.env.row("res.partner", partner) or {}).get("email") or "")
            failure = {"notification_status": "exception", "failure_type": "mail_email_invalid"}
            table.insert(notification | ({"notification_status": "sent"} if mailable else failure))
        for address in str(values.get("outgoing_email_to") or "").split(","):
            if address.strip():
                notification = {"mail_message_id": message, "mail_email_address": address.strip()}
                table.insert({**notification, "notification_type": "email", "notification_status": "sent"})
