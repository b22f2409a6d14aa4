"""Messages, activities and followers as models of their own."""

from __future__ import annotations

import html
from typing import Any

from bridge.sandbox.odoo.field import DAY
from bridge.sandbox.odoo.model import Model, on_records
from bridge.sandbox.odoo.tables import Row
from bridge.sandbox.odoo.thread import Thread, overdue


class Message(Model):
    """``mail.message``: whoever may read a record may read what was said there."""

    def label(self, row: Row) -> str | None:
        subject: str | None = row["subject"]
        return subject

    def hidden(self, row: Row, operation: str) -> bool:
        if super().hidden(row, operation):
            return True
        if not row["model"]:
            return bool(row["create_uid"] != self.env.uid)
        record = self.env.on(row["model"], [row["res_id"]])
        target = record.row(row["res_id"])
        if target is None or not self.env.may(record.name, "read"):
            return True
        return record.hidden(target, operation)

    def _compute_record_name(self, row: Row) -> str | None:
        record = self.env.sudo().on(row["model"], []) if row["model"] else None
        target = record.row(row["res_id"]) if record is not None else None
        return record.label(target) if record is not None and target is not None else None


class TrackingValue(Model):
    """``mail.tracking.value``."""

    def label(self, row: Row) -> str | None:
        return f"{self.name},{row['id']}"


class Activity(Model):
    """``mail.activity``: something to do on a record, with a day."""

    def insert(self, values: Any, *, echoes: int = 0) -> int:
        model = self.env.row("ir.model", values.get("res_model_id")) or {}
        given = {"user_id": self.env.uid, "date_deadline": self.env.now.strftime(DAY), **values}
        ident = super().insert({**given, "res_model": values.get("res_model") or model.get("model")}, echoes=echoes)
        row = self.row(ident) or {}
        record = self._record(row)
        if record is not None and row["user_id"]:
            partner = (self.env.row("res.users", row["user_id"]) or {})["partner_id"]
            record.follow([partner])
            if row["user_id"] != self.env.uid:
                who = html.escape(str((self.env.row("res.partner", partner) or {})["name"]))
                actor = html.escape(str((self.env.row("res.partner", self.env.partner_id) or {})["name"]))
                text = (
                    f"<div>\n    Dear <span>{who}</span>,\n    <br><br>\n"
                    f"    <p>\n        <span>{actor}</span> has just assigned you the following activity.</p>\n</div>"
                )
                record.say(text, kind="user_notification", is_internal=True, partner_ids=(partner,))
        return ident

    def label(self, row: Row) -> str | None:
        return row["summary"] or (self.env.row("mail.activity.type", row["activity_type_id"]) or {}).get("name")

    def _record(self, row: Row) -> Thread | None:
        found = self.env.sudo().on(row["res_model"], [row["res_id"]]) if row["res_model"] else None
        return found if isinstance(found, Thread) and found.row(row["res_id"]) is not None else None

    def _compute_res_name(self, row: Row) -> str | None:
        record = self._record(row)
        return record.label(record.row(record.id) or {}) if record is not None else None

    def _compute_state(self, row: Row) -> str:
        return "done" if row["date_done"] else overdue(row, self.env.now)

    @on_records
    def action_feedback(self, feedback: str | bool = False, attachment_ids: Any = None) -> int | bool:  # noqa: ARG002
        """Done: says so on the record and is archived; returns the id of the message."""
        self.env.allow(self.name, "write")
        message: int | bool = False
        for row in list(self.rows(self.ids)):
            record = self._record(row)
            if record is not None:
                message = record.say(
                    self._report(row, str(feedback or "")),
                    subtype="mail.mt_activities",
                    mail_activity_type_id=row["activity_type_id"],
                    author_id=self.env.partner_id,
                )
            done = {"active": False, "date_done": self.env.now.strftime(DAY)}
            self.of([row["id"]]).update_rows(done | ({"feedback": feedback} if "feedback" in self.fields else {}))
        return message

    @on_records
    def action_done(self) -> int | bool:
        return self.action_feedback()

    def _report(self, row: Row, feedback: str) -> str:
        kind = html.escape(str((self.env.row("mail.activity.type", row["activity_type_id"]) or {}).get("name", "")))
        summary = f"\n        <span>: </span><span>{html.escape(row['summary'])}</span>" if row["summary"] else ""
        remarks = ""
        if feedback:
            head = '\n    <div>\n        <div class="fw-bold">Feedback:</div>\n            '
            remarks = f"{head}{html.escape(feedback)}\n    </div>"
        return f"<div>\n    <p>\n        <span>{kind}</span> done{summary}\n    </p>{remarks}\n</div>"
