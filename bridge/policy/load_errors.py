"""The problems that keep a pack from being loaded: what the linter calls errors, in words."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.lint import Level, Problem, lint
from bridge.policy.model import Policy
from bridge.policy.references import Path
from bridge.yamlio.problems import expected, followed_by


def pack_errors(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Every error of a pack: where it is, and what was found, what is allowed and what to do."""
    return ((problem.path, worded(problem)) for problem in lint(policy, only=Level.ERROR))


def worded(problem: Problem) -> str:
    """One line: code, what was found, what is allowed (with a suggestion for a misspelt word), what to do."""
    if isinstance(problem.allowed, tuple):
        message = expected(problem.found, problem.allowed)
    else:
        message = f"found {problem.found}; allowed: {problem.allowed}"
    return followed_by(f"{problem.code} {problem.title}: {message}", problem.fix)
