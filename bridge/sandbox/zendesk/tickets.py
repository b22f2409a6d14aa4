"""Creating and updating tickets: one change, one audit, one set of events for webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.sandbox.clock import stamp
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses, seeds, triggers
from bridge.sandbox.zendesk.comments import bodies, placeholders
from bridge.sandbox.zendesk.rules import applied, blank_ticket, check_editable
from bridge.sandbox.zendesk.state import State

_AUDITED = (
    "subject",
    "priority",
    "type",
    "status",
    "custom_status_id",
    "requester_id",
    "submitter_id",
    "assignee_id",
    "group_id",
    "organization_id",
    "brand_id",
    "ticket_form_id",
    "external_id",
    "problem_id",
    "due_at",
    "tags",
    "follower_ids",
    "email_cc_ids",
)
_NOTIFY_RULE = {key: seeds.NOTIFY[key] for key in ("id", "title")}


@dataclass(frozen=True)
class ChangeOrigin:
    """Who changes a ticket, and by which way it came in."""

    actor: Record
    via: Record = field(default_factory=lambda: {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}})
    system: Record = field(default_factory=dict)
    """Added to the audit's ``metadata.system``: client, ip_address, message_id, machine_generated ..."""
    flags: tuple[int, ...] = ()
    """Comment flags of the audit's metadata; 4 is "automatically generated"."""


Publish = Callable[[Record, Record, Record, bool], None]
"""Told of every stored change: ticket before, ticket after, audit, whether it was created."""


class TicketWriter:
    """The only place that writes tickets."""

    def __init__(self, state: State, publish: Publish) -> None:
        self._state = state
        self._publish = publish

    def create(self, wanted: Record, origin: ChangeOrigin) -> tuple[Record, Record]:
        """A new ticket and its first audit. The comment is required; ``requester`` may name a new user."""
        state = self._state
        comment = wanted.get("comment") or {}
        if not (comment.get("body") or comment.get("html_body") or wanted.get("voice_comment")):
            raise error_responses.record_invalid("description", "Description: cannot be blank", error="BlankValue")
        with state.lock:
            requester = self._requester(wanted, origin)
            blank = blank_ticket(state, state.new_ticket_id(), stamp(state.clock()))
            blank |= {"requester_id": requester["id"], "submitter_id": wanted.get("submitter_id") or origin.actor["id"]}
            blank |= {"organization_id": requester["organization_id"], "via": origin.via}
            wanted = {**wanted, "requester_id": requester["id"], "comment": {"author_id": requester["id"], **comment}}
            return self._store(blank, wanted, origin, created=True)

    def update(self, ident: int, wanted: Record, origin: ChangeOrigin) -> tuple[Record, Record]:
        """The changed ticket and the audit of the change, whose ``events`` are empty when nothing changed."""
        with self._state.lock:
            ticket = self._state.ticket(ident)
            check_editable(ticket, wanted)
            return self._store(ticket, wanted, origin, created=False)

    def delete(self, ident: int, origin: ChangeOrigin) -> None:
        """Delete a ticket softly: gone from the API, still in the incremental export."""
        state = self._state
        with state.lock:
            ticket = state.ticket(ident)
            gone = {**ticket, "status": "deleted", "generated_timestamp": int(state.clock().timestamp())}
            state.tickets[ident] = gone
            self._publish(ticket, gone, self._audit(ticket, origin, [], {}), False)

    def _requester(self, wanted: Record, origin: ChangeOrigin) -> Record:
        state = self._state
        if wanted.get("requester_id") is not None:
            if wanted["requester_id"] not in state.users:
                raise error_responses.record_invalid("requester", f"Requester: {wanted['requester_id']} is not a user")
            return state.users[wanted["requester_id"]]
        given = wanted.get("requester") or {}
        if not given.get("email"):
            return origin.actor
        return state.user_by_email(given["email"]) or state.add("users", {"name": given["email"], **given})

    def _store(self, old: Record, wanted: Record, origin: ChangeOrigin, *, created: bool) -> tuple[Record, Record]:
        state, now = self._state, self._state.clock()
        author = int((wanted.get("comment") or {}).get("author_id") or origin.actor["id"])
        spoken = bool(wanted.get("comment") or wanted.get("voice_comment"))
        new = applied(state, old, wanted, customer_spoke=spoken and not state.is_staff(author) and not created)
        comments = list(self._comments(new, wanted, origin))
        if created and comments:
            new["description"] = comments[0]["body"]
        events = [*_differences(old, new, created=created), *comments]
        audit = self._audit(new, origin, events, wanted)
        if not events:
            return old, audit
        new = self._triggered(new, audit, created=created)
        new["is_public"] = old["is_public"] or any(comment["public"] for comment in comments)
        new |= {"updated_at": stamp(now), "generated_timestamp": int(now.timestamp())}
        audit["events"] += self._notifications(new, comments)
        state.tickets[new["id"]] = new
        state.audits[new["id"]] = [*state.audits.get(new["id"], ()), audit]
        self._publish(old, new, audit, created)
        return new, audit

    def _audit(self, ticket: Record, origin: ChangeOrigin, events: list[Record], wanted: Record) -> Record:
        ident = self._state.new_id()  # before those of its events, which are larger
        metadata: Record = {
            "system": {"client": "sandbox", "ip_address": "127.0.0.1", **origin.system},
            "custom": wanted.get("metadata") or {},
        }
        if origin.flags:
            options = {str(flag): {"trusted": True} for flag in origin.flags}
            metadata |= {"flags": list(origin.flags), "flags_options": options, "trusted": True}
        return {
            "id": ident,
            "ticket_id": ticket["id"],
            "created_at": stamp(self._state.clock()),
            "author_id": origin.actor["id"],
            "metadata": metadata,
            "events": [{"id": self._state.new_id(), **event} for event in events],
            "via": origin.via,
        }

    def _comments(self, ticket: Record, wanted: Record, origin: ChangeOrigin) -> Iterator[Record]:
        """The comment and the logged call of a change, as audit events."""
        written = [kind for kind in ("comment", "voice_comment") if wanted.get(kind)]
        if written and self._spoken(ticket) + len(written) > self._state.limits.comments_per_ticket:
            raise error_responses.record_invalid("base", "Ticket: has reached the maximum number of comments")
        for kind in written:
            given = wanted[kind]
            author = int(given.get("author_id") or origin.actor["id"])
            if author not in self._state.users:
                raise error_responses.record_invalid("comment", f"Comment: author {author} is not a user")
            common = {"author_id": author, "public": bool(given.get("public", True)), "attachments": []}
            if kind == "voice_comment":
                yield {"type": "VoiceComment", **common, **_call(given)}
                continue
            text = bodies(given, placeholders(self._state, ticket, origin.actor))
            if text["body"]:
                yield {"type": "Comment", **common, **text}

    def _triggered(self, ticket: Record, audit: Record, *, created: bool) -> Record:
        """The ticket after the triggers that change it, each once; what they do stands in the audit as theirs."""
        done: set[int] = set()
        while True:
            coming = triggers.changes(self._state, triggers.TicketEvent(ticket, audit, created))
            found = next(((rule, wanted) for rule, wanted in coming if rule["id"] not in done), None)
            if found is None:
                return ticket
            rule, wanted = found
            done.add(rule["id"])
            new = applied(self._state, ticket, wanted)
            source = {"from": {"id": rule["id"], "title": rule["title"], "deleted": False}, "to": {}, "rel": "trigger"}
            via = {"channel": "rule", "source": source}
            events = _differences(ticket, new, created=False)
            audit["events"] += [{"id": self._state.new_id(), **event, "via": via} for event in events]
            ticket = new

    def _spoken(self, ticket: Record) -> int:
        events = (event for audit in self._state.audits.get(ticket["id"], ()) for event in audit["events"])
        return sum(event["type"] in ("Comment", "VoiceComment") for event in events)

    def _notifications(self, ticket: Record, comments: list[Record]) -> Iterator[Record]:
        """Mails of the standard trigger: public words of agents to the requester, all words to followers."""
        for comment in comments:
            notified = set(ticket["follower_ids"])
            if comment["public"]:
                notified |= {ticket["requester_id"], *ticket["email_cc_ids"]}
            recipients = sorted(notified - {comment["author_id"]})
            if recipients and self._state.is_staff(comment["author_id"]):
                yield {
                    "id": self._state.new_id(),
                    "type": "Notification",
                    "subject": f"[{ticket['id']}] Re: {ticket['subject']}",
                    "body": comment["body"],
                    "recipients": recipients,
                    "via": {"channel": "rule", "source": {"from": _NOTIFY_RULE, "rel": "trigger", "to": {}}},
                }


def _call(given: Record) -> Record:
    """The parts of a VoiceComment event for a logged phone call."""
    text = f"Call from: {given.get('from', '')}\nCall to: {given.get('to', '')}\n{given.get('transcription_text', '')}"
    return {
        "data": {key: value for key, value in given.items() if key not in ("public", "author_id")},
        "formatted_from": given.get("from", ""),
        "formatted_to": given.get("to", ""),
        "transcription_visible": bool(given.get("transcription_text")),
        "body": text.strip(),
        "html_body": f"<p>{text.strip()}</p>",
        "plain_body": text.strip(),
    }


def _differences(old: Record, new: Record, *, created: bool) -> Iterator[Record]:
    """Create or Change events: field by field, ids and other scalars as text, tags as lists."""
    for name in _AUDITED:
        before, after = (None if created else _as_text(old[name])), _as_text(new[name])
        if before != after and not (created and after in (None, [])):
            yield _event(name, before, after, created=created)
    for ident in new["custom_fields"]:
        before, after = _as_text(old["custom_fields"].get(ident)), _as_text(new["custom_fields"][ident])
        if before != after:
            yield _event(str(ident), before, after, created=created)


def _event(name: str, before: Any, after: Any, *, created: bool) -> Record:
    if created:
        return {"type": "Create", "field_name": name, "value": after}
    return {"type": "Change", "field_name": name, "value": after, "previous_value": before}


def _as_text(value: Any) -> Any:
    """A value as audits write it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return value if all(isinstance(item, str) for item in value) else [str(item) for item in value]
    return str(value)
