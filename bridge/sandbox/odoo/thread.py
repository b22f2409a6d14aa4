"""Records with a conversation: what is posted there, who follows, and the history of tracked fields."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bridge.sandbox.odoo import errors, tracking
from bridge.sandbox.odoo.discussion import COMMENT, NOTE, Discussion
from bridge.sandbox.odoo.env import RecordSet
from bridge.sandbox.odoo.field import DAY, markup, plain
from bridge.sandbox.odoo.model import on_records
from bridge.sandbox.odoo.tables import Row

_POSTABLE = {
    "message_id",
    "date",
    "reply_to",
    "is_internal",
    "mail_activity_type_id",
    "outgoing_email_to",
}
"""Further fields of a message that a caller may give."""


class Thread(Discussion):
    """Records that people talk about, whose tracked fields have a history, and that have activities."""

    created_subtype = NOTE
    """What the message about a new record is."""

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        ident = super().insert(values, echoes=echoes)
        record, context = self.of([ident]), self.env.context
        if not (context.get("mail_create_nosubscribe") or context.get("tracking_disable")):
            record.follow([self.env.partner_id])
        record.assigned(None)
        if not (context.get("mail_create_nolog") or context.get("tracking_disable")):
            text = f'<div summary="o_mail_notification"><p>{self.schema.title} created</p></div>'
            record.say(text, subtype=self.created_subtype)
        return ident

    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None:
        before = {row["id"]: row for row in self.rows(self.ids)}
        super().update_rows(values, echoes=echoes)
        for ident, old in before.items():
            record = self.of([ident])
            if "user_id" in values:
                record.assigned(old)
            if not (self.env.context.get("mail_notrack") or self.env.context.get("tracking_disable")):
                changes = list(tracking.differences(record, old, self.row(ident) or {}))
                if changes:
                    message = record.say("", subtype=NOTE, is_internal=True)
                    tracking.keep(self.env, message, changes)
                    record.tracked({field.name for _, field, _ in changes})

    def tracked(self, names: Collection[str]) -> None:
        """Tracked fields of the only record have changed, and nobody asked for silence."""

    def assigned(self, before: Row | None) -> None:
        """Tell and add as a follower whom the record is assigned to now, when somebody else did that."""
        row = self.row(self.id) or {}
        user, context = row.get("user_id"), self.env.context
        if not user or user == (before or {}).get("user_id") or context.get("tracking_disable"):
            return
        partner = (self.env.row("res.users", user) or {})["partner_id"]
        self.follow([partner])
        if user != self.env.uid and not context.get("mail_auto_subscribe_no_notify"):
            who = html.escape(str((self.env.row("res.partner", partner) or {})["name"]))
            about = html.escape(f"{self.schema.title} {self.label(row)}")
            text = (
                f"<span><span>Dear {who},</span>\n    <br><br>\n"
                f'    <span style="margin-top:8px">You have been assigned to the {about}.</span>\n    <br></span>'
            )
            self.say(
                text,
                kind="user_notification",
                subject=f"You have been assigned to {self.label(row)}",
                is_internal=True,
                partner_ids=(partner,),
                notified_partner_ids=(partner,),
            )

    @on_records
    def message_post(
        self,
        *,
        body: str = "",
        subject: str | None = None,
        message_type: str = "notification",
        email_from: str | None = None,
        author_id: int | None = None,
        parent_id: int | bool = False,
        subtype_xmlid: str | None = None,
        subtype_id: int | bool = False,
        partner_ids: Sequence[int] | None = None,
        attachments: Any = None,  # noqa: ARG002 - files are not modelled
        attachment_ids: Any = None,  # noqa: ARG002
        body_is_html: bool = False,
        **kwargs: Any,
    ) -> RecordSet:
        """Neither touches the record's ``write_date`` nor fires its automations."""
        self.env.allow(self.name, "read")
        self._existing("read")
        self._check_postable(kwargs)
        record = self.of([self.id])
        author, public = author_id or self.env.partner_id, subtype_xmlid == COMMENT
        listeners = set(partner_ids or ()) | (record.followers() if public else set())
        if not self.env.context.get("mail_create_nosubscribe") and (public or self.env.series < 19):
            record.follow([author])
        message = record.say(
            markup(body) if body_is_html and self._is_internal_user() else plain(str(body)),
            kind=message_type,
            subtype=self._subtype(subtype_xmlid) or int(subtype_id or self.env.ref(NOTE)),
            subject=subject or (self.label(record.row(record.id) or {}) if public else None),
            author_id=author,
            email_from=email_from,
            parent_id=parent_id or max(record._message_ids(), default=None),
            partner_ids=tuple(partner_ids or ()),
            notified_partner_ids=tuple(listeners - {author}),
            **kwargs,
        )
        return self.env.on("mail.message", [message])

    def _check_postable(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in _POSTABLE or (name not in self.env["mail.message"].fields and name != "email_layout_xmlid"):
                raise errors.value_error(f"Those values are not supported when posting or notifying: {name}")

    def _is_internal_user(self) -> bool:
        users = self.env["res.users"]
        return self.env.su or not users.value(self.env.user, users.fields["share"])

    def _subtype(self, xmlid: str | None) -> int | None:
        """An unknown subtype is none at all."""
        data = self.env.sudo()["ir.model.data"].rows()
        return next((row["res_id"] for row in data if f"{row['module']}.{row['name']}" == xmlid), None)

    @on_records
    def message_subscribe(self, partner_ids: Sequence[int] | None = None, subtype_ids: Any = None) -> bool:  # noqa: ARG002
        self.env.allow(self.name, "read")
        self._existing("read")
        for ident in self.ids:
            self.of([ident]).follow(partner_ids or ())
        return True

    @on_records
    def message_unsubscribe(self, partner_ids: Sequence[int] | None = None) -> bool:
        self.env.allow(self.name, "read")
        for ident in self.ids:
            self.of([ident]).unfollow(partner_ids or ())
        return True

    @on_records
    def activity_schedule(
        self,
        act_type_xmlid: str = "",
        date_deadline: str | None = None,
        summary: str = "",
        note: str | None = None,
        **act_values: Any,
    ) -> RecordSet:
        self._existing("read")
        kind = self.env.ref(act_type_xmlid or "mail.mail_activity_data_todo")
        made = self.env["mail.activity"].create(
            [
                {
                    "activity_type_id": kind,
                    "summary": summary,
                    "note": note,
                    "automated": True,
                    "date_deadline": date_deadline or self.env.now.strftime(DAY),
                    "res_model_id": self.env.work.registry.model_ids[self.name],
                    "res_id": ident,
                    **act_values,
                }
                for ident in self.ids
            ]
        )
        return self.env.on("mail.activity", made)


def overdue(row: Row, now: Any) -> str:
    """State of an activity by its date."""
    days: timedelta = row["date_deadline"] - now.date()
    return "overdue" if days.days < 0 else "today" if not days.days else "planned"
