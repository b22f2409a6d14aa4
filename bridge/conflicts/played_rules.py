"""A helpdesk's own rules, acting on a ticket on the virtual clock as they would there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from bridge.conflicts.situation import Situation, Update, holds, is_same, waited_until, waiting_since, waits
from bridge.decision.targets import TAG_PREFIX
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.ticket import Actor, FactValue, Message, Role, Ticket, tag_form
from mappings.acting_rules import ActingRule, Beside, Effect, Give, Retag, Tell
from mappings.native_rules import NativeCalendar

MESSAGE = "message to the customer"
"""What a rule does that writes to the customer."""


@dataclass(frozen=True)
class NativeAct:
    """Something a rule of the helpdesk did."""

    at: datetime
    rule: ActingRule
    about: str
    """The field that it changed, ``tag:<name>``, or ``MESSAGE``."""
    value: FactValue
    follows_bridge: bool
    """Whether it acted on an update of the bridge."""
    bridge_spoke: bool = False
    """Whether that update was a message to the customer."""
    delivers: bool = False
    """Whether it is a mail that only brings the comments of the ticket."""


@dataclass
class PlayedRules:
    """Implements :class:`bridge.history.playback.HelpdeskRules`; afterwards it holds what the rules did."""

    rules: Sequence[ActingRule]
    """In the order in which they act."""
    calendar: NativeCalendar | None
    acts: list[NativeAct] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)
    """Ids of the rules that acted, whatever they did."""
    _done: set[tuple[str, tuple[datetime | None, ...]]] = field(default_factory=set)

    def after_update(self, helpdesk: InMemoryHelpdesk, before: Ticket | None) -> None:
        """Let the rules that wait for updates act: from the first again when one has changed something, each once."""
        waiting = [rule for rule in self.rules if not rule.is_timed]
        while rule := next((each for each in waiting if self._holds(each, helpdesk, Update(before))), None):
            waiting.remove(rule)
            self._act(rule, helpdesk, Update(before))

    def as_time_passes(self, helpdesk: InMemoryHelpdesk) -> bool:
        """Let the rules act that look at the clock; each once for what it waited for."""
        start = helpdesk.ticket
        for rule in self.rules:
            occasion = (rule.source.id, tuple(waiting_since(each, helpdesk.ticket) for each in waits(rule.condition)))
            if rule.is_timed and occasion not in self._done and self._holds(rule, helpdesk, None):
                self._done.add(occasion)
                before = helpdesk.ticket
                self._act(rule, helpdesk, None)
                if helpdesk.ticket is not before:
                    self.after_update(helpdesk, before)
        return helpdesk.ticket is not start

    def next_at(self, helpdesk: InMemoryHelpdesk) -> datetime | None:
        """The next instant at which the hours of some rule are over."""
        at = self._situation(helpdesk, None)
        found = (
            waited_until(each, at)
            for rule in self.rules
            for each in waits(rule.condition)
            if rule.is_timed and not rule.not_examined
        )
        return min((due for due in found if due is not None and due > helpdesk.now), default=None)

    def _situation(self, helpdesk: InMemoryHelpdesk, update: Update | None) -> Situation:
        return Situation(helpdesk.ticket, helpdesk.now, update, self.calendar)

    def _holds(self, rule: ActingRule, helpdesk: InMemoryHelpdesk, update: Update | None) -> bool:
        return not rule.not_examined and holds(rule.condition, self._situation(helpdesk, update))

    def _act(self, rule: ActingRule, helpdesk: InMemoryHelpdesk, update: Update | None) -> None:
        self.fired.add(rule.source.id)
        situation = self._situation(helpdesk, update)
        by_bridge = situation.role is Role.BRIDGE
        spoke = by_bridge and any(is_public for is_public, _ in situation.messages)
        for effect in rule.effects:
            for about, value in self._carry_out(effect, rule, helpdesk):
                delivers = isinstance(effect, Tell) and effect.delivers
                self.acts.append(NativeAct(helpdesk.now, rule, about, value, by_bridge, spoke, delivers))

    def _carry_out(
        self, effect: Effect, rule: ActingRule, helpdesk: InMemoryHelpdesk
    ) -> Iterator[tuple[str, FactValue]]:
        """Change the ticket; yields what became of it."""
        actor = Actor(role=Role.SYSTEM, id=rule.source.id, name=str(rule.source))
        match effect:
            case Give(name, value):
                if not is_same(helpdesk.value(name), value):
                    helpdesk.change(name, value, actor)
                    yield name, value
            case Retag():
                yield from self._retag(effect, helpdesk, actor)
            case Tell(text, is_comment):
                if is_comment:
                    helpdesk.record(Message(at=helpdesk.now, actor=actor, public=True, text=text))
                yield MESSAGE, text
            case Beside():
                pass
            case _:
                assert_never(effect)

    @staticmethod
    def _retag(effect: Retag, helpdesk: InMemoryHelpdesk, actor: Actor) -> Iterator[tuple[str, FactValue]]:
        """Change the tags; only those of the bridge are anything that a policy does."""
        old = helpdesk.ticket.tags
        kept = frozenset() if effect.replaces else old
        new = (kept | set(map(tag_form, effect.add))) - set(map(tag_form, effect.remove))
        if new != old:
            helpdesk.change("tags", ",".join(sorted(new)), actor)
        for tag in sorted(new ^ old):
            if tag.startswith(TAG_PREFIX):
                yield f"tag:{tag}", True if tag in new else None
