"""How far each connection may go now. A step to ``enforce`` in the file waits until a person has confirmed it.

The database knows the mode in which each connection last ran. A connection that runs for the first time does what its
file says; one that was watched before goes on as before until somebody has seen what it would do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bridge.decision import Mode
from bridge.ports.audit import audit_entry
from bridge.ports.store import Store
from mappings.connection import Connection

JUDGED = "enforce/judge"
"""How ``enforce`` with ``backlog: judge`` is recorded: it concerns all old tickets, so it is confirmed by itself."""


@dataclass(frozen=True)
class CurrentMode:
    """The mode of a connection at this moment."""

    mode: Mode
    unconfirmed: str = ""
    """Why it is not what the file says; empty: it is."""


class Modes:
    """The modes of the connections of one installation."""

    def __init__(
        self, store: Store, connections: Mapping[str, Connection], packs: Collection[str], *, begins: bool = True
    ) -> None:
        """Record the modes of the file that need no confirmation, if the installation ``begins`` to work with them."""
        self._store = store
        self._packs = packs
        self._begins = begins
        self._connections = connections
        self._configured = {name: _configured_mode(connection) for name, connection in connections.items()}
        for name, configured in self._configured.items() if begins else ():
            if not _waits(configured, store.mode_of(name)):
                store.record_mode(name, configured)

    def current(self, connection: str) -> CurrentMode:
        """How far a connection may go now, in this process and in every other one."""
        configured, recorded = self._configured[connection], self._store.mode_of(connection)
        if _waits(configured, recorded):
            before: Mode = "shadow" if recorded is None or configured == JUDGED else _mode(recorded)
            return CurrentMode(before, unconfirmed_reason(connection, judged=configured == JUDGED))
        if self._begins and recorded and _mode(recorded) == "enforce":  # confirmed since this process has read its file
            return CurrentMode("enforce")
        return CurrentMode(_mode(configured))

    def unconfirmed(self) -> list[str]:
        """The connections whose step to ``enforce`` nobody has confirmed."""
        return [name for name, configured in self._configured.items() if _waits(configured, self._store.mode_of(name))]

    def confirm(self, connection: str, who: str, now: datetime) -> None:
        """Let a connection enforce its policies from now on, in every process, and act on what was withheld."""
        for pack in self._packs:
            self._store.record_pack_start(connection, pack, now.replace(microsecond=0), writes=True)
        confirmed = JUDGED if self._connections[connection].backlog == "judge" else "enforce"
        entry = audit_entry("enforce", f"connection {connection} enforces its policies, confirmed by {who}", "", now)
        self._store.confirm_mode(connection, confirmed, entry, now)


def unconfirmed_reason(connection: str, *, judged: bool) -> str:
    """Why nothing is written yet, and what to do."""
    what = "mode enforce with backlog: judge" if judged else "mode enforce"
    return f"{what} is not confirmed yet: `policybridge enforce --apply --connection {connection}` shows it and asks"


def _configured_mode(connection: Connection) -> str:
    return JUDGED if connection.mode == "enforce" and connection.backlog == "judge" else connection.mode


def _mode(recorded: str) -> Mode:
    return cast(Mode, recorded.partition("/")[0])


def _waits(configured: str, recorded: str | None) -> bool:
    """Whether a mode of the file waits for a person."""
    if configured == JUDGED:
        return recorded != JUDGED
    return configured == "enforce" and recorded is not None and _mode(recorded) != "enforce"
