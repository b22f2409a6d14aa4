"""One trial played with and without the helpdesk's own rules, and where rules and policy get in each other's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.conflicts.played_rules import MESSAGE, NativeAct, PlayedRules
from bridge.conflicts.situation import is_same
from bridge.conflicts.trial import Trial
from bridge.conflicts.verdict import Conflict, ConflictKind, Doing
from bridge.decision import Action, Decision, Say, Set, Tag
from bridge.decision.targets import target_text
from bridge.explain import describe_action
from bridge.history.playback import Act, SimulationError
from bridge.ticket import FactValue, Role, Ticket
from mappings.acting_rules import ActingRules
from mappings.native_rules import Source

SAME_OCCASION = timedelta(hours=1)
"""What rule and policy do within this time belongs together."""
_PEOPLE = (Role.CUSTOMER, Role.AGENT, Role.OTHER)
_ONE_FIELD = {"tier": "group"}
"""Canonical fields that are one in the helpdesk."""
_SETTLED = ("status", MESSAGE)
"""What a rule does that may keep a policy from doing its part; other values are facts to it."""


@dataclass(frozen=True)
class Found:
    """A conflict with the rule that is in it."""

    source: Source
    conflict: Conflict


def acts_alone(trial: Trial) -> list[Act]:
    """What the policy does on a trial without the helpdesk's own rules."""
    run = trial.played()
    with suppress(SimulationError):
        run.run(trial.until)
    return run.acts


@dataclass
class Comparison:
    """One trial, played twice."""

    trial: Trial
    native: ActingRules
    alone: list[Act] = field(default_factory=list)
    """What the policy does without the rules."""
    together: list[Act] = field(default_factory=list)
    """What it does with them."""
    played: PlayedRules = field(init=False)
    ticket: Ticket = field(init=False)
    """At the end, with the rules."""
    decision: Decision | None = None
    """The last one, with the rules."""
    acts_alone: Callable[[Trial], list[Act]] = acts_alone
    rules_alone: bool = False
    """Whether the rules are played without the policy, to see what they never come to because it is there."""

    def __post_init__(self) -> None:
        self.played = PlayedRules(self.native.rules, self.native.calendar)

    def play(self) -> Comparison:
        """Play both; what the rules did is in ``played`` then."""
        run = self.trial.played(self.played, writes=not self.rules_alone)
        with suppress(SimulationError):  # rules and policy undo each other's work without end: what they did will do
            self.decision = run.run(self.trial.until)
        self.together, self.ticket = run.acts, run.helpdesk.ticket
        if any(not act.delivers for act in self.played.acts):
            self.alone = self.acts_alone(self.trial)
        return self

    def conflicts(self) -> Iterator[Found]:
        """Every conflict of this trial, the first of each rule about each thing."""
        seen: set[tuple[str, str]] = set()
        for act in self.played.acts:
            name = act.rule.source.id, act.about.partition(":")[0] if act.about.startswith("tag:") else act.about
            if name not in seen and (conflict := self._conflict(act)):
                seen.add(name)
                yield Found(act.rule.source, conflict)
        if not self.rules_alone and (hindered := self._hindered(seen)):
            yield hindered

    def _conflict(self, act: NativeAct) -> Conflict | None:
        if act.about == MESSAGE:
            return self._double_message(act)
        if act.about.startswith(("tag:", "field:")) and not act.about.startswith("field:custom_"):
            return self._own(act)
        found = self._related(act)
        if found is None:
            return None
        value = _value_of(found.action)
        late = abs(found.at - act.at) > SAME_OCCASION
        if self.rules_alone:
            return self._made(ConflictKind.DOUBLES, act, found) if is_same(value, act.value) else None
        kind = ConflictKind.FIGHTS if late or not is_same(value, act.value) else ConflictKind.DOUBLES
        return self._made(kind, act, found)

    def goes_beyond(self) -> dict[str, bool]:
        """Rules without a time of their own that acted: whether the policy did nothing of the kind on an occasion."""
        acts = [act for act in self.played.acts if not (act.rule.is_timed or act.delivers or _is_tag(act))]
        return {
            ident: not all(self._is_done_by_policy(act) for act in acts if act.rule.source.id == ident)
            for ident in {act.rule.source.id for act in acts}
        }

    def _is_done_by_policy(self, act: NativeAct) -> bool:
        near = (each.action for each in (*self.together, *self.alone) if abs(each.at - act.at) <= SAME_OCCASION)
        if act.about == MESSAGE:
            return any(isinstance(action, Say) and action.is_public for action in near)
        return any(_field_of(action) == _one(act.about) for action in near)

    def _related(self, act: NativeAct) -> Act | None:
        """What the policy does with the same field on the same occasion, in whichever run is the nearest."""
        wanted = [
            each
            for each in (*self.together, *self.alone)
            if _field_of(each.action) == _one(act.about) and self._is_quiet(act.at, each.at)
        ]
        different = [each for each in wanted if not is_same(_value_of(each.action), act.value)]
        return min(different or wanted, key=lambda each: abs(each.at - act.at), default=None)

    def _double_message(self, act: NativeAct) -> Conflict | None:
        if act.delivers:
            return None
        said = [
            each for each in (*self.together, *self.alone) if isinstance(each.action, Say) and each.action.is_public
        ]
        if act.follows_bridge:
            said = [each for each in said if act.bridge_spoke and each.at == act.at]
        else:
            said = [each for each in said if self._is_quiet(act.at, each.at) and self._is_for_the_same(act, each.at)]
        found = min(said, key=lambda each: abs(each.at - act.at), default=None)
        return self._made(ConflictKind.DOUBLES, act, found) if found else None

    def _is_for_the_same(self, act: NativeAct, at: datetime) -> bool:
        """Whether a message of the policy has the same reason: the same event, or both that nobody answers."""
        if not act.rule.is_timed:
            return abs(at - act.at) <= SAME_OCCASION
        return not any(entry.at == at and entry.actor.role in _PEOPLE for entry in self.ticket.timeline)

    def _own(self, act: NativeAct) -> Conflict:
        """A rule that touches a tag or field which only the bridge writes."""
        name = act.about.partition(":")[2]
        mine = [each for each in (*self.alone, *self.together) if _names(each.action) == name]
        found = min(mine, key=lambda each: abs(each.at - act.at), default=None)
        if found:
            return self._made(ConflictKind.FIGHTS, act, found)
        policy = Doing(act.at, f"writes the {act.about.replace(':', ' ')} itself")
        return self._conflict_of(ConflictKind.FIGHTS, act, policy, rule_is_first=True)

    def _hindered(self, seen: set[tuple[str, str]]) -> Found | None:
        """What the policy no longer does because of what a rule did before, if no other conflict explains it."""
        missing = [act for act in self.alone if _recorded(act) not in {_recorded(each) for each in self.together}]
        blamed = [act for act in self.played.acts if act.about in _SETTLED and not act.delivers]
        for lost in missing:
            cause = next((act for act in reversed(blamed) if act.at <= lost.at), None)
            if cause is None or (cause.about == MESSAGE and not self._is_comment(cause)):
                continue
            if any(ident == cause.rule.source.id for ident, _ in seen):
                return None
            return Found(cause.rule.source, self._made(ConflictKind.HINDERS, cause, lost))
        return None

    @staticmethod
    def _is_comment(act: NativeAct) -> bool:
        return any(getattr(effect, "is_comment", False) for effect in act.rule.effects)

    def _is_quiet(self, one: datetime, other: datetime) -> bool:
        """Whether no person did anything between two instants."""
        first, last = sorted((one, other))
        return not any(first < entry.at <= last and entry.actor.role in _PEOPLE for entry in self.ticket.timeline)

    def _made(self, kind: ConflictKind, act: NativeAct, found: Act) -> Conflict:
        policy = Doing(found.at, describe_action(found.action), found.action.cite.clause)
        is_first = act.at < found.at or (act.at == found.at and not (act.follows_bridge or act.rule.is_timed))
        return self._conflict_of(kind, act, policy, rule_is_first=is_first)

    def _conflict_of(self, kind: ConflictKind, act: NativeAct, policy: Doing, *, rule_is_first: bool) -> Conflict:
        return Conflict(
            kind,
            "tags of the policy" if act.about.startswith("tag:") else _one(act.about).replace(":", " ", 1),
            Doing(act.at, _describe(act)),
            policy,
            rule_is_first,
            self.trial.policy.pack,
            self.trial.name,
            self.trial.given,
        )


def _is_tag(act: NativeAct) -> bool:
    return act.about.startswith("tag:")


def _describe(act: NativeAct) -> str:
    """What a rule did, in the words in which the policy's actions are described."""
    if act.about == MESSAGE:
        return "writes to the customer"
    if act.about.startswith("tag:"):
        return f"{'adds' if act.value else 'removes'} {act.about.replace(':', ' ')}"
    name = act.about.replace(":", " ")
    return f"empties {name}" if act.value is None else f"sets {name} to {act.value}"


def _one(field_name: str) -> str:
    return _ONE_FIELD.get(field_name, field_name)


def _field_of(action: Action) -> str:
    return "" if isinstance(action, Say) else _one(target_text(action.target))


def _names(action: Action) -> str:
    """The name of the tag or field that an action writes."""
    if isinstance(action, Say):
        return ""
    return action.target.name if isinstance(action.target, Tag) else target_text(action.target).partition(":")[2]


def _value_of(action: Action) -> FactValue:
    return action.value if isinstance(action, Set) else None


def _recorded(act: Act) -> tuple[datetime, str, str, FactValue]:
    what = act.action.template if isinstance(act.action, Say) else target_text(act.action.target)
    return act.at, type(act.action).__name__, what, _value_of(act.action)
