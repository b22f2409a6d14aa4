"""Words of a plan -> the messages that carry them on an Odoo ticket. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import shorten

from bridge.decision import Clear, MessageKind, Plan, Say, Set, SystemField
from mappings.odoo import write_log
from mappings.odoo.vocabulary import message_id
from mappings.odoo.write_log import LogEntry

_URL = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)])")


@dataclass(frozen=True)
class Recipient:
    """Whom an e-mail address means in a database."""

    partner: int
    user: int = 0
    """Id of the internal user; 0 for everybody else."""


@dataclass(frozen=True)
class ChatterMessage:
    """One message to be posted on the ticket."""

    key: str
    public: bool
    body: str
    """HTML."""
    message_id: str
    partners: tuple[int, ...] = ()
    """Who is told of it besides the followers."""
    address: str = ""
    """Of a customer who is no contact."""
    users: tuple[int, ...] = ()
    """Who gets an activity for it."""
    summary: str = ""
    """Of that activity, in plain text."""


def to_html(text: str) -> str:
    """Plain text as HTML that shows exactly this text, its addresses on the web as links."""
    pieces = [escape(piece, quote=False) for piece in _URL.split(text.strip())]
    pieces[1::2] = [f'<a href="{url}">{url}</a>' for url in pieces[1::2]]
    paragraphs = re.split(r"\n\s*\n", "".join(pieces))
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)


def post_of(message: Say, ticket: int, people: Sequence[Recipient], address: str = "") -> ChatterMessage:
    """A message as a post, and whom it reaches besides the followers."""
    return ChatterMessage(
        key=message.key,
        public=message.is_public,
        body=_html(message),
        message_id=id_of(message, ticket),
        partners=tuple(dict.fromkeys(person.partner for person in people)),
        address=address,
        users=_users(people) if message.kind is MessageKind.NOTIFY else (),
        summary=shorten(_text(message), 120, placeholder=" …"),
    )


def _users(people: Sequence[Recipient]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(person.user for person in people if person.user))


def unsent(message: Say, ticket: int, fault: str) -> ChatterMessage:
    """A note to the agents, once, that a message to the customer cannot be sent, and why."""
    name, key = message.template.replace("_", " "), f"{message.key}/unsent"
    text = f"{message.cite.clause}: the customer did not get the message {name!r}. {fault[:1].upper()}{fault[1:]}."
    return ChatterMessage(key, public=False, body=to_html(text), message_id=message_id(key, "unsent", ticket))


def _text(message: Say) -> str:
    return message.text or message.template.replace("_", " ")


def _html(message: Say) -> str:
    """A message as HTML; word to a role says to whom it goes."""
    html = to_html(_text(message))
    if message.kind is not MessageKind.NOTIFY:
        return html
    there = ", ".join(addresses(message.to))
    role = message.template.replace("_", " ")
    return f"<p><strong>To the {escape(role)}{f' ({escape(there)})' if there else ''}:</strong></p>{html}"


def addresses(parts: Sequence[str]) -> list[str]:
    """The e-mail addresses among roles, addresses and channel URLs, in lower case."""
    return [part.strip().lower() for part in parts if "@" in part and "://" not in part]


def addresses_of(plan: Plan) -> set[str]:
    """The e-mail addresses in a plan, in lower case: the people to look up."""
    found: set[str] = set()
    for action in plan.actions:
        found |= set() if isinstance(action, Clear) else set(addresses(action.to))
        if isinstance(action, Set) and action.target is SystemField.ASSIGNEE:
            found.add(str(action.value).lower())
    return {address for address in found if "@" in address}


def id_of(message: Say, ticket: int) -> str:
    """The Message-Id of a message."""
    return message_id(message.key, message.template, ticket)


def announcement(key: str) -> str:
    """How the ticket's log names a message that is about to be posted."""
    return f"say:{key}"


def announced(log: object, key: str) -> LogEntry | None:
    """The last write after which a message was to be posted; None: there was none."""
    return next((entry for entry in reversed(write_log.read(log)) if announcement(key) in entry.values), None)
