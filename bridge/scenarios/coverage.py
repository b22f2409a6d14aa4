"""Coverage of a policy, clause by clause: what cites it, which scenarios exercise it, where it is shown.

A scenario exercises a clause when something that really happened in it carries the clause: an action of the bridge, a
clock, a finding. A calendar's clause is exercised by a clock, or by an action of a rule, that counts on this calendar;
that of a rule which only explains (contract terms, tiers), by a decision in which it applied. Being mentioned in the
text of a scenario proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.account import Account
from bridge.decision import Decision, KeptClocks
from bridge.evaluate import evaluate
from bridge.policy.evaluation.conditions import names_compared
from bridge.policy.model import Policy
from bridge.policy.pack_parts import PROSE_SECTIONS, citations, conditions, parts
from bridge.policy.references import Kind
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.simulate import simulate
from bridge.ticket import Facts, Ticket
from bridge.yamlio.problems import dotted
from bridge.yamlio.validate import load_model

SHOWN_KINDS = frozenset({"inform", "report"})
"""Kinds of clauses that need nothing done to tickets."""


class LedgerClause(Facts):
    """What a clause ledger, written beside the documents, asks of a clause."""

    id: str
    at: str
    kind: str
    says: str
    does: str
    open: str = ""
    """What the document leaves open."""


class ClauseLedger(Facts):
    """The clause ledger of one policy."""

    policy: str
    document: str
    clauses: tuple[LedgerClause, ...]


def read_ledgers(folder: Path) -> dict[str, ClauseLedger]:
    """The ledgers of a folder by policy. Raises ``InputError``."""
    ledgers = [load_model(path, ClauseLedger) for path in sorted(folder.glob("*.yaml"))]
    return {ledger.policy: ledger for ledger in ledgers}


@dataclass(frozen=True)
class Clause:
    """One clause, and what was found for it."""

    id: str
    at: str
    says: str
    cited_by: tuple[str, ...]
    """Rules of the pack, as places in its file."""
    exercised_by: tuple[str, ...]
    """Names of scenarios."""
    shown: str
    """Where people see it, for a clause with nothing to do to tickets."""
    missing: str
    """Why it does not count as covered; empty when it does."""

    def as_json(self) -> dict[str, Any]:
        names = ("id", "at", "says", "cited_by", "exercised_by", "shown", "missing")
        return {"covered": not self.missing, **{name: getattr(self, name) for name in names}}


@dataclass
class _Usage:
    """What the decisions of one scenario used."""

    calendars: set[str] = field(default_factory=set)
    applied: set[str] = field(default_factory=set)

    def __call__(
        self, ticket: Ticket, account: Account | None, policy: Policy, now: datetime, kept: KeptClocks | None = None
    ) -> Decision:
        decision = evaluate(ticket, account, policy, now, kept)
        self.calendars |= {clock.calendar or next(iter(policy.calendars)) for clock in decision.clocks}
        self.applied |= {rule.cite.clause for rule in decision.rules if rule.applied}
        return decision


def exercised(scenario: ResolvedScenario) -> set[str]:
    """The clauses that a scenario exercises."""
    seen, policy = _Usage(), scenario.policy
    outcome = simulate(scenario, evaluate=seen)
    acting = {row.clause for row in outcome.timeline} | {row.clause for row in outcome.findings}
    acting |= {clock.clause for clock in outcome.clocks}
    used = seen.calendars | {name for clause, name in _calendar_uses(policy) if clause in acting}
    return acting | {policy.calendars[name].clause for name in used} | (_explanatory_clauses(policy) & seen.applied)


def _explanatory_clauses(policy: Policy) -> set[str]:
    """The clauses of rules that may have nothing to do, and then only say so."""
    found = [rule.clause for rule in (policy.contract_terms, policy.tiers) if rule]
    changes = policy.contact_list.changes_clause if policy.contact_list else None
    lines = policy.escalation.tier_clause if policy.escalation else None
    return {*found, *filter(None, (changes, lines))}


def _calendar_uses(policy: Policy) -> Iterator[tuple[str, str]]:
    """The clauses of rules, clocks left out, with the calendars these rules count on."""
    own = {path: str(getattr(part, "clause", "") or "") for path, part in parts(policy)}
    named = [(path, calendar) for path, part in parts(policy) if (calendar := getattr(part, "calendar", None))]
    if policy.shifts:
        named += [(("shifts",), calendar) for calendar in policy.shifts.regions.values()]
    for path, when in conditions(policy):
        named += [(path, name) for name in names_compared(when, Kind.CALENDAR)]
    for path, calendar in named:
        around = (own.get(path[:length], "") for length in range(len(path), 0, -1))
        if path[0] != "clocks" and (clause := next(filter(None, around), "")):
            yield clause, calendar


def coverage(policy: Policy, scenarios: Iterable[ResolvedScenario], ledger: ClauseLedger | None = None) -> list[Clause]:
    """Every clause of a pack and of its ledger, in the order of the pack."""
    by_clause: dict[str, list[str]] = {}
    for scenario in scenarios:
        for clause in exercised(scenario):
            by_clause.setdefault(clause, []).append(scenario.name)
    required = {clause.id: clause for clause in ledger.clauses} if ledger else {}
    ids = dict.fromkeys((*policy.clauses, *required))
    return [
        _clause(policy, ident, tuple(by_clause.get(ident, ())), required, strict=ledger is not None) for ident in ids
    ]


def _clause(
    policy: Policy, ident: str, scenarios: tuple[str, ...], required: dict[str, LedgerClause], *, strict: bool
) -> Clause:
    cited = [path[:-1] for path, clause in citations(policy) if clause == ident and path[0] not in PROSE_SECTIONS]
    shown = [inform.shown_in for inform in policy.informational if inform.clause == ident]
    shown += [f"the report page: {report.name}" for report in policy.reports if report.clause == ident]
    text, entry = policy.clauses.get(ident), required.get(ident)
    return Clause(
        id=ident,
        at=text.heading if text else entry.at if entry else "",
        says=text.text if text else entry.says if entry else "",
        cited_by=tuple(dict.fromkeys(map(dotted, cited))),
        exercised_by=scenarios,
        shown="; ".join(shown),
        missing="; ".join(_missing(policy, ident, entry, cited, scenarios, shown, strict=strict)),
    )


def _missing(
    policy: Policy,
    ident: str,
    entry: LedgerClause | None,
    cited: Sequence[object],
    scenarios: Sequence[str],
    shown: Sequence[str],
    *,
    strict: bool,
) -> Iterator[str]:
    if ident not in policy.clauses:
        yield "it is in the ledger but not in the pack"
        return
    if strict and entry is None:
        yield "it is in the pack but not in the ledger"
    if entry and entry.open and not any(each.clause == ident for each in policy.interpretations):
        yield "the document leaves a question open here, and no interpretation answers it"
    if shown and (entry is None or entry.kind in SHOWN_KINDS):
        return
    if not cited:
        yield "no rule cites it" if not shown else "it is only shown, although the ledger requires a rule"
    elif not scenarios:
        yield "no scenario exercises it"
