"""What the console needs of a running installation; ``app.Bridge`` is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bridge.config.settings import Settings
from bridge.ports.clock import WallClock
from bridge.ports.helpdesk import Helpdesk
from bridge.store import SqlStore
from mappings.connection import Configuration

DEMONSTRATION = "DEMONSTRATION"
"""Key of the Flask configuration under which a :class:`Demonstration` may stand."""


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
    def clock(self) -> WallClock: ...


@dataclass(frozen=True)
class Demonstration:
    """Says on every page that this is no real helpdesk."""

    speed: float
    """Seconds of the tickets' clock in a real second."""
    helpdesk_url: str
    """Where the local helpdesk listens."""
