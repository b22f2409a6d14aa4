"""The messages of one update of an Odoo ticket: to the customer, to people whom a plan notifies, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from bridge.decision import MessageKind, Say, Set
from mappings.odoo.messages import ChatterMessage, Recipient, addresses, chatter_message, unsent_note
from mappings.odoo.update_context import UpdateContext
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD


@dataclass
class MessageBuilder:
    """Collects what is to be posted on a ticket, and what cannot be."""

    context: UpdateContext
    refused: dict[str, str]
    """Actions that cannot be carried out, and why; shared with the rest of the update."""
    public: list[ChatterMessage] = field(default_factory=list)
    internal: list[ChatterMessage] = field(default_factory=list)
    unreached: dict[str, str] = field(default_factory=dict)

    @property
    def posts(self) -> tuple[ChatterMessage, ...]:
        """Everything to post, public messages first."""
        return (*self.public, *self.internal)

    def add(self, message: Say) -> None:
        """Say something to whom it is for; what cannot be said is refused."""
        match message.kind:
            case MessageKind.PUBLIC_MESSAGE:
                self._message_customer(message)
            case MessageKind.INTERNAL_NOTE:
                self._note(message, [])
            case MessageKind.NOTIFY:
                self._note(message, self.recipients(message))
            case _:
                assert_never(message.kind)

    def _message_customer(self, message: Say) -> None:
        context = self.context
        if not context.catalog.schema.keeps_log:
            self.refused[message.key] = (
                f"without the text field {LOG_FIELD} a message to the customer could be sent twice; {INSTALL}"
            )
        elif context.customer:
            self.public.append(chatter_message(message, int(context.ticket["id"]), [context.customer]))
        elif context.address:
            self.public.append(chatter_message(message, int(context.ticket["id"]), [], context.address))
        else:
            problem = "the ticket has no contact with an e-mail address; add one"
            self.refused[message.key] = problem
            self.internal.append(unsent_note(message, int(context.ticket["id"]), problem))

    def _note(self, message: Say, people: Sequence[Recipient]) -> None:
        self.internal.append(chatter_message(message, int(self.context.ticket["id"]), people))

    def recipients(self, action: Set | Say) -> list[Recipient]:
        """The recipients of an action who are in the database; the others are reported."""
        wanted, known = addresses(action.to), self.context.people
        if missing := [address for address in wanted if address not in known]:
            advice = "add a contact with this address, or a channel under notify"
            self.unreached[f"{action.key}/address"] = f"Odoo has no contact {', '.join(missing)}; {advice}"
        return [known[address] for address in wanted if address in known]
