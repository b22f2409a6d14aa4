"""Check one pack: its problems with their places, and what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.policy.lint import Level, Problem, lint
from bridge.policy.load import pack_file, packs, renamed_problems
from bridge.policy.load_errors import worded
from bridge.policy.model import Policy
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import FileProblem
from bridge.yamlio.validate import load_model, problems_of
from mappings.connection import Configuration

NOT_YAML = "PB001"
"""The file cannot be read, or is not YAML."""
INVALID_PACK = "PB002"
"""A key that is unknown or missing, or a value that does not fit."""


@dataclass(frozen=True, order=True)
class LocatedProblem:
    """A problem in a file, with its place."""

    line: int
    column: int
    code: str
    level: Level
    where: str
    """``file:line:column``, and where in the pack."""
    message: str
    """Begins with the code, then what was found, what is allowed and what to do."""

    @classmethod
    def of(cls, problem: FileProblem, code: str, level: Level, prefix: str = "") -> LocatedProblem:
        """A problem at the place of ``problem``."""
        where = f"{problem.name}:{problem.line}:{problem.column} {problem.path}".strip()
        return cls(problem.line, problem.column, code, level, where, f"{prefix} {problem.message}".strip())

    def __str__(self) -> str:
        level = "" if self.level is Level.ERROR else f"{self.level}: "
        return f"{self.where}: {level}{self.message}"

    def as_json(self) -> dict[str, Any]:
        names = ("code", "level", "where", "line", "column", "message")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class CheckResult:
    """A checked file; ``policy`` is None if it is not a valid pack."""

    pack: str
    """The name or path that was given."""
    file: Path
    policy: Policy | None
    problems: tuple[LocatedProblem, ...] = ()
    """Ordered by place."""

    @property
    def valid(self) -> bool:
        """Whether the pack can be loaded."""
        return all(problem.level is not Level.ERROR for problem in self.problems)

    def contents(self) -> dict[str, int]:
        """Number of clauses, clocks and so on in the pack."""
        if self.policy is None:
            return {}
        policy = self.policy
        return {
            "clauses": len(policy.clauses),
            "clocks": len(policy.clocks),
            "escalation stages": len(policy.escalation.stages) if policy.escalation else 0,
            "waiting rules": len(policy.waiting),
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
            "problems": [problem.as_json() for problem in self.problems],
        }


def check_pack(pack: str, effective: Policy | None = None) -> CheckResult:
    """Check one pack, by name or path. Raises ``InputError`` if there is no such pack.

    ``effective``: the pack with the overrides of the installation, which may do what warnings and notes advise.
    """
    file = pack_file(pack)
    try:
        document = read(file)
    except InputError as error:
        return CheckResult(pack, file, None, tuple(_not_yaml(line) for line in str(error).splitlines()))
    if old := renamed_problems(document, document.value):
        return CheckResult(pack, file, None, _invalid(old))
    try:
        policy = Policy.of(document.value)
    except ValidationError as error:
        return CheckResult(pack, file, None, _invalid(problems_of(document, Policy, error)))
    return CheckResult(pack, file, policy, tuple(sorted(_lint_problems(document, policy, effective))))


def _invalid(problems: Iterable[FileProblem]) -> tuple[LocatedProblem, ...]:
    """What keeps a pack from being loaded, each once, by place."""
    return tuple(sorted({LocatedProblem.of(each, INVALID_PACK, Level.ERROR, INVALID_PACK) for each in problems}))


def _lint_problems(document: YamlDocument, policy: Policy, effective: Policy | None) -> Iterator[LocatedProblem]:
    for problem in lint(policy) if effective is None else _not_overridden(policy, effective):
        yield LocatedProblem.of(document.problem(problem.path, worded(problem)), problem.code, problem.level)


def _not_overridden(policy: Policy, effective: Policy) -> Iterator[Problem]:
    """The errors of a pack, and what else is left of its problems once overrides are laid over it."""
    left = {(problem.code, problem.path): problem for problem in lint(effective)}
    for problem in lint(policy):
        found = problem if problem.level is Level.ERROR else left.get((problem.code, problem.path))
        yield from (found,) if found else ()


def _not_yaml(text: str) -> LocatedProblem:
    """A file that cannot be read; the error names a place, or only the file."""
    located = re.fullmatch(r"(?P<where>.*?:(?P<line>\d+):(?P<column>\d+)[^:]*): (?P<message>.*)", text)
    if located is None:
        where, _, message = text.partition(": ")
        return LocatedProblem(1, 1, NOT_YAML, Level.ERROR, where, f"{NOT_YAML} {message}")
    line, column = int(located["line"]), int(located["column"])
    return LocatedProblem(line, column, NOT_YAML, Level.ERROR, located["where"], f"{NOT_YAML} {located['message']}")


def default_packs(config: Path | None) -> list[str]:
    """The packs that a configuration file names; without one, the shipped packs. Raises ``InputError``."""
    return list(load_model(config, Configuration).policy) if config else list(packs())
