"""When a case may be closed: the customer's confirmation, the ends of waiting, and a guard over the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bridge.decision import OnOverride, Severity
from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.field_periods import Spell
from bridge.policy.evaluation.rule import Outcome, Rule
from bridge.policy.rules.contact_attempts import Contacts
from bridge.policy.rules.waiting import Waiting
from bridge.ticket import RESOLVED, Changed, Confirmation, Role, Status, TimelineEntry


class Closure(Rule):
    """A confirmation solves the case; solving without a reason the document knows is taken back once."""

    confirmation_solves: bool = True
    confirmed_tag: str | None = None
    guard: Literal["reopen", "warn", "off"] = "off"
    """What happens when a person solves without a confirmation or the end of a waiting ladder."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        confirmed = self._confirmation(case)
        yield from self._on_confirmation(case, confirmed)
        if self.guard == "off":
            return
        unfounded = self._unfounded(case)
        yield case.applied(
            "closure guard",
            clause=self.clause,
            applied=bool(unfounded),
            because="solved without a reason the policy knows" if unfounded else "no unfounded solve",
        )
        if unfounded:
            yield from self._take_back(case, unfounded[0])

    def _on_confirmation(self, case: Case, confirmed: TimelineEntry | None) -> Iterator[Outcome]:
        because = "the customer confirmed the resolution" if confirmed else "no confirmation of the customer"
        yield case.applied("confirmation", clause=self.clause, applied=confirmed is not None, because=because)
        if confirmed is None or not self.confirmation_solves:
            return
        if not self._moved_on(case, confirmed):
            yield case.want("status", Status.SOLVED, clause=self.clause, since=confirmed.at, because=because)
        if self.confirmed_tag:
            yield case.tag(self.confirmed_tag, clause=self.clause, since=confirmed.at, because=because)

    def confirmed(self, case: Case) -> list[Spell]:
        """The resolution that a confirmation has brought about, while the status does not show it yet."""
        if not self.confirmation_solves or case.shown_statuses[-1].value in RESOLVED:
            return []
        last = next((e for e in reversed(case.ticket.timeline) if _is_confirmation(e)), None)
        if last is None or self._moved_on(case, last):
            return []
        return [Spell(Status.SOLVED, last.at, None, None, None, ())]

    def _moved_on(self, case: Case, confirmed: TimelineEntry) -> bool:
        """Whether the case was solved since, or an agent has decided otherwise."""
        later = case.ticket.timeline[case.ticket.timeline.index(confirmed) :]
        changes = [entry for entry in later if isinstance(entry, Changed) and entry.field == "status"]
        return any(change.new in RESOLVED or change.actor.role is Role.AGENT for change in changes)

    def _confirmation(self, case: Case) -> TimelineEntry | None:
        """The last confirmation, unless the case was reopened after it."""
        given = [entry for entry in case.ticket.timeline if _is_confirmation(entry)]
        if not given:
            return None
        reopened = [spell.end for spell in case.resolved if spell.end and spell.end > given[-1].at]
        return None if reopened else given[-1]

    def _unfounded(self, case: Case) -> list[Spell]:
        """The solves by people that rest on nothing the document knows."""
        return [
            spell for spell in case.shown_statuses if spell.value == Status.SOLVED and not self._founded(case, spell)
        ]

    def _founded(self, case: Case, solved: Spell) -> bool:
        by = solved.began.actor.role if solved.began else Role.SYSTEM
        if by is not Role.AGENT:
            return True
        index = case.shown_statuses.index(solved)
        since = max((s.end for s in case.shown_statuses[:index] if s.value in RESOLVED and s.end), default=None)
        confirmed = any(
            _is_confirmation(entry) and entry.at <= solved.start and (since is None or entry.at >= since)
            for entry in case.ticket.timeline
        )
        return confirmed or self._contacted(case, case.shown_statuses[index - 1])

    def _contacted(self, case: Case, before: Spell) -> bool:
        """Whether all contact attempts were made before this solve."""
        ladders = [rule for rule in case.policy.waiting if isinstance(rule, Contacts) and before.value in rule.statuses]
        return any(len(rule.made(case, Waiting(before, None))) >= rule.attempts for rule in ladders)

    def taken_back(self, case: Case) -> list[Spell]:
        """The one solve that the guard takes, or has taken, back: it never counted as a resolution."""
        if self.guard != "reopen":
            return []
        first = self._unfounded(case)[:1]
        return [spell for spell in first if spell.ended is None or spell.ended.actor.role is Role.BRIDGE]

    def _take_back(self, case: Case, solved: Spell) -> Iterator[Outcome]:
        because = "solved without the customer's confirmation and without the end of a waiting ladder"
        if self.guard == "warn":
            yield case.finding("unfounded_solve", clause=self.clause, because=because, severity=Severity.WARNING)
            return
        before = case.shown_statuses[case.shown_statuses.index(solved) - 1].value
        if solved.ended is None:
            yield case.want(
                "status",
                Status.OPEN if before in (None, Status.NEW) else str(before),
                clause=self.clause,
                since=solved.start,
                because=because,
                on_override=OnOverride.RESPECT,
            )
        if solved.ended is None or solved.ended.actor.role is Role.BRIDGE:
            yield case.note("reopened", clause=self.clause, since=solved.start, because=because)


def _is_confirmation(entry: TimelineEntry) -> bool:
    """Only the customer confirms, and only the resolution."""
    if not isinstance(entry, Confirmation):
        return False
    return entry.actor.role is Role.CUSTOMER and entry.subject == "resolution"
