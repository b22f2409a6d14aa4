"""What a scenario needs of a vendor: people who act in it, a way to read it, and a line to the bridge that can be cut.

A scenario speaks in canonical words. A :class:`Vendor` translates them, through the interfaces that the vendor gives to
people and never through the adapter under test. What a vendor cannot play is in its ``lacks``, with the reason; no
scenario asks which vendor it is played with.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import Flask

from app import assemble, create_app
from bridge.config.settings import Settings
from bridge.ports.helpdesk import Helpdesk
from bridge.runtime.jobs import Jobs
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from bridge.ticket import Message, Role, Ticket, TicketRef

Json = dict[str, Any]

AFFECTED = ("all", "significant", "small", "individual")
REPORT = {
    "company": "Example Ltd",
    "contact": "help desk",
    "preferred_contact": "e-mail",
    "device": "Tablet",
    "username": "device-0417",
    "devices_affected": "12",
}
"""All items of a complete report, so that the bridge asks for none."""
NO_FACTS: Mapping[str, str] = {}
ESCALATE = "escalate_now"
"""The tag that asks for escalation."""
SHOWN = ("severity", "next_due", "escalation_stage", "clause")
"""Fields of the bridge that are compared as text."""
UNMAPPED = "Waiting for a supplier"
"""A status of the vendor that the connection does not name."""


@dataclass(frozen=True)
class Seen:
    """A ticket as people at the vendor find it, in canonical words; texts with single spaces."""

    priority: str | None
    status: str | None
    tier: int | None
    tags: frozenset[str]
    fields: Mapping[str, str]
    public: tuple[str, ...]
    """What the customer wrote or was sent, after the description, oldest first; no mail of the vendor's own rules."""
    notes: tuple[str, ...]
    """What agents alone can read, oldest first."""

    @classmethod
    def by_adapter(cls, ticket: Ticket) -> Seen:
        """The same, as the adapter that is being judged has read it."""
        messages = (entry for entry in ticket.timeline if isinstance(entry, Message))
        by_people = [message for message in messages if message.actor.role is not Role.SYSTEM]
        return cls(
            priority=ticket.priority,
            status=ticket.status,
            tier=ticket.tier,
            tags=ticket.tags,
            fields={name: canonical_word(name, ticket.fields[name]) for name in SHOWN if ticket.fields.get(name)},
            public=tuple(one_line(message.text) for message in by_people if message.public),
            notes=tuple(one_line(message.text) for message in by_people if not message.public),
        )


def canonical_word(name: str, text: str) -> str:
    """The canonical word for what a display field shows people: a title, or a clause with its sentence."""
    if name == "next_due":
        return text.lower().replace(" ", "_")
    return text.partition(": ")[0] if name == "clause" else text


def one_line(text: str) -> str:
    """A text without its line breaks, which vendors keep as markup of their own."""
    return " ".join(text.split())


class Line(ABC):
    """What goes from the bridge to the vendor, and may be disturbed."""

    @property
    @abstractmethod
    def writes(self) -> Sequence[str]:
        """The ids of the tickets that the bridge changed so far, once a request; what a cut refused is left out."""

    @abstractmethod
    @contextmanager
    def cut(self, after: int = 0) -> Iterator[None]:
        """Nothing gets through while the block lasts, once so many changes have."""

    @abstractmethod
    def lose_answer(self, *, public: bool = False) -> None:
        """The vendor carries out the next change, or the next public message, and its answer never arrives."""

    @abstractmethod
    def meanwhile(self, act: Callable[[], object]) -> None:
        """Let somebody act at the last moment, when the bridge's next change is already on its way."""


@dataclass
class Running:
    """A bridge that is connected to a vendor; its jobs run when a scenario says so."""

    store: SqlStore
    jobs: Jobs
    helpdesks: dict[str, Helpdesk]
    app: Flask


class Vendor(ABC):
    """One vendor's account. Ticket ids are the vendor's own, as text; people's acts return when they are done."""

    name: str
    connection: str
    """Name of the connection, which is part of the webhook's URL."""
    line: Line
    lacks: Mapping[str, str] = {}
    """What this vendor cannot play -> why: ``webhooks`` (then the bridge has its sweep), ``hands`` of its own clock,
    ``lists`` of what people have to do."""
    account: str
    """Key of the customer's account in the accounts file."""
    roles: Mapping[str, str]
    """Role -> address of somebody who is known to the vendor."""

    @abstractmethod
    def settings(self) -> Json:
        """The connection as an admin writes it into policybridge.yaml, without ``mode``."""

    @abstractmethod
    def begin(self, endpoint: str) -> Mapping[str, str]:
        """A new scenario, told to ``endpoint``; returns the environment the bridge needs."""

    @abstractmethod
    def end(self) -> None:
        """Take away what the scenario has left."""

    @contextmanager
    def run(self, settings: Settings) -> Iterator[Running]:
        """The bridge as it is assembled in production, on this vendor's clock."""
        with assemble(settings, TicketClock(self.now)) as bridge:
            yield Running(bridge.store, bridge.jobs, cast(dict[str, Helpdesk], bridge.helpdesks), create_app(bridge))

    @abstractmethod
    def now(self) -> datetime:
        """The present in the scenario, aware UTC."""

    @abstractmethod
    def pass_time(self, seconds: float) -> None:
        """Let time go by on both sides."""

    def has_delivered_all(self) -> bool:
        """Whether every webhook that is owed has been sent; a vendor that tells before it answers owes none."""
        return True

    @abstractmethod
    def open(self, subject: str, *, affected: str | None, text: str = "Nobody can enrol") -> str:
        """The customer telephones with a complete report of an incident; returns the id."""

    @abstractmethod
    def reply(self, ident: str, text: str, *, automatic: bool = False) -> None:
        """The customer answers; ``automatic``: the customer's mail program does."""

    @abstractmethod
    def answer(self, ident: str, text: str) -> None:
        """An agent writes to the customer."""

    @abstractmethod
    def note(self, ident: str, text: str) -> None:
        """An agent writes to the other agents."""

    @abstractmethod
    def call(self, ident: str) -> None:
        """An agent logs a call with the customer."""

    @abstractmethod
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
        """An agent changes these in one step; ``tag`` is put beside those that are there, ``untag`` is taken away.

        ``facts``: of :data:`REPORT`, whose fields hold any text.
        """

    @abstractmethod
    def ask_for_escalation(self, ident: str) -> None:
        """An agent sets the mark for it."""

    def know_tags(self, names: Iterable[str]) -> None:  # noqa: B027
        """What ``install`` would make for a policy that writes these; most vendors take any tag."""

    @abstractmethod
    def put_aside(self, ident: str) -> None:
        """An agent moves the ticket to :data:`UNMAPPED`."""

    @abstractmethod
    def is_aside(self, ident: str) -> bool:
        """Whether it is still there."""

    @abstractmethod
    def delete(self, ident: str) -> None:
        """Somebody deletes the ticket."""

    @abstractmethod
    def merge(self, ident: str, into: str) -> None:
        """An agent merges one ticket into another."""

    @abstractmethod
    def see(self, ident: str) -> Seen:
        """The ticket as people find it, read past the adapter."""

    @abstractmethod
    def called_upon(self, ident: str) -> frozenset[str]:
        """Addresses of the colleagues whose attention the vendor was made to ask for."""

    def ref(self, ident: str) -> TicketRef:
        return TicketRef(connection=self.connection, id=ident)
