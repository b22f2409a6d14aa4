"""The verdict on each of a helpdesk's own rules: all of them are played together on all trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bridge.conflicts.comparison import Comparison, Found, acts_alone
from bridge.conflicts.proposals import advised
from bridge.conflicts.targets import other_targets
from bridge.conflicts.trial import Trial, needed_by
from bridge.conflicts.verdict import Conflict, ConflictKind, Verdict
from bridge.decision.targets import TAG_PREFIX
from bridge.history.playback import Act
from mappings.acting_rules import ActingRule, ActingRules, Beside, Condition, Give, Retag, TargetRule, Tell
from mappings.native_rules import Source

TRIES = 6
"""A rule that acts on no trial is tried on so many with what its condition needs."""

Shown = Callable[[Sequence[Trial]], Iterable[Trial]]
"""Shows how far the trials have been played."""


@dataclass
class Examination:
    """Plays trials, and collects what they show of each rule."""

    native: ActingRules
    found: dict[tuple[Source, str], Conflict] = field(default_factory=dict)
    acted: set[Source] = field(default_factory=set)
    """Rules that acted on some trial, or gave its ticket a target."""
    _beyond: Counter[str] = field(default_factory=Counter)
    """Rule -> trials on which it acts where the policy does nothing of the kind, less those on which it does not."""
    _alone: dict[tuple[str, str, str], list[Act]] = field(default_factory=dict)
    """What the policy does alone on each trial, by its name and what it was given."""
    marks: dict[str, set[str]] = field(default_factory=dict)
    """Tag of the bridge -> the trials at whose end it is on the ticket."""

    def play(self, trial: Trial, only: Source | None = None, *, rules_alone: bool = False) -> None:
        """Play one trial; ``only``: what it shows of other rules is left out."""
        compared = Comparison(trial, self.native, acts_alone=self._acts_alone, rules_alone=rules_alone).play()
        sources = {rule.source.id: rule.source for rule in self.native.rules}
        self._note([sources[ident] for ident in compared.played.fired], compared.conflicts(), only)
        for ident, is_beyond in compared.goes_beyond().items():
            self._beyond[ident] += (1 if is_beyond else -1) if only in (None, sources[ident]) else 0
        if compared.decision and (only is None or only.kind not in {rule.source.kind for rule in self.native.rules}):
            targets = other_targets(
                trial, compared.decision, compared.ticket, self.native.targets, self.native.calendar
            )
            each = list(targets)
            self._note([source for source, _ in each], (Found(source, found) for source, found in each if found), only)
        for tag in compared.ticket.tags:
            if tag.startswith(TAG_PREFIX) and only is None:
                self.marks.setdefault(tag, set()).add(trial.name)

    def _acts_alone(self, trial: Trial) -> list[Act]:
        name = trial.policy.pack, trial.name, trial.given
        if name not in self._alone:
            self._alone[name] = acts_alone(trial)
        return self._alone[name]

    def _note(self, acted: Iterable[Source], conflicts: Iterable[Found], only: Source | None) -> None:
        self.acted |= {source for source in acted if only in (None, source)}
        for each in conflicts:
            if only in (None, each.source):
                name = each.source, each.conflict.about
                self.found[name] = _merged(self.found.get(name), each.conflict)

    def verdicts(self, trials: Sequence[Trial]) -> Iterator[Verdict]:
        """What was found of every rule, in the order of the helpdesk."""
        rules: tuple[ActingRule | TargetRule, ...] = (*self.native.rules, *self.native.targets)
        for rule in rules:
            source = rule.source if isinstance(rule, ActingRule) else rule.policy.source
            conflicts = tuple(found for (owner, _), found in self.found.items() if owner == source)
            problem = rule.not_examined
            if not (problem or conflicts or source in self.acted or _is_beside(rule)):
                problem = "it acted on no scenario, even where the ticket was given what its conditions ask for"
            verdict = Verdict(source, rule.digest, conflicts, problem, rule.can_be_switched_off)
            yield advised(verdict, rule, trials, self.marks, goes_beyond=self._beyond[source.id] > 0)


def examine(native: ActingRules, trials: Sequence[Trial], shown: Shown = iter) -> list[Verdict]:
    """Play every trial, then those rules that never acted on tickets that fit them."""
    examination = Examination(native)
    for trial in shown(trials):
        examination.play(trial)
    for source, condition in _idle(native, examination.acted):
        values, tags = needed_by(condition)
        for rules_alone in (False, True):
            for trial in _spread(trials) if (values or tags or rules_alone) and source not in examination.acted else ():
                examination.play(trial.with_given(values, tags), only=source, rules_alone=rules_alone)
    return list(examination.verdicts(trials))


def _idle(native: ActingRules, acted: set[Source]) -> Iterator[tuple[Source, Condition]]:
    for rule in native.rules:
        if rule.source not in acted and not (rule.not_examined or _is_beside(rule)):
            yield rule.source, rule.condition
    for target in native.targets:
        if target.policy.source not in acted and not target.not_examined:
            yield target.policy.source, target.condition


def _spread(trials: Sequence[Trial]) -> list[Trial]:
    """A few trials of each kind, from the first to the last."""
    kinds = [each for each in trials if not each.is_left], [each for each in trials if each.is_left]
    return [trial for kind in kinds for trial in kind[:: max(1, len(kind) // TRIES)][:TRIES]]


def _is_beside(rule: ActingRule | TargetRule) -> bool:
    """Whether a rule does nothing that a policy does, whenever it acts."""
    if isinstance(rule, TargetRule):
        return False
    return not any(isinstance(effect, Give | Retag | Tell) for effect in rule.effects) or all(
        isinstance(effect, Beside) or (isinstance(effect, Tell) and effect.delivers) for effect in rule.effects
    )


def _merged(before: Conflict | None, found: Conflict) -> Conflict:
    """One conflict of two about the same: the weightier one, and how many scenarios show it."""
    if before is None:
        return found
    return replace(min(before, found, key=_rank), scenarios=before.scenarios + 1)


def _rank(conflict: Conflict) -> tuple[bool, bool, timedelta]:
    """What makes a good example: a fight, on a ticket as the scenario has it, and both at nearly the same time."""
    apart = abs(conflict.rule_does.at - conflict.policy_does.at)
    return conflict.kind is not ConflictKind.FIGHTS, bool(conflict.given), apart
