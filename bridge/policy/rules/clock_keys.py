"""Keys of a clock that contradict each other, and what is allowed instead."""

from __future__ import annotations

from collections.abc import Set

from bridge.policy.rules.running_rule import RunningRule, is_met_by_solving

_BEGINNINGS = ("starts_on", "start_fact", "starts_when")
_BESIDE_DUE_FACT = frozenset(
    {"name", "clause", "when", "remark_otherwise", "due_fact", "met_by", "met_in", "met_when", "calendar"}
    | {"warn_at_percent", "if_late", "steps"}
)
"""Keys of a clock that is due at the time in a fact; the others say when a clock is due without one."""
_NEVER_WITH_STARTS_WHEN = ("periodic", "on_reopen")


def contradiction(rule: RunningRule, keys: Set[str]) -> str:
    """What in the keys of a clock contradicts itself, and what is allowed; empty if nothing does."""
    if keys & {"targets", "due_fact"} and not (rule.met_by or rule.met_in or rule.met_when):
        return "met_by: found nothing; allowed: what meets it, under met_by, met_in or met_when"
    if two := _two_beginnings(keys):
        return f"found {two}; allowed: one of the two"
    if rule.met_when and (rule.periodic or rule.starts_on == "customer_message"):
        return "found met_when on a clock that starts again; allowed: on a clock that is met once"
    until_solved = is_met_by_solving(rule) and rule.starts_on == "created"
    if rule.on_reopen != "new" and (not until_solved or rule.periodic):
        return f"on_reopen: found {rule.on_reopen}; allowed: new, unless the clock is met_by: [solved] only"
    if rule.reopened_within and rule.on_reopen == "new":
        return "found reopened_within without on_reopen; allowed: with on_reopen: resume or total"
    if rule.on_level_change != "retroactive" and rule.starts_on == "level_set":
        return "found on_level_change with starts_on: level_set; allowed: one of the two"
    return ""


def _two_beginnings(keys: Set[str]) -> str:
    """Two keys that each say when a clock begins or is due; empty if there are none."""
    begins = [key for key in _BEGINNINGS if key in keys]
    if len(begins) > 1:
        return f"{begins[0]} with {begins[1]}"
    if "starts_when" in keys and (again := next((key for key in _NEVER_WITH_STARTS_WHEN if key in keys), None)):
        return f"{again} with starts_when"
    beside = sorted(keys - _BESIDE_DUE_FACT) if "due_fact" in keys else []
    return f"{beside[0]} with due_fact" if beside else ""
