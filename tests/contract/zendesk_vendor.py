"""The local Zendesk: people act through its side-door, the bridge through its API, and its clock can be turned."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from bridge.runtime.ticket_clock import wall_clock
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox

from .proxy import Change, Proxy
from .vendor import ESCALATE, NO_FACTS, REPORT, SHOWN, UNMAPPED, Json, Seen, Vendor, canonical_word, one_line

IDS = seeds.connection()
CUSTOMER, AGENT = "helpdesk@acme.example", "agent1@vendor.example"
ASIDE = {"id": 2199, "status_category": "open", "agent_label": UNMAPPED, "default": False}
_TICKET = re.compile(r"/api/v2/tickets/(\d+)")
_NAMES = {ident: name for name, ident in IDS.items()}
_TIERS = {IDS[f"groups.tier_{tier}"]: tier for tier in (1, 2, 3)}


def _table(name: str) -> dict[str, int]:
    return {row.removeprefix(f"{name}."): ident for row, ident in IDS.items() if row.startswith(f"{name}.")}


def _change(method: str, path: str, body: bytes) -> Change | None:
    found = _TICKET.match(path)
    if method != "PUT" or not found:
        return None
    comment = json.loads(body)["ticket"].get("comment") or {}
    return Change(found[1], "ticket", speaks=bool(comment.get("public")))


class ZendeskVendor(Vendor):
    """One sandbox process; each scenario has a fresh account."""

    name = connection = "zendesk"
    lacks = {"lists": "who was called upon follows the ticket from then on"}
    account = str(IDS["organizations.acme"])
    roles: Mapping[str, str] = {
        "account_manager": "am@vendor.example",
        "customer_service_manager": "csm@vendor.example",
    }

    def __init__(self, sandbox: ZendeskSandbox) -> None:
        self.sandbox = sandbox
        self.line: Proxy = Proxy(sandbox.url, _change)
        self._hook = ""

    @staticmethod
    def seed() -> Json:
        """The standard account, and one status more."""
        return {"custom_statuses": [*seeds.standard()["custom_statuses"], ASIDE]}

    def settings(self) -> Json:
        facts: dict[str, Json] = {name: {"field": ident} for name, ident in _table("facts").items()}
        facts["affected"]["values"] = seeds.option_tags("affected")
        facts["impact"]["values"] = seeds.option_tags("impact")
        return {
            "vendor": "zendesk",
            "tiers": {str(tier): group for group, tier in _TIERS.items()},
            "statuses": _table("statuses"),
            "facts": facts,
            "fields": _table("fields"),
            "marks": {"escalation": {"tag": ESCALATE}},
        }

    def begin(self, endpoint: str) -> Mapping[str, str]:
        self.sandbox.reset()
        self.sandbox.limit(account_per_minute=100_000, ticket_updates_per_minute=100_000, updates_per_ticket=100_000)
        self.line.clear()
        subscribed = self.sandbox.subscribe(endpoint)
        self._hook = subscribed.id
        self._offset = datetime.fromisoformat(self.sandbox.admin("GET", "")["now"]) - wall_clock()
        return {
            "ZENDESK_URL": self.line.url,
            "ZENDESK_OAUTH_CLIENT_ID": self.sandbox.client_id,
            "ZENDESK_OAUTH_CLIENT_SECRET": self.sandbox.client_secret,
            "ZENDESK_WEBHOOK_SECRET": subscribed.secret,
        }

    def end(self) -> None:
        return

    def now(self) -> datetime:
        return wall_clock() + self._offset

    def pass_time(self, seconds: float) -> None:
        self.sandbox.advance(seconds)
        self._offset = datetime.fromisoformat(self.sandbox.admin("GET", "")["now"]) - wall_clock()

    def has_delivered_all(self) -> bool:
        return not self._get(f"webhooks/{self._hook}/invocations?filter[status]=accepted")["invocations"]

    def open(self, subject: str, *, affected: str | None, text: str = "Nobody can enrol") -> str:
        facts = REPORT | ({"affected": f"affected_{affected}"} if affected else {})
        fields = [{"id": IDS[f"facts.{name}"], "value": value} for name, value in facts.items()]
        ticket = {"type": "incident", "subject": subject, "comment": {"body": text}, "custom_fields": fields}
        made = self.sandbox.ask(CUSTOMER, {**ticket, "group_id": IDS["groups.tier_1"]}, channel="phone")
        self.pass_time(1)  # Zendesk keeps whole seconds; what a test does next is no part of the creation
        return str(made["id"])

    def reply(self, ident: str, text: str, *, automatic: bool = False) -> None:
        self.sandbox.reply(int(ident), CUSTOMER, text, auto_reply=automatic)

    def answer(self, ident: str, text: str) -> None:
        self._act(ident, comment={"body": text, "public": True})

    def note(self, ident: str, text: str) -> None:
        self._act(ident, comment={"body": text, "public": False})

    def call(self, ident: str) -> None:
        self.sandbox.call(int(ident), AGENT, "Explained what we know")

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
        wanted: Json = {}
        if priority:
            wanted["priority"] = priority
        if status:
            wanted["custom_status_id"] = IDS[f"statuses.{status}"]
        if status == "solved":
            wanted["assignee_email"] = AGENT  # Zendesk solves no ticket that nobody has
        raw = dict(facts) | ({"affected": f"affected_{affected}"} if affected else {})
        if raw:
            wanted["custom_fields"] = [{"id": IDS[f"facts.{name}"], "value": value} for name, value in raw.items()]
        if tag or untag:
            wanted["tags"] = sorted({*self._ticket(ident)["tags"], tag or ""} - {untag or "", ""})
        self._act(ident, **wanted)

    def ask_for_escalation(self, ident: str) -> None:
        self.edit(ident, tag=ESCALATE)

    def put_aside(self, ident: str) -> None:
        self._act(ident, custom_status_id=ASIDE["id"])

    def is_aside(self, ident: str) -> bool:
        return bool(self._ticket(ident)["custom_status_id"] == ASIDE["id"])

    def delete(self, ident: str) -> None:
        url = f"{self.sandbox.url}/api/v2/tickets/{ident}.json"
        requests.delete(url, auth=self.sandbox.auth, timeout=30).raise_for_status()

    def merge(self, ident: str, into: str) -> None:
        self.sandbox.merge(int(into), AGENT, int(ident))

    def see(self, ident: str) -> Seen:
        ticket = self._ticket(ident)
        values = {field["id"]: field["value"] for field in ticket["custom_fields"]}
        fields = {name: values[IDS[f"fields.{name}"]] for name in SHOWN}
        comments = self._get(f"tickets/{ident}/comments.json")["comments"][1:]
        written = [comment for comment in comments if comment["type"] == "Comment"]  # calls are comments as well
        spoken = [(comment["public"], one_line(comment["plain_body"])) for comment in written]
        status = ticket["custom_status_id"]
        return Seen(
            priority=ticket["priority"],
            status="open" if status == ASIDE["id"] else _NAMES[status].removeprefix("statuses."),
            tier=_TIERS.get(ticket["group_id"]),
            tags=frozenset(ticket["tags"]),
            fields={name: canonical_word(name, value) for name, value in fields.items() if value},
            public=tuple(text for public, text in spoken if public),
            notes=tuple(text for public, text in spoken if not public),
        )

    def called_upon(self, ident: str) -> frozenset[str]:
        """Zendesk mails an internal note to the followers of the ticket."""
        followers = self._ticket(ident)["follower_ids"]
        users = self._get(f"users/show_many.json?ids={','.join(map(str, followers))}")["users"] if followers else []
        return frozenset(user["email"] for user in users)

    def _act(self, ident: str, **wanted: Any) -> None:
        self.sandbox.act(int(ident), AGENT, wanted)

    def _ticket(self, ident: str) -> Json:
        found: Json = self._get(f"tickets/{ident}.json")["ticket"]
        return found

    def _get(self, path: str) -> Json:
        answer = requests.get(f"{self.sandbox.url}/api/v2/{path}", auth=self.sandbox.auth, timeout=30)
        answer.raise_for_status()
        found: Json = answer.json()
        return found
