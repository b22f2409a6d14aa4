"""Turns the messages of a plan into messages of the chatter of an Odoo ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import shorten

from bridge.decision import Clear, MessageKind, Plan, Say, Set, SystemField
from bridge.decision.linked_text import TextLink
from mappings.message_html import email_addresses, paragraphs, text_of_message, with_recipients
from mappings.odoo import write_log
from mappings.odoo.vocabulary import message_id
from mappings.odoo.write_log import LogEntry


@dataclass(frozen=True)
class Recipient:
    """The partner, and the user if there is one, behind an e-mail address."""

    partner: int
    user: int = 0
    """Id of the internal user; 0 for anybody else."""


@dataclass(frozen=True)
class ChatterMessage:
    """One message to post on the ticket."""

    key: str
    public: bool
    body: str
    """HTML."""
    message_id: str
    partners: tuple[int, ...] = ()
    """Partners to notify in addition to the followers."""
    address: str = ""
    """Address of a customer who is not a contact."""
    users: tuple[int, ...] = ()
    """Users who get an activity."""
    summary: str = ""
    """Summary of that activity in plain text."""


def to_html(text: str, links: Iterable[TextLink] = ()) -> str:
    """Plain text as HTML that shows exactly this text; an address that a customer wrote becomes no link."""
    html, at = "", 0
    for link in links:
        address = escape(text[link.start : link.end])
        html += f'{escape(text[at : link.start], quote=False)}<a href="{address}">{address}</a>'
        at = link.end
    return paragraphs((html + escape(text[at:], quote=False)).strip())


def chatter_message(message: Say, ticket: int, people: Sequence[Recipient], address: str = "") -> ChatterMessage:
    """The chatter message for a message of a plan, addressed to ``people`` in addition to the followers."""
    return ChatterMessage(
        key=message.key,
        public=message.is_public,
        body=_html(message),
        message_id=message_id_of(message, ticket),
        partners=tuple(dict.fromkeys(person.partner for person in people)),
        address=address,
        users=_users(people) if message.kind is MessageKind.NOTIFY else (),
        summary=shorten(text_of_message(message), 120, placeholder=" …"),
    )


def _users(people: Sequence[Recipient]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(person.user for person in people if person.user))


def unsent_note(message: Say, ticket: int, problem: str) -> ChatterMessage:
    """A note that tells the agents, once, that a message to the customer cannot be sent, and why."""
    name, key = message.template.replace("_", " "), f"{message.key}/unsent"
    text = (
        f"{message.cite.clause}: the message {name!r} was not sent to the customer. {problem[:1].upper()}{problem[1:]}."
    )
    return ChatterMessage(key, public=False, body=to_html(text), message_id=message_id(key, "unsent", ticket))


def _html(message: Say) -> str:
    return with_recipients(to_html(text_of_message(message), message.links), message, addresses(message.to))


def addresses(recipients: Sequence[str]) -> list[str]:
    """The e-mail addresses among roles, addresses and channel URLs, in lower case."""
    return [address.lower() for address in email_addresses(recipients)]


def addresses_of(plan: Plan) -> set[str]:
    """The e-mail addresses in a plan, in lower case, for looking up the people."""
    found: set[str] = set()
    for action in plan.actions:
        found |= set() if isinstance(action, Clear) else set(addresses(action.to))
        if isinstance(action, Set) and action.target is SystemField.ASSIGNEE:
            found.add(str(action.value).lower())
    return {address for address in found if "@" in address}


def message_id_of(message: Say, ticket: int) -> str:
    """The Message-Id of a message."""
    return message_id(message.key, message.template, ticket)


def announcement(key: str) -> str:
    """The name under which the ticket's log announces a message that is about to be posted."""
    return f"say:{key}"


def find_announcement(log: object, key: str) -> LogEntry | None:
    """The last write that announced a message, or None."""
    return next((entry for entry in reversed(write_log.read(log)) if announcement(key) in entry.values), None)
