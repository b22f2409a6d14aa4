"""What ``check`` finds out about a pack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.policy.lint import Level, lint
from bridge.policy.load import pack_file, packs
from bridge.policy.load_errors import worded
from bridge.policy.model import Policy
from bridge.yamlio.validate import Document, Fault, faults_of, load_model, read
from mappings.connection import Configuration

NOT_YAML = "PB001"
"""The file cannot be read, or is not YAML."""
NO_PACK = "PB002"
"""A key that is unknown or missing, or a value that does not fit."""


@dataclass(frozen=True, order=True)
class Remark:
    """One thing ``check`` has to say, with its place."""

    line: int
    column: int
    code: str
    level: Level
    where: str
    """``file:line:column``, and where in the pack."""
    message: str
    """Begins with the code: what was found, what is allowed, what to do."""

    def __str__(self) -> str:
        told = "" if self.level is Level.ERROR else f"{self.level}: "
        return f"{self.where}: {told}{self.message}"

    def as_json(self) -> dict[str, Any]:
        names = ("code", "level", "where", "line", "column", "message")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Checked:
    """A pack file with what there is to say about it; ``policy`` is None when it is no pack at all."""

    pack: str
    """As it was asked for."""
    file: Path
    policy: Policy | None
    remarks: tuple[Remark, ...] = ()
    """By place."""

    @property
    def valid(self) -> bool:
        """Whether the pack can be loaded."""
        return all(remark.level is not Level.ERROR for remark in self.remarks)

    def contents(self) -> dict[str, int]:
        """How many of what the pack holds."""
        if self.policy is None:
            return {}
        policy = self.policy
        return {
            "clauses": len(policy.clauses),
            "clocks": len(policy.clocks),
            "escalation stages": len(policy.escalation.stages) if policy.escalation else 0,
            "waiting ladders": len(policy.waiting),
            "interpretations": len(policy.interpretations),
        }

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``check --json``."""
        policy = self.policy
        return {
            "pack": policy.pack if policy else self.pack,
            "file": str(self.file),
            "version": policy.version if policy else None,
            "valid": self.valid,
            "contents": {what.replace(" ", "_"): number for what, number in self.contents().items()},
            "problems": [remark.as_json() for remark in self.remarks],
        }


def checked(pack: str) -> Checked:
    """Check one pack, by name or path. Raises ``InputError`` when there is no such pack at all."""
    file = pack_file(pack)
    try:
        document = read(file)
    except InputError as error:
        return Checked(pack, file, None, tuple(_not_yaml(line) for line in str(error).splitlines()))
    try:
        policy = Policy.of(document.value)
    except ValidationError as error:
        faults = faults_of(document, Policy, error)
        return Checked(pack, file, None, tuple(sorted({_remark(f, NO_PACK, Level.ERROR, NO_PACK) for f in faults})))
    return Checked(pack, file, policy, tuple(sorted(_remarks(document, policy))))


def _remarks(document: Document, policy: Policy) -> Iterator[Remark]:
    for problem in lint(policy):
        yield _remark(document.fault(problem.path, worded(problem)), problem.code, problem.level)


def _remark(fault: Fault, code: str, level: Level, prefix: str = "") -> Remark:
    where = f"{fault.name}:{fault.line}:{fault.column} {fault.path}".strip()
    return Remark(fault.line, fault.column, code, level, where, f"{prefix} {fault.message}".strip())


def _not_yaml(text: str) -> Remark:
    """A file that cannot be read says so with a place, or without one."""
    placed = re.fullmatch(r"(?P<where>.*?:(?P<line>\d+):(?P<column>\d+)[^:]*): (?P<message>.*)", text)
    if placed is None:
        where, _, message = text.partition(": ")
        return Remark(1, 1, NOT_YAML, Level.ERROR, where, f"{NOT_YAML} {message}")
    line, column = int(placed["line"]), int(placed["column"])
    return Remark(line, column, NOT_YAML, Level.ERROR, placed["where"], f"{NOT_YAML} {placed['message']}")


def usual_packs(config: Path) -> list[str]:
    """The shipped packs and those of a configuration file, where there is one. Raises ``InputError``."""
    configured = load_model(config, Configuration).policy if config.is_file() else []
    return list(dict.fromkeys([*packs(), *configured]))
