"""An Odoo database: agents click, customers write mails, and the bridge is installed by its own command."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner

from bridge.cli import cli
from bridge.config.settings import Settings

from .clocks import Clock
from .odoo_database import TICKET, Login, OdooDatabase, Refused
from .odoo_requests import Text, change_of
from .proxy import Proxy
from .vendor import ESCALATE, NO_FACTS, REPORT, SHOWN, Json, Running, Seen, Vendor, canonical_word, one_line
from .webhook_endpoint import WebhookEndpoint

STARS = {"low": "0", "normal": "1", "high": "2", "urgent": "3"}
SPOKEN = ("comment", "email", "out_of_office")
"""Types of messages; the mails of stages are of another one."""
FACTS = ("affected", "impact", *REPORT)
MERGE = "helpdesk.ticket.merge"
"""The model of the merge addon's dialog."""
AUTOMATIC = "Automatic reply: "
"""Odoo keeps no headers of a mail: only the subject tells that a mail program wrote it, as Microsoft Exchange does."""


class OdooVendor(Vendor):
    """Whether the server is ours or was given to us, the same people do the same; how time passes differs."""

    connection = "odoo"

    def __init__(self, name: str, database: OdooDatabase, clock: Clock, *, history: bool) -> None:
        """``history``: whether the bridge may read Odoo's history of changes."""
        self.name = name
        self.database = database
        self.clock = clock
        self.history = history
        self.line: Proxy = Proxy(database.server.url, change_of)
        self.account, self.roles = database.account, database.roles
        self._token = secrets.token_urlsafe(32)
        self._made: dict[str, list[int]] = {}
        """What the scenario has put into the database, by model."""
        self._subtypes: dict[int, bool] = {}

    def settings(self) -> Json:
        database = self.database
        return {
            "vendor": "odoo",
            "tiers": {str(line): team for line, team in database.teams.items()},
            "statuses": dict(database.stages),
            "facts": {name: {"field": f"x_contract_{name}"} for name in FACTS},
            "marks": {"escalation": {"tag": ESCALATE}},
        }

    @contextmanager
    def installed(self, webhook_endpoint: WebhookEndpoint) -> Iterator[None]:
        """What the policies need is in the database while the block lasts.

        Raises ``RuntimeError`` when Odoo's webhooks do not arrive, where they should, or its mails cannot be sent.
        """
        address = [] if "webhooks" in self.lacks else ["--url", webhook_endpoint.url]
        with TemporaryDirectory() as folder:
            config = Path(folder, "policybridge.yaml")
            config.write_text(json.dumps({"policy": "maas360", "connections": {"odoo": self.settings()}}))
            environment = self._environment() | {"POLICYBRIDGE_CONFIG": str(config)}
            self._install(environment, "--apply", *address, *(["--history"] if self.history else []))
            try:
                if address:
                    self._listen(webhook_endpoint)
                self._write_to_customer()
                yield
            finally:
                self._install(environment, "--remove")

    def _listen(self, webhook_endpoint: WebhookEndpoint) -> None:
        with webhook_endpoint.holding() as held:
            self.open("Do you hear me?", affected=None)
            self.end()
        if not held:
            advice = "ODOO_WEBHOOKS=no plays without them, where the server cannot reach this machine"
            raise RuntimeError(f"a ticket was created, and no webhook came to {webhook_endpoint.url}; {advice}")

    def _write_to_customer(self) -> None:
        """A customer whom no mail reaches is neither reminded nor closed, and half of the scenarios are about that."""
        ident = self.open("Do you read me?", affected=None)
        self.answer(ident, "Do you?")
        about = [("mail_message_id.res_id", "=", int(ident)), ("res_partner_id", "=", self.database.partner)]
        sent = self._rows("mail.notification", about, "notification_status", "failure_type")
        self.end()
        if lost := [row for row in sent if row["notification_status"] in ("exception", "bounce")]:
            reason = lost[0]["failure_type"] or lost[0]["notification_status"]
            raise RuntimeError(
                f"Odoo could not send a mail to {self.database.customer}: {reason}; give it an outgoing mail server, "
                "which may throw the mails away"
            )

    @staticmethod
    def _install(environment: Mapping[str, str], *arguments: str) -> None:
        done = CliRunner(env=environment).invoke(cli, ["install", "odoo", *arguments])
        if done.exit_code:
            raise RuntimeError(f"policybridge install odoo {' '.join(arguments)}: {done.output}") from done.exception

    def _environment(self) -> dict[str, str]:
        database = self.database
        return {
            "ODOO_URL": self.line.url,
            "ODOO_DB": database.server.db,
            "ODOO_LOGIN": database.bot.name,
            "ODOO_API_KEY": database.bot.secret,
            "ODOO_ADMIN_LOGIN": database.admin.name,
            "ODOO_ADMIN_API_KEY": database.admin.secret,
            "ODOO_WEBHOOK_TOKEN": self._token,
            "ODOO_WORKERS": "64",  # our share of them is of real time, and the clock of a scenario jumps over its waits
        }

    @contextmanager
    def run(self, settings: Settings) -> Iterator[Running]:
        with super().run(settings) as running:
            running.helpdesks[self.connection] = self.clock.before(running.helpdesks[self.connection])
            yield running

    def begin(self, endpoint: str) -> Mapping[str, str]:
        self.line.clear()
        self.clock.begin()
        return {name: value for name, value in self._environment().items() if "ADMIN" not in name}

    def end(self) -> None:
        for model, idents in self._made.items():
            there = [row["id"] for row in self._rows(model, [("id", "in", idents)], "id")]
            if there:
                self.database.server.call(self.database.admin, model, "unlink", there)
        self._made.clear()

    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        self.clock.pass_time(seconds)

    def open(self, subject: str, *, affected: str | None, text: str = "Nobody can enrol") -> str:
        facts = REPORT | ({"affected": affected} if affected else {})
        values = {
            "name": subject,
            "description": text,
            "partner_id": self.database.partner,
            "team_id": self.database.teams[1],
            "stage_id": self.database.stages["new"],
            "channel_id": self.database.phone,
            "user_id": False,
            **{f"x_contract_{name}": value for name, value in facts.items()},
        }
        return str(self._make(self.database.agent, TICKET, values))

    def reply(self, ident: str, text: str, *, automatic: bool = False) -> None:
        """By mail, which an administrator hands over as a mail server does."""
        about = [("model", "=", TICKET), ("res_id", "=", int(ident)), ("message_id", "!=", False)]
        [first, *_] = self._rows("mail.message", about, "message_id")
        mail = EmailMessage()
        mail["From"], mail["To"] = f"Contract customer <{self.database.customer}>", "support@example.com"
        mail["Subject"] = AUTOMATIC * automatic + "Re: your message"
        mail["Message-Id"], mail["In-Reply-To"] = f"<{secrets.token_hex(8)}@example.com>", first["message_id"]
        mail.set_content(text)
        self.database.server.call(self.database.admin, "mail.thread", "message_process", TICKET, mail.as_string())

    def answer(self, ident: str, text: str) -> None:
        values = {"body": text, "subtype_xmlid": "mail.mt_comment", "partner_ids": [self.database.partner]}
        self._act(ident, "message_post", message_type="comment", **values)

    def note(self, ident: str, text: str) -> None:
        self._act(ident, "message_post", message_type="comment", body=text, subtype_xmlid="mail.mt_note")

    def call(self, ident: str) -> None:
        agent = [("login", "=", self.database.agent.name)]
        [user] = self.database.server.rows(self.database.admin, "res.users", agent, "id")
        self._act(ident, "activity_schedule", "mail.mail_activity_data_call", summary="Call back", user_id=user["id"])
        about = [("res_model", "=", TICKET), ("res_id", "=", int(ident)), ("summary", "=", "Call back")]
        [activity] = self.database.server.rows(self.database.agent, "mail.activity", about, "id")
        self.database.server.call(
            self.database.agent, "mail.activity", "action_feedback", [activity["id"]], feedback="Explained what we know"
        )

    def edit(
        self,
        ident: str,
        *,
        priority: str | None = None,
        status: str | None = None,
        affected: str | None = None,
        tag: str | None = None,
        untag: str | None = None,
        facts: Mapping[str, str] = NO_FACTS,
    ) -> None:
        values: Json = {}
        if priority:
            values["priority"] = STARS[priority]
        if status:
            values["stage_id"] = self.database.stages[status]
        if affected:
            values["x_contract_affected"] = affected
        values |= {f"x_contract_{name}": value for name, value in facts.items()}
        if tag or untag:
            commands = {4: tag, 3: untag}
            values["tag_ids"] = [[command, self._tag(name)] for command, name in commands.items() if name]
        self._act(ident, "write", values)

    def ask_for_escalation(self, ident: str) -> None:
        self.edit(ident, tag=ESCALATE)

    def know_tags(self, names: Iterable[str]) -> None:
        for name in names:
            self._tag(name)

    def put_aside(self, ident: str) -> None:
        self._act(ident, "write", {"stage_id": self.database.aside})

    def is_aside(self, ident: str) -> bool:
        return bool(self._ticket(ident)["stage_id"] == self.database.aside)

    def delete(self, ident: str) -> None:
        self.database.server.call(self.database.admin, TICKET, "unlink", [int(ident)])

    def merge(self, ident: str, into: str) -> None:
        """By the community's merge addon where the database has it, else as the addon does it."""
        if self.database.has(MERGE):
            chosen = [int(into), int(ident)]  # the first stays; only administrators may move messages (measured on 19)
            wizard = self.database.server.make(self.database.admin, MERGE, {}, active_ids=chosen)
            self.database.server.call(self.database.admin, MERGE, "merge_tickets", [wizard])
            return
        tags = self._ticket(ident)["tag_ids"]
        for ticket, way, other in ((ident, "to", into), (into, "from", ident)):
            link = f'<a href="#" data-oe-model="{TICKET}" data-oe-id="{other}">{other}</a>'
            body = f"This helpdesk ticket has been merged {way} {link}"
            said = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment", "body_is_html": True}
            self._act(ticket, "message_post", body=body, subject="Merge helpdesk ticket", **said)
        about = [("model", "=", TICKET), ("res_id", "=", int(ident)), ("message_type", "!=", "notification")]
        moved = [row["id"] for row in self._rows("mail.message", about, "id")]
        self.database.server.call(self.database.admin, "mail.message", "write", moved, {"res_id": int(into)})
        self._act(into, "write", {"description": "merged", "tag_ids": [[4, tag] for tag in tags]})
        self._act(ident, "write", {"active": False})

    def see(self, ident: str) -> Seen:
        ticket = self._ticket(ident)
        tags = self._rows(self.database.all_of("tag_ids"), [("id", "in", ticket["tag_ids"])], "name")
        fields = {name: ticket[f"x_policy_{name}"] for name in SHOWN}
        statuses = {stage: status for status, stage in self.database.stages.items()}
        spoken = list(self._spoken(int(ident)))
        return Seen(
            priority={stars: priority for priority, stars in STARS.items()}[ticket["priority"]],
            status=statuses.get(ticket["stage_id"], "open"),
            tier={team: line for line, team in self.database.teams.items()}.get(ticket["team_id"]),
            tags=frozenset(tag["name"] for tag in tags),
            fields={name: canonical_word(name, value) for name, value in fields.items() if value},
            public=tuple(text for public, text in spoken if public),
            notes=tuple(text for public, text in spoken if not public),
        )

    def called_upon(self, ident: str) -> frozenset[str]:
        """Odoo puts what is to be done on people's lists: activities."""
        about = [("res_model", "=", TICKET), ("res_id", "=", int(ident))]
        users = [row["user_id"] for row in self._rows("mail.activity", about, "user_id")]
        return frozenset(row["email"] for row in self._rows("res.users", [("id", "in", users)], "email"))

    def _spoken(self, ident: int) -> Iterator[tuple[bool, str]]:
        """Messages that people wrote or were sent: public ones are those the customer wrote or was notified of."""
        about = [("model", "=", TICKET), ("res_id", "=", ident), ("message_type", "in", SPOKEN)]
        fields = ("body", "subtype_id", "author_id", "notified_partner_ids")
        for message in self._rows("mail.message", about, *fields):
            reached = self.database.partner in [message["author_id"], *message["notified_partner_ids"]]
            internal = self._internal(message["subtype_id"])
            assert reached != internal, f"the customer was {'' if reached else 'not '}told of {message['body']}"
            yield not internal, one_line(Text(message["body"]).text)

    def _internal(self, subtype: int) -> bool:
        if not self._subtypes:
            rows = self._rows("mail.message.subtype", [], "internal")
            self._subtypes = {row["id"]: row["internal"] for row in rows}
        return self._subtypes[subtype]

    def _tag(self, name: str) -> int:
        model = self.database.all_of("tag_ids")
        found = self._rows(model, [("name", "=", name)], "id")
        return int(found[0]["id"]) if found else self._make(self.database.admin, model, {"name": name})

    def _make(self, who: Login, model: str, values: Json) -> int:
        made = self.database.server.make(who, model, values)
        self._made.setdefault(model, []).append(made)
        return made

    def _ticket(self, ident: str) -> Json:
        names = ("priority", "stage_id", "team_id", "tag_ids", *(f"x_policy_{name}" for name in SHOWN))
        found = self._rows(TICKET, [("id", "=", int(ident))], *names)
        if not found:
            raise Refused(f"there is no ticket {ident}")
        return found[0]

    def _act(self, ident: str, method: str, *args: Any, **named: Any) -> None:
        self.database.server.call(self.database.agent, TICKET, method, [int(ident)], *args, **named)

    def _rows(self, model: str, domain: list[Any], *fields: str) -> list[Json]:
        return self.database.server.rows(self.database.admin, model, domain, *fields, active_test=False)
