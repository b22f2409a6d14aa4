"""The waiting rules of a draft: native rules that remind, solve and close become one rule a status. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.drafts.clauses import Clauses
from mappings.native_rules import NativeRules, NativeStep, NotTaken

ENDS_AS = {"waiting_customer": "solved", "solved": "closed"}
"""What becomes of a ticket at the end of a waiting rule."""
ALWAYS = "always"
"""The calendar without closed times."""


class WaitingDrafts:
    """Sections ``waiting`` and ``reactions`` of a draft, and their ``templates``."""

    def __init__(self, rules: NativeRules, clauses: Clauses, not_taken: list[NotTaken]) -> None:
        """``not_taken`` gets what no rule of a pack says."""
        self.waiting: list[Mapping[str, Any]] = []
        self.reactions: list[Mapping[str, Any]] = []
        self.templates: dict[str, str] = {}
        self._business = rules.calendars[0].name if rules.calendars else ALWAYS
        self._clauses, self._not_taken = clauses, not_taken
        for status, steps in _by_status(rules).items():
            self._add(status, steps)

    def _add(self, status: str, steps: list[NativeStep]) -> None:
        for step in steps:
            if step.becomes and step.condition:
                self._leave_out(step, "it is for some tickets only, and a waiting rule is for all of a status")
        of_all = [step for step in steps if not step.condition]
        of_some = [step for step in steps if step.condition and step.reminder and not step.becomes]
        self._add_waiting(status, of_all)
        self.reactions.extend(self._reaction(step) for step in of_some)

    def _add_waiting(self, status: str, steps: list[NativeStep]) -> None:
        closing = next((step for step in steps if step.becomes), None)
        if closing and closing.becomes == ENDS_AS.get(status):
            self._add_reminders(status, steps, closing)
            return
        if closing:
            end = ENDS_AS.get(status, "no other status")
            self._leave_out(closing, f"from {status} a waiting rule leads to {end}, and not to {closing.becomes}")
        self.reactions.extend(self._reaction(step) for step in steps if step.reminder)

    def _add_reminders(self, status: str, steps: list[NativeStep], closing: NativeStep) -> None:
        name = f"waiting in {status}"
        notices = [step for step in steps if self._precedes(step, closing)]
        for step in notices:
            self._clauses.show(step.source, f"A notice after {step.after_hours} hours in {status}.", name)
        if closing.reminder:
            self._leave_out(closing, "its text; a reaction on closed_unanswered can send it")
        self.waiting.append(
            {
                "name": name,
                "kind": "reminders",
                "clause": self._clauses.cite(closing.source, f"The end after {closing.after_hours} hours in {status}."),
                "statuses": [status],
                "calendar": self._calendar(closing),
                "notices": [{"after": f"{step.after_hours}h", "message": self._template(step)} for step in notices],
                "close_after": f"{closing.after_hours}h",
                "status_after_reply": "open",
            }
        )

    def _precedes(self, step: NativeStep, closing: NativeStep) -> bool:
        """Whether a step is a notice of the rule that ends with ``closing``; if not, it is left out."""
        if step is closing:
            return False
        if not step.reminder or step.after_hours >= closing.after_hours:
            self._leave_out(step, f"by then the ticket has become {closing.becomes}")
            return False
        if step.is_in_business_hours != closing.is_in_business_hours:
            self._leave_out(step, f"it does not count on the calendar of {closing.source}, which ends the same waiting")
            return False
        return True

    def _reaction(self, step: NativeStep) -> Mapping[str, Any]:
        return {
            "name": f"reminder {step.source.id}",
            "clause": self._clauses.cite(step.source, f"A message after {step.after_hours} hours in {step.status}."),
            "when": {**step.condition, "status": step.status},
            "after": f"{step.after_hours}h",
            "calendar": self._calendar(step),
            "message": self._template(step),
            **({"include_resolved": True} if step.status == "solved" else {}),
        }

    def _calendar(self, step: NativeStep) -> str:
        return self._business if step.is_in_business_hours else ALWAYS

    def _template(self, step: NativeStep) -> str:
        name = f"reminder_{step.source.id.lower()}"
        self.templates[name] = step.reminder
        return name

    def _leave_out(self, step: NativeStep, reason: str) -> None:
        self._not_taken.append(NotTaken(step.source, reason))


def _by_status(rules: NativeRules) -> dict[str, list[NativeStep]]:
    found: dict[str, list[NativeStep]] = {}
    for step in sorted(rules.steps, key=lambda step: step.after_hours):
        found.setdefault(step.status, []).append(step)
    return found
