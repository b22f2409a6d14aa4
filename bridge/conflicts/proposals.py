"""What to do about the conflicts of one rule: switch it off, keep it from some tickets, or change the pack. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.conflicts.played_rules import MESSAGE
from bridge.conflicts.trial import Trial
from bridge.conflicts.verdict import Proposal, Verdict
from mappings.acting_rules import ActingRule, Beside, Give, Retag, TargetRule, Tell

_MOST_TAGS = 8
_FROM_THE_BEGINNING = "leave them out by what they have from the beginning, such as a form, a brand or a tag"


def advised(
    verdict: Verdict,
    rule: ActingRule | TargetRule,
    trials: Sequence[Trial],
    marks: Mapping[str, set[str]],
    *,
    goes_beyond: bool,
) -> Verdict:
    """The verdict with a proposal, if there is a conflict.

    ``marks``: tag of the bridge -> names of the trials at whose end it is on the ticket. ``goes_beyond``: on most
    occasions of the rule, the policy does nothing of the kind.
    """
    if not verdict.conflicts:
        return verdict
    tags = _marking(marks, {trial.name for trial in trials})
    if isinstance(rule, TargetRule):
        clauses = ", ".join(dict.fromkeys(each.policy_does.clause for each in verdict.conflicts))
        advice = f"if its targets are what you promise, change {clauses} in the pack; otherwise {_excluded(tags)}"
        return replace(verdict, proposal=Proposal.CHANGE_PACK, advice=advice)
    acts_otherwise = _acts_otherwise(rule, {each.about for each in verdict.conflicts})
    if not (acts_otherwise or goes_beyond) and not any(trial.policy.applies_when.root for trial in trials):
        advice = "switch it off: the policy does all that it does"
        return replace(verdict, proposal=Proposal.SWITCH_OFF, advice=advice)
    if acts_otherwise:
        reason = "it does more than that"
    elif goes_beyond:
        reason = "it mostly acts where the policy does nothing of the kind"
    else:
        reason = "the policy governs some tickets only"
    at_creation = not rule.is_timed and any(each.rule_is_first for each in verdict.conflicts)
    how = _excluded([] if at_creation else tags)
    advice = f"do not switch it off, because {reason}: take out of it what the policy does, or {how}"
    return replace(verdict, proposal=Proposal.EXCLUDE, advice=advice, acts_otherwise=acts_otherwise)


def _excluded(tags: Sequence[str]) -> str:
    if not tags:
        return f"keep it from the tickets of the policy: {_FROM_THE_BEGINNING}"
    return f"add the condition that tags contain none of: {' '.join(tags)}"


def _acts_otherwise(rule: ActingRule, about: set[str]) -> bool:
    """Whether a rule has an effect that is in no conflict."""
    return any(
        isinstance(effect, Beside)
        or (isinstance(effect, Tell) and MESSAGE not in about)
        or (isinstance(effect, Give) and _name(effect.field) not in about)
        for effect in rule.effects
        if not isinstance(effect, Retag)  # its tags are marks of its own
    )


def _name(field: str) -> str:
    return "group" if field == "tier" else field.replace(":", " ", 1)


def _marking(marks: Mapping[str, set[str]], trials: set[str]) -> list[str]:
    """Few tags of which one is on every ticket of the policy in the end; none if there are none such."""
    left = set(trials)
    chosen: list[str] = []
    while left and len(chosen) < _MOST_TAGS:
        best = max(sorted(marks), key=lambda tag: len(marks[tag] & left), default=None)
        if best is None or not marks[best] & left:
            return []
        chosen.append(best)
        left -= marks[best]
    return [] if left else sorted(chosen)
