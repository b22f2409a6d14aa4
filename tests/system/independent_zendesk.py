"""A second Zendesk, small and made from the written reference alone: its tickets, their audits, its own rules.

It shares no line with the sandbox that the product ships, so that the two cannot be wrong in the same way.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .independent_webhooks import Hooks, Json, now, sent_events, stamp

BRIDGE, AGENT, LIGHT_AGENT = 9_007_199_254_001, 9_007_199_254_002, 9_007_199_254_003
ORGANIZATION, TRIGGER = 8_447_346_622_462, 900_777
TIERS = {1: 7_100_001, 2: 7_100_002, 3: 7_100_003}
AFFECTED, SEVERITY, DUE_AT = 360_001, 360_010, 360_011
OPTIONS = {"hits_everyone": "all", "hits_many": "significant", "hits_few": "small", "hits_one": "individual"}
"""The options of the dropdown AFFECTED, which are tags as well, and what they mean."""
STATUSES = {
    7_000: "new",
    7_001: "open",
    7_002: "open",
    7_003: "pending",
    7_004: "pending",
    7_005: "hold",
    7_006: "solved",
}
"""Custom status -> its category; the first of a category is its default."""
IN_PROGRESS, UPDATE_REQUIRED = 7_002, 7_004
_PLAIN = ("priority", "type", "assignee_id", "group_id", "subject", "status", "custom_status_id")


@dataclass(frozen=True)
class Habits:
    """How one account differs from another."""

    custom_statuses: bool = True
    side_loads: bool = True
    """Tickets come with their users and organizations; and ``users/show_many`` exists."""
    cursor_pages: bool = True
    text_ids: bool = False
    """Audits and their events have ids as text, and tags as text separated by blanks."""
    metadata: bool = True
    """Audits show what was written into ``metadata``."""
    limits: bool = True
    """Answers tell what is left of the rate limits."""


PLAIN_ACCOUNT = Habits(False, False, False, True, False, False)


class IndependentZendesk:
    """One account, as its people see it."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.tickets: dict[int, Json] = {}
        self.audits: dict[int, list[Json]] = defaultdict(list)
        self.generated: dict[int, float] = {}
        """Ticket -> epoch of its last change."""
        self.users: dict[int, Json] = {
            BRIDGE: {"id": BRIDGE, "role": "admin", "name": "Integration", "email": "bridge@vendor.example"},
            AGENT: {"id": AGENT, "role": "agent", "name": "An agent", "email": "agent@vendor.example"},
            LIGHT_AGENT: {"id": LIGHT_AGENT, "role": "agent", "role_type": 1, "name": "Light", "email": None},
        }
        self.rules: dict[int, Callable[[Json], Json]] = {}
        """Ticket -> a trigger: given the ticket after an update, what it changes then."""
        self.hooks: Hooks | None = None
        self.lock = threading.RLock()
        self._ids = iter(range(6_164_068_756_634, 10**15, 127))

    def open(
        self,
        *,
        age: timedelta = timedelta(),
        by: int | None = None,
        option: str = "hits_everyone",
        text: str = "Nobody can enrol",
        silent: bool = False,
        **values: Any,
    ) -> int:
        """A new customer, or somebody else, opens a ticket ``age`` ago; ``silent``: no webhook tells of it."""
        with self.lock:
            at, number, customer = now() - age, 35_000 + len(self.tickets), next(self._ids)
            self.users[customer] = {
                "id": customer,
                "role": "end-user",
                "name": None,
                "email": f"c{number}@acme.example",
            }
            ticket = _blank(number, customer) | {"submitter_id": by or customer, "description": text, "tags": [option]}
            ticket |= {"created_at": stamp(at), "updated_at": stamp(at)} | values
            ticket["custom_fields"][0]["value"] = option
            self._match_status(ticket, {"status": ticket["status"]})
            self.tickets[number] = ticket
            comment = {"type": "Comment", "author_id": by or customer, "body": text, "plain_body": text, "public": True}
            created = [
                {"type": "Create", "field_name": name, "value": self._tags(value) if name == "tags" else value}
                for name, value in {**ticket, str(AFFECTED): option}.items()
                if name in ("status", "priority", "tags", str(AFFECTED))
            ]
            foreign = {"type": "SomethingNobodyHasHeardOf", "value": None, "field_name": None}
            self._record(number, by or customer, [comment, *created, foreign], at, {"channel": "email"}, {})
            if not silent:
                self.tell(number, [("created", {})])
        return number

    def act(self, number: int, by: int, *, at: datetime | None = None, silent: bool = False, **values: Any) -> None:
        """Somebody updates a ticket."""
        self.update(number, by, values, {"channel": "web"}, at=at, silent=silent)

    def tag(self, number: int, tag: str) -> None:
        """An agent adds a tag."""
        with self.lock:
            self.act(number, AGENT, tags=[*self.tickets[number]["tags"], tag])

    def tell(self, number: int, events: list[tuple[str, Json]]) -> None:
        """Webhooks tell of a ticket."""
        if self.hooks:
            self.hooks.tell(self.tickets[number], events)

    def ticket(self, number: int) -> Json:
        """The ticket as it is now."""
        with self.lock:
            return deepcopy(self.tickets[number])

    def shown(self, number: int, field: int) -> str | None:
        """The value of a custom field."""
        found: dict[int, str | None] = {item["id"]: item["value"] for item in self.ticket(number)["custom_fields"]}
        return found[field]

    def comments(self, number: int, *, public: bool) -> list[str]:
        """What the bridge has written on a ticket."""
        with self.lock:
            events = [event for audit in self.audits[number] for event in audit["events"]]
        comments = [event for event in events if event["type"] == "Comment" and event["author_id"] == BRIDGE]
        return [event["body"] for event in comments if event["public"] is public]

    def update(
        self, number: int, by: int, values: Json, via: Json, *, at: datetime | None = None, silent: bool = False
    ) -> Json:
        """Apply an update, with all that Zendesk makes of it, and tell the webhooks; returns its audit."""
        with self.lock:
            ticket, at = self.tickets[number], at or now()
            events = _spoken(by, values.get("comment"))
            before = deepcopy(ticket)
            self._apply(ticket, values)
            if events and by == ticket["requester_id"] and ticket["status"] in ("pending", "hold", "solved"):
                self._apply(ticket, {"status": "open"})
            events += self._changes(before, ticket)
            before = deepcopy(ticket)
            if rule := self.rules.get(number):
                self._apply(ticket, rule(ticket))
            source = {"rel": "trigger", "from": {"id": TRIGGER, "title": "A trigger"}, "to": {}}
            automatic = {"via": {"channel": "rule", "source": source}}
            events += [event | automatic for event in self._changes(before, ticket)]
            ticket["updated_at"] = stamp(at) if events else ticket["updated_at"]
            if not silent:
                self.tell(number, sent_events(events))
            return self._record(number, by, events, at, via, values.get("metadata") or {})

    def _record(self, number: int, by: int, events: list[Json], at: datetime, via: Json, custom: Json) -> Json:
        form = str if self.habits.text_ids else int
        audit: Json = {
            "id": form(next(self._ids)),
            "ticket_id": number,
            "created_at": stamp(at),
            "author_id": by,
            "metadata": {"system": {"ip_address": None}, "custom": custom} if self.habits.metadata else None,
            "events": [{"id": form(next(self._ids)), **event} for event in events],
            "via": via,
        }
        self.audits[number].append(audit)
        self.generated[number] = at.timestamp()
        return audit

    def _apply(self, ticket: Json, values: Json) -> None:
        ticket.update({name: values[name] for name in _PLAIN if name in values})
        self._match_status(ticket, values)
        fields = {item["id"]: item for item in ticket["custom_fields"]}
        if "tags" in values:  # the whole list; a dropdown follows its option
            ticket["tags"] = [str(tag).lower() for tag in values["tags"]]
            fields[AFFECTED]["value"] = next((tag for tag in ticket["tags"] if tag in OPTIONS), None)
        for item in values.get("custom_fields") or ():
            fields[item["id"]]["value"] = item["value"]
            if item["id"] == AFFECTED:
                ticket["tags"] = [tag for tag in ticket["tags"] if tag not in OPTIONS] + [item["value"]]
        if ticket["assignee_id"] and ticket["status"] == "new":
            self._apply(ticket, {"status": "open"})

    def _match_status(self, ticket: Json, values: Json) -> None:
        if self.habits.custom_statuses and "custom_status_id" in values:
            ticket["status"] = STATUSES[values["custom_status_id"]]
        elif self.habits.custom_statuses and "status" in values:
            category = values["status"].replace("closed", "solved")
            ticket["custom_status_id"] = next(ident for ident, of in STATUSES.items() if of == category)

    def _changes(self, before: Json, after: Json) -> list[Json]:
        old, new = (
            {name: str(ticket[name]) if ticket[name] else None for name in _PLAIN}
            | {"tags": self._tags(sorted(ticket["tags"]))}
            | {str(item["id"]): item["value"] for item in ticket["custom_fields"]}
            for ticket in (before, after)
        )
        return [
            {"type": "Change", "field_name": name, "value": new[name], "previous_value": old[name]}
            for name in new
            if new[name] != old[name]
        ]

    def _tags(self, tags: list[str]) -> Any:
        return " ".join(tags) if self.habits.text_ids else list(tags)


def _spoken(by: int, comment: Json | None) -> list[Json]:
    """The event of a comment, its placeholders rendered as Zendesk does."""
    if not comment:
        return []
    body = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "RENDERED", str(comment.get("html_body") or comment["body"]))
    plain = re.sub(r"<[^>]+>", " ", body)
    event = {"author_id": by, "body": body, "html_body": body, "plain_body": plain, "attachments": [], "audit_id": None}
    return [{"type": "Comment", "public": comment.get("public", True), **event}]


def _blank(number: int, customer: int) -> Json:
    nothing = (
        "external_id",
        "type",
        "priority",
        "custom_status_id",
        "recipient",
        "problem_id",
        "assignee_id",
        "due_at",
    )
    return {
        **dict.fromkeys((*nothing, "ticket_form_id", "satisfaction_rating")),
        **{name: [] for name in ("collaborator_ids", "follower_ids", "email_cc_ids")},
        "id": number,
        "subject": f"Console {number * 7_919} is down",
        "status": "new",
        "requester_id": customer,
        "group_id": TIERS[1],
        "organization_id": ORGANIZATION,
        "brand_id": 1,
        "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
        "custom_fields": [{"id": ident, "value": None} for ident in (AFFECTED, SEVERITY, DUE_AT)],
        "a_key_of_the_future": {"x": [None]},
    }
