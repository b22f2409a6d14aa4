"""What people do in the sandbox other than through the external API: write mails, telephone, click as agents.

The tests' control API and the samples use the same functions. Agents act under their own rights; the mail gateway is
OdooBot, as with a mail server that Odoo fetches from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.calls import OdooDatabase
from bridge.sandbox.odoo.discussion import COMMENT, NOTE
from bridge.sandbox.odoo.env import ODOOBOT, Env
from bridge.sandbox.odoo.gateway import Gateway
from bridge.sandbox.odoo.tables import Row

TICKET = "helpdesk.ticket"
CHANNELS = {"web": "Web", "email": "Email", "phone": "Phone", "chat": "Other"}
AUTO_REPLY = {"Auto-Submitted": "auto-replied", "Precedence": "bulk", "X-Autoreply": "yes"}


@dataclass(frozen=True)
class PersonAction:
    """One thing a person does to a ticket. Stages, teams, categories, assignees and tags go by their names."""

    by: str
    """Login of an agent, or the address of a customer."""
    says: str = ""
    public: bool = True
    auto_reply: bool = False
    stage: str = ""
    team: str = ""
    category: str = ""
    assignee: str = ""
    """Login of an agent."""
    tags: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    """Other fields by their technical names."""


def ask(database: OdooDatabase, act: PersonAction, subject: str, channel: str = "email") -> int:
    """A customer asks for help with ``act.says``; returns the new ticket's id. Raises the faults of the API."""
    if channel == "email":
        with database.transaction(ODOOBOT) as env:
            ident = Gateway.of_env(env).message_process(TICKET, _mail(env, act, subject))
            _set(env.sudo(), ident, act)
        return ident
    with database.transaction(ODOOBOT) as env:
        customer = _contact(env, act.by)
        taken = {"channel_id": _id_of(env, "helpdesk.ticket.channel", CHANNELS[channel]), "partner_id": customer["id"]}
        quiet = env.sudo().with_context(mail_create_nosubscribe=True)
        ident = quiet[TICKET].create([{"name": subject, "description": act.says, **taken}])[0]
        _set(env.sudo(), ident, act)
    return ident


def change(database: OdooDatabase, ident: int, act: PersonAction) -> None:
    """Somebody changes a ticket or answers. Raises the faults of the API.

    What a customer sets by other means than a mail goes through the portal, with their name and the portal's rights.
    """
    uid, internal = _user(database, act.by)
    with database.transaction(uid) as env:
        _set(env if internal else env.sudo(), ident, act)
        if act.says and internal:
            subtype = COMMENT if act.public else NOTE
            env.on(TICKET, [ident]).message_post(body=act.says, message_type="comment", subtype_xmlid=subtype)  # type: ignore[attr-defined]
    if act.says and not internal:
        with database.transaction(ODOOBOT) as env:
            name = (env.row(TICKET, ident) or {})["name"]
            subject = f"Automatic reply: {name}" if act.auto_reply else f"Re: {name}"
            Gateway.of_env(env).message_process(TICKET, _mail(env, act, subject, ident))


def phone_call(database: OdooDatabase, ident: int, by: str, text: str = "") -> None:
    """An agent logs a call with the customer: a call activity that is done."""
    uid, internal = _user(database, by)
    if not internal:
        raise errors.value_error(f"{by!r} is not an agent; calls are logged by agents")
    with database.transaction(uid) as env:
        made = env.on(TICKET, [ident]).activity_schedule("mail.mail_activity_data_call", summary="Call", user_id=uid)  # type: ignore[attr-defined]
        made.action_feedback(feedback=text)


def _user(database: OdooDatabase, login: str) -> tuple[int, bool]:
    """The user with a login, and whether it is one of the company; OdooBot for customers who have none."""
    with database.transaction(ODOOBOT, changing=False) as env:
        users = env.sudo()["res.users"]
        addresses = {row["id"]: row["email"] for row in env["res.partner"].rows()}
        for row in users.rows():
            if row["active"] and login in (row["login"], addresses.get(row["partner_id"])):
                return int(row["id"]), not users.value(row, users.fields["share"])
    return ODOOBOT, False


def _set(env: Env, ident: int, act: PersonAction) -> None:
    """Write what the act sets, if anything."""
    values = dict(act.values)
    if act.stage:
        values["stage_id"] = _id_of(env, "helpdesk.ticket.stage", act.stage)
    if act.team:
        values["team_id"] = _id_of(env, "helpdesk.ticket.team", act.team)
    if act.category:
        values["category_id"] = _id_of(env, "helpdesk.ticket.category", act.category)
    if act.assignee:
        values["user_id"] = next(row["id"] for row in env["res.users"].rows() if row["login"] == act.assignee)
    if act.tags:
        values["tag_ids"] = [[4, _tag(env, name)] for name in act.tags]
    if values:
        env.on(TICKET, [ident]).write(values)


def _tag(env: Env, name: str) -> int:
    """A tag by its name; people who tag know how to make one."""
    tags = env.sudo()["helpdesk.ticket.tag"]
    found = [row["id"] for row in tags.rows() if row["name"] == name]
    return int(found[0]) if found else tags.insert({"name": name})


def _id_of(env: Env, model: str, name: str) -> int:
    rows = list(env[model].rows())
    found = [row["id"] for row in rows if row["name"] == name]
    if not found:
        raise errors.value_error(f"{model} has no {name!r}; there are {', '.join(str(row['name']) for row in rows)}")
    return int(found[0])


def _contact(env: Env, address: str) -> Row:
    found = [row for row in env["res.partner"].rows() if row["email"] == address]
    if not found:
        raise errors.value_error(f"{address!r} is nobody's address in this database")
    return found[0]


def _mail(env: Env, act: PersonAction, subject: str, ident: int | None = None) -> str:
    """A mail as a mail server hands it over; an answer refers to the first message of the ticket."""
    mail = EmailMessage()
    found = [row for row in env["res.partner"].rows() if row["email"] == act.by]
    mail["From"] = formataddr((str(found[0]["name"]) if found else "", act.by))
    mail["To"] = "support@vendor.example"
    mail["Subject"] = subject
    mail["Message-Id"] = f"<{env.work.transaction.new_id('mail')}@{act.by.partition('@')[2]}>"
    if ident is not None:
        thread = [m for m in env["mail.message"].rows() if (m["model"], m["res_id"]) == (TICKET, ident)]
        mail["In-Reply-To"] = min(thread, key=lambda row: int(row["id"]))["message_id"]
    for name, value in AUTO_REPLY.items() if act.auto_reply else ():
        mail[name] = value
    mail.set_content(act.says)
    return mail.as_string()
