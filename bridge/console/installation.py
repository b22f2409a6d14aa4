"""The interface of a running installation that the console needs; ``app.Bridge`` implements it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bridge.config.settings import Settings
from bridge.ports.helpdesk import Helpdesk
from bridge.runtime.backlog import Backlog
from bridge.runtime.known_names import known_ticket
from bridge.runtime.modes import Modes
from bridge.runtime.previews import Previews
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from bridge.ticket import TicketRef
from mappings.connection import Configuration

OPEN_CONSOLE = "OPEN_CONSOLE"
"""Key of the Flask configuration: true where browsers of this machine need no token, because nothing real is shown."""
DEMONSTRATION = "DEMONSTRATION"
"""Key of the Flask configuration for a :class:`Demonstration`."""


class Installation(Protocol):
    """The parts of ``app.Bridge`` that the console reads."""

    @property
    def settings(self) -> Settings: ...
    @property
    def configuration(self) -> Configuration: ...
    @property
    def store(self) -> SqlStore: ...
    @property
    def helpdesks(self) -> Mapping[str, Helpdesk]: ...
    @property
    def clock(self) -> TicketClock: ...
    @property
    def backlog(self) -> Backlog: ...
    @property
    def modes(self) -> Modes: ...
    @property
    def previews(self) -> Previews: ...


def known_ref(bridge: Installation, connection: str, ident: str) -> TicketRef:
    """The reference of a ticket that an address names. Raises ``Unknown`` for one that was never seen."""
    return known_ticket(bridge.store, TicketRef(connection=connection, id=ident), bridge.configuration.connections).ref


@dataclass(frozen=True)
class Demonstration:
    """Makes every page say that this is a demo."""

    speed: float
    """Seconds of ticket time per real second."""
