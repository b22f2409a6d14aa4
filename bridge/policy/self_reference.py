"""Conditions that read what they themselves decide: the level by the level, or by an approval asked for by the level.

The linter refuses such packs, and no contract's terms may bring one about: evaluating it would raise ``SelfReference``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.policy.evaluation.condition_values import approvals_read
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.references import Path
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.severity import SeverityTable


@dataclass(frozen=True)
class SelfReferring:
    """A name that a condition must not read, and where it does."""

    path: Path
    name: str
    gate: str = ""
    """The gate through which it comes back, where there is one."""


def self_references(severity: SeverityTable, gates: Sequence[ApprovalGate]) -> Iterator[SelfReferring]:
    """Every condition of the severity table and of the gates that leads back to what it decides."""
    by_level = [gate.name for gate in gates if any(_reads(when, "level") for _, when in _of_gate(gate))]
    for path, when in _of_table(severity):
        for inner, name, test in when.names():
            if name == "level":
                yield SelfReferring((*path, *inner), name)
            through = [gate for gate in approvals_read(test, by_level) if name == "approved"]
            if through:
                yield SelfReferring((*path, *inner), name, through[0])
    for index, gate in enumerate(gates):
        for key, when in _of_gate(gate):
            for inner, name, _ in when.names():
                if name == "approved":
                    yield SelfReferring(("gates", index, key, *inner), name)


def _of_table(severity: SeverityTable) -> Iterator[tuple[Path, Predicate]]:
    for index, row in enumerate(severity.rows):
        yield ("severity", "rows", index, "when"), row.when
    if severity.unless:
        yield ("severity", "unless"), severity.unless


def _of_gate(gate: ApprovalGate) -> Iterator[tuple[str, Predicate]]:
    yield "when", gate.when
    if gate.stop_asking_when:
        yield "stop_asking_when", gate.stop_asking_when


def _reads(when: Predicate, name: str) -> bool:
    return any(read == name for _, read, _ in when.names())
