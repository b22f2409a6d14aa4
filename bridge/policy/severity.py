"""The severity table: which level a ticket has, since when, and which row says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.policy.case import Case, Outcome, PackPart, Rule
from bridge.policy.predicate import Predicate
from bridge.ticket import Priority


class Row(PackPart):
    """One line of the table."""

    level: str
    when: Predicate
    says: str = ""
    """The criterion in the document's words."""


class SeverityTable(Rule):
    """Levels from the most to the least severe, and the rows that lead to them; the first row that matches counts."""

    levels: dict[str, Priority]
    """Level in the pack's own word -> the priority it is shown as, most severe first."""
    rows: tuple[Row, ...]
    unless: Predicate | None = None
    """Tickets that have no severity at all, such as feature requests."""

    def over_time(self, case: Case) -> list[tuple[datetime, str | None]]:
        """The level since creation and after every change of it."""
        names = {name for row in self.rows for _, name, _ in row.when.names()}
        fields = {f"fact:{name}" if name in case.policy.facts else name for name in names} | {"type"}
        moments = {change.at for field in fields for change in case.ticket.changes(field)}
        levels = [(case.ticket.created_at, self._level(case, case.ticket.created_at))]
        for at in sorted(moments):
            if (level := self._level(case, at)) != levels[-1][1]:
                levels = [entry for entry in levels if entry[0] < at]
                levels.append((at, level))
        return levels

    def row(self, case: Case, at: datetime) -> Row | None:
        """The row that matches at an instant."""
        if self.unless and case.holds(self.unless, at):
            return None
        return next((row for row in self.rows if case.holds(row.when, at)), None)

    def _level(self, case: Case, at: datetime) -> str | None:
        row = self.row(case, at)
        return row.level if row else None

    def judge(self, case: Case) -> Iterator[Outcome]:
        since, level = case.levels[-1]
        yield case.tag(case.policy.pack, clause=self.clause, since=case.ticket.created_at, because=case.policy.title)
        if level is None:
            yield case.applied("severity", clause=self.clause, applied=False, because=self._why_none(case))
            return
        row = self.row(case, case.now)
        because = f"{level}: {row.says or row.when.worded()}" if row else level
        yield case.applied("severity", clause=self.clause, applied=True, because=because)
        yield case.want("priority", self.levels[level], clause=self.clause, since=since, because=because)
        yield case.tag(f"severity_{level}", clause=self.clause, since=since, because=because)
        yield case.note(
            "severity", clause=self.clause, since=since, because=because, remark=" ".join(self._remarks(case))
        )

    def _why_none(self, case: Case) -> str:
        if self.unless and case.holds(self.unless):
            return f"no severity where {self.unless.worded()}"
        return "no row of the severity table matches what is known"

    def _remarks(self, case: Case) -> Iterator[str]:
        return (f"{rule.otherwise} ({rule.clause})" for rule in case.policy.clocks if rule.is_waived(case))
