"""Mail that comes in: ``mail.thread/message_process``, as a mail server's fetchmail or a script calls it."""

from __future__ import annotations

import html
from email import message_from_string, policy
from email.message import EmailMessage
from email.utils import parseaddr

from bridge.sandbox.odoo.discussion import COMMENT
from bridge.sandbox.odoo.env import ODOOBOT, Env
from bridge.sandbox.odoo.model import Model, on_model
from bridge.sandbox.odoo.tables import Row
from bridge.sandbox.odoo.thread import Thread


class Gateway(Model):
    """``mail.thread``."""

    @classmethod
    def of_env(cls, env: Env) -> Gateway:
        """The gateway as a user sees it."""
        found = env["mail.thread"]
        assert isinstance(found, cls)  # noqa: S101 - it is the model of that name
        return found

    @on_model
    def message_process(self, model: str, message: str, custom_values: dict[str, object] | None = None) -> int:
        """A mail becomes a message of the record it answers to, or a new record; returns the record's id.

        An automatic answer is a mail like any other: what says so are headers, which nobody keeps.
        """
        mail = message_from_string(message, policy=policy.default)
        assert isinstance(mail, EmailMessage)  # noqa: S101 - by the policy
        parent = self._answered(mail)
        author = self._author(mail)
        thread = self.env.sudo().on(parent["model"] if parent else model, [])
        assert isinstance(thread, Thread)  # noqa: S101 - only such are given
        ident = parent["res_id"] if parent else self._opened(thread, mail, author, dict(custom_values or {}))
        name, address = parseaddr(str(mail["From"]))
        sender = f'"{name}" <{address}>' if name else address
        as_bot = Thread(self.env.as_user(ODOOBOT).sudo(), thread.schema, [ident])
        as_bot.say(
            _markup(mail),
            kind="email",
            subtype=COMMENT if parent else thread.created_subtype,
            subject=str(mail["Subject"] or ""),
            author_id=author["id"] if author else False,
            email_from=sender,
            reply_to=sender,
            message_id=str(mail["Message-Id"] or ""),
            parent_id=parent["id"] if parent else None,
            partner_ids=(parent["author_id"],) if parent and parent["author_id"] else (),
        )
        return int(ident)

    def _opened(self, thread: Thread, mail: EmailMessage, author: Row | None, custom: dict[str, object]) -> int:
        name, address = parseaddr(str(mail["From"]))
        values = {
            "name": str(mail["Subject"] or "No Subject"),
            "description": _markup(mail),
            "partner_id": author["id"] if author else False,
            "partner_email": f'"{name}" <{address}>' if name else address,
            **custom,
        }
        users = [row for row in self.env.sudo()["res.users"].rows() if author and row["partner_id"] == author["id"]]
        env = self.env.as_user(users[0]["id"] if users else self.env.uid)
        quiet = env.sudo().with_context(mail_create_nosubscribe=True, mail_create_nolog=True)
        ident = type(thread)(quiet, thread.schema).insert(values)
        thread.of([ident]).update_rows({})
        return ident

    def _answered(self, mail: EmailMessage) -> Row | None:
        """The oldest message that the mail refers to."""
        known = f"{mail['References'] or ''} {mail['In-Reply-To'] or ''}".split()
        rows = [row for row in self.env["mail.message"].rows() if row["message_id"] in known and row["res_id"]]
        return min(rows, key=lambda row: int(row["id"])) if rows else None

    def _author(self, mail: EmailMessage) -> Row | None:
        address = parseaddr(str(mail["From"]))[1].lower()
        rows = self.env["res.partner"].rows()
        return next((row for row in rows if (row["email"] or "").lower() == address and row["active"]), None)


def _markup(mail: EmailMessage) -> str:
    body = mail.get_body(("html", "plain"))
    text = "" if body is None else str(body.get_content())
    if body is not None and body.get_content_subtype() == "html":
        return text
    return f"<pre>{html.escape(text, quote=False)}</pre>\n"
