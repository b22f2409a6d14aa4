"""The plan that was shown last: ``--apply`` carries out that one, and refuses if the account has moved since.

An apply that was interrupted goes on: what is left must then be part of the plan that was shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from bridge.errors import InputError
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.setup.journal import InstallJournal
from bridge.helpdesks.setup.listing import listed

_NAMED = 3
"""This many differences are listed; the others are counted."""


def _identity(step: InstallStep) -> str:
    return f"{step.verb} {step.model} {step.name}"


def _digests(lines: Iterable[InstallLine]) -> dict[str, str]:
    """Step -> digest of what it does and of what was there before."""
    steps = [line for line in lines if isinstance(line, InstallStep)]
    counted: Counter[str] = Counter()
    found = {}
    for step in steps:
        name = _identity(step)
        counted[name] += 1
        each = name if counted[name] == 1 else f"{name} ({counted[name]})"
        found[each] = sha256(f"{step.why}\n{step.seen}".encode()).hexdigest()[:12]
    return found


@dataclass(frozen=True)
class ShownPlan:
    """The plan of one connection to install or to remove, as it was shown last."""

    journal: InstallJournal
    kind: str
    """``install`` or ``remove``; each has a plan of its own."""

    @property
    def _part(self) -> str:
        return f"plan to {self.kind}"

    @property
    def exists(self) -> bool:
        return bool(self.journal.read(self._part))

    def show(self, lines: Iterable[InstallLine]) -> None:
        """Remember what was shown; a plan without steps promises nothing."""
        steps = _digests(lines)
        self.journal.write(self._part, {"steps": steps, "begun": False} if steps else {})

    def begin(self, lines: Iterable[InstallLine]) -> None:
        """Note that it is being carried out, if ``lines`` is still what was shown. Raises ``InputError`` otherwise."""
        kept = self.journal.read(self._part)
        if not kept:
            return
        shown, now = dict(kept.get("steps", {})), _digests(lines)
        if different := _differences(shown, now, resumed=bool(kept.get("begun"))):
            what = f"the account or the settings changed since the plan was shown: {listed(different, _NAMED)}"
            raise InputError(f"{what}; run --plan again")
        self.journal.write(self._part, {**kept, "begun": True})

    def end(self) -> None:
        """Forget it: it was carried out."""
        self.journal.write(self._part, {})


def _differences(shown: Mapping[str, str], now: Mapping[str, str], *, resumed: bool) -> list[str]:
    """What is no longer as it was shown; when an apply is resumed, steps may be missing because they were done."""
    new = [f"{step} is new" for step in now if step not in shown]
    moved = [f"{step} starts from something else" for step in now if step in shown and now[step] != shown[step]]
    gone = [] if resumed else [f"{step} is not needed any more" for step in shown if step not in now]
    return [*new, *moved, *gone]
