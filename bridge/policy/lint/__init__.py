"""The linter of policy packs: what their shape alone cannot show. Pure: no file, no clock.

Each check has a stable code. ``PB1xx`` words that name nothing, ``PB2xx`` the severity table and other choices,
``PB3xx`` lengths of time, ``PB4xx`` calendars and zones, ``PB5xx`` roles, ``PB6xx`` feedback, ``PB7xx`` what nothing
uses, ``PB8xx`` messages, ``PB9xx`` steps and times of clocks, and stages of the schedule.
(``PB0xx``, files that are not packs at all, are found where files are read.)
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.lint import (
    calendars,
    cycles,
    decision_tables,
    durations,
    messages,
    references,
    roles,
    steps,
    unused,
)
from bridge.policy.lint.registry import CHECKS, Check, Level, Problem
from bridge.policy.model import Policy

__all__ = ["CHECKS", "FAMILIES", "Check", "Level", "Problem", "lint"]

FAMILIES = (references, decision_tables, durations, calendars, roles, cycles, unused, messages, steps)
"""The modules whose import registers the checks."""

UNREADABLE = "PB101"
WORDS = "PB1"


def lint(policy: Policy, *, only: Level | None = None) -> Iterator[Problem]:
    """Every problem of a pack, by code; ``only`` of one level.

    Conditions that cannot be read, and then words that name nothing, hide the rest: what other checks say of such a
    pack would mislead.
    """
    wanted = [check for _, check in sorted(CHECKS.items()) if only in (None, check.level)]
    reported: list[Problem] = []
    for check in wanted:
        if reported and (reported[-1].code == UNREADABLE or not check.code.startswith(WORDS)):
            return
        found = list(check.problems(policy))
        reported += found if check.code.startswith(WORDS) else []
        yield from found
