"""Links for agents in messages: to the ticket in its helpdesk, and to the page that explains what was done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.decision.linked_text import LinkPurpose
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class AgentLinks:
    """Makes the links of one connection."""

    public_url: str | None
    """``https://host`` of this installation; None: there are no links to its pages."""
    ticket_url: Callable[[TicketRef], str]

    def url(self, purpose: LinkPurpose, ref: TicketRef) -> str | None:
        """The address for a purpose, or None."""
        if purpose is LinkPurpose.TICKET:
            return self.ticket_url(ref)
        return f"{self.public_url}/tickets/{ref.connection}/{ref.id}" if self.public_url else None
