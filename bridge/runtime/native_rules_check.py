"""Whether a helpdesk's own rules are still as ``policybridge conflicts`` examined them, and none acts against a policy.

Nothing is played here: a rule that somebody has made or changed since is named, and the command examines it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import structlog

from bridge.errors import HelpdeskError
from bridge.helpdesks.native_rules import playable_vendors, read_acting_rules
from bridge.ports.conditions import Condition
from bridge.ports.store import Store
from bridge.runtime.ticket_clock import TicketClock
from mappings.acting_rules import ActingRules
from mappings.connection import Connection

log = structlog.get_logger()

NAMED = 3
"""So many rules are named; the others are counted."""
Read = Callable[[str, Connection], ActingRules]


@dataclass(frozen=True)
class NativeRulesCheck:
    """Checks the connections whose rules were examined once."""

    store: Store
    clock: TicketClock
    connections: Mapping[str, Connection]
    read: Read = read_acting_rules

    def check(self) -> None:
        """Read the rules of every connection, and note what was found. Never raises for what a helpdesk does."""
        playable = playable_vendors()
        for name, connection in self.connections.items():
            if connection.vendor in playable and self.store.examined_rules(name):
                try:
                    found = list(self._problems(name, self.read(name, connection)))
                except HelpdeskError as error:
                    log.warning("native_rules_unread", connection=name, reason=str(error))
                    continue
                self._note(name, found)

    def _note(self, name: str, found: list[str]) -> None:
        now = self.clock.now()
        if not found:
            self.store.succeeded(Condition.NATIVE_RULES, now, name)
            return
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        self.store.failed(Condition.NATIVE_RULES, now, f"{'; '.join(found[:NAMED])}{more}", name)

    def _problems(self, name: str, native: ActingRules) -> Iterator[str]:
        """The rules that are in conflict, are new, or were changed after they were examined."""
        examined = {(rule.kind, rule.id): rule for rule in self.store.examined_rules(name)}
        now = [(rule.source, rule.digest) for rule in native.rules]
        now += [(target.policy.source, target.digest) for target in native.targets]
        for source, digest in now:
            before = examined.get((source.kind, source.id))
            if before is None:
                yield f"{source} is new"
            elif before.switched_off_at:
                yield f"{source} was switched off and is on again"
            elif before.digest != digest:
                yield f"{source} was changed"
            elif before.verdict == "conflict":
                yield f"{source} {before.detail}"
