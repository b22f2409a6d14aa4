"""Why: a decision told to people, as text, as HTML or as JSON. A rendering, never a second computation. Pure.

Everything shown was decided elsewhere. Only the sum under a clock is written out here, over the open spans of the very
calendar on which the clock counts. Text and HTML are two typographies of one :meth:`~Explanation.outline`; JSON is
``model_dump(mode="json")``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from markupsafe import Markup

from bridge.account import Account
from bridge.decision import (
    Action,
    Cited,
    Clock,
    ClockState,
    Decision,
    DesiredValue,
    DueMessage,
    Finding,
    Plan,
    RuleResult,
)
from bridge.decision.effects import recorded_value
from bridge.decision.records import action_name, action_value
from bridge.decision.targets import describe_target
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import format_length
from bridge.policy.model import Policy
from bridge.ticket import Facts, Instant

IntervalKind = Literal["counted", "late", "paused", "ahead"]
"""``late`` is counted after the due time; ``ahead`` has not passed yet: what the due time was foreseen from."""


class Interval(Facts):
    """One line of the sum under a clock."""

    kind: IntervalKind
    begins: Instant
    ends: Instant
    seconds: int
    """Open time in it; 0 while paused."""
    sum_s: int
    """Open time up to its end."""


class CountedClock(Clock):
    """A clock with its sum written out; closed hours are the gaps between the intervals."""

    counted_s: int
    """Open time that has passed."""
    intervals: tuple[Interval, ...]


class ClauseWords(Facts):
    """What a clause says, and under which heading of the document."""

    at: str
    says: str


class Explanation(Decision):
    """A decision with the sums of its clocks, the words of its clauses and what is left to do."""

    clocks: tuple[CountedClock, ...] = ()
    plan: Plan | None = None
    """None: nobody asked what is left to do."""
    clauses: dict[str, ClauseWords] = {}
    """Every clause that is cited and stands in the document."""

    def outline(self) -> Iterator[Section]:
        """The explanation as sections in reading order; empty ones are left out."""
        pending = {action.key for action in self.plan.actions} if self.plan else set()
        findings = (*self.findings, *(self.plan.findings if self.plan else ()))
        sections = (
            Section("Clocks", [_clock(clock) for clock in self.clocks]),
            Section("Rules that applied", [_rule(rule) for rule in self.rules if rule.applied]),
            Section("Rules that did not apply", [_rule(rule) for rule in self.rules if not rule.applied]),
            Section("What the ticket should have", [_want(want, pending) for want in self.desired]),
            Section("What is said", [_say(say, pending) for say in self.due_messages]),
            Section("Findings", [_finding(finding) for finding in findings]),
            Section("Left to do", list(_todo(self.plan))),
            Section("Clauses", [_words(clause, words) for clause, words in self.clauses.items()]),
        )
        return (section for section in sections if section.lines)

    def title(self) -> str:
        """Ticket, policy, severity."""
        return f"{self.ref}: {self.level or 'no severity'} by {self.pack} {self.version}"

    def standing(self) -> str:
        """As of when it holds, and until when."""
        until = f"stays so until {_time(self.wake_at)}" if self.wake_at else "stays so"
        return f"As of {_time(self.at)}; {until} unless something happens. All times are UTC."

    def text(self) -> list[str]:
        """Lines of plain text; sections begin in the first column, what belongs to them is indented."""
        lines = [self.title(), self.standing()]
        for section in self.outline():
            lines += ["", section.title]
            for line in section.lines:
                lines.append(f"  {f'[{line.clause}] ' if line.clause else ''}{line.text}")
                lines += [f"      {row}" for row in _aligned(line.rows)]
        return lines

    def html(self) -> Markup:
        """An HTML fragment for a page or a sidebar; every text in it is escaped."""
        sections = Markup().join(self._section(section) for section in self.outline())
        head = Markup("<h2>{}</h2><p>{}</p>").format(self.title(), self.standing())
        return Markup('<article class="explanation"><header>{}</header>{}</article>').format(head, sections)

    def _section(self, section: Section) -> Markup:
        items = Markup().join(self._item(line) for line in section.lines)
        return Markup("<section><h3>{}</h3><ul>{}</ul></section>").format(section.title, items)

    def _item(self, line: Line) -> Markup:
        words = self.clauses.get(line.clause)
        cite = Markup('<cite title="{}">{}</cite> ').format(words.says if words else "", line.clause)
        return Markup('<li class="{}">{}{}{}</li>').format(
            line.kind, cite if line.clause else "", line.text, _table(line.rows)
        )


class Line(NamedTuple):
    """One statement with the clause it follows from."""

    kind: str
    """A word for its looks: state of a clock, ``applied``, ``pending``, severity of a finding."""
    text: str
    clause: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """What stands under it, in columns."""


class Section(NamedTuple):
    """A heading and its lines."""

    title: str
    lines: list[Line]


def explain(
    decision: Decision, policy: Policy, account: Account | None = None, plan: Plan | None = None
) -> Explanation:
    """Explain a decision by the policy and the account it was made with.

    With ``plan`` it also says what of it is still to be written.
    """
    account = account or Account()
    policy, _ = policy.fitted(account)
    clocks = (_counted(clock, policy.calendar_for(clock.calendar, account), decision.at) for clock in decision.clocks)
    cited = dict.fromkeys(item.cite.clause for item in _cited(decision, plan))
    clauses = {name: policy.clauses[name] for name in cited if name in policy.clauses}
    return Explanation(
        **{**dict(decision), "clocks": tuple(clocks)},
        plan=plan,
        clauses={name: ClauseWords(at=clause.heading, says=clause.text) for name, clause in clauses.items()},
    )


def _cited(decision: Decision, plan: Plan | None) -> Iterator[Cited]:
    yield from (*decision.clocks, *decision.rules, *decision.desired, *decision.due_messages, *decision.findings)
    yield from (*plan.actions, *plan.findings) if plan else ()


def _counted(clock: Clock, calendar: Calendar, now: datetime) -> CountedClock:
    intervals = tuple(_intervals(clock, calendar, now))
    counted = sum(interval.seconds for interval in intervals if interval.kind != "ahead")
    return CountedClock(**dict(clock), counted_s=counted, intervals=intervals)


def _intervals(clock: Clock, calendar: Calendar, now: datetime) -> Iterator[Interval]:
    total = timedelta()
    for begins, ends, paused in _stretches(clock, now):
        spans = [(begins, ends)] if paused else calendar.open_spans(begins, ends)
        for since, until in _cut(spans, clock.due_at or now, now):
            before = int(total.total_seconds())
            total += timedelta() if paused else until - since
            after = int(total.total_seconds())
            kind = "paused" if paused else _kind(clock, since, now)
            yield Interval(kind=kind, begins=since, ends=until, seconds=after - before, sum_s=after)


def _kind(clock: Clock, since: datetime, now: datetime) -> IntervalKind:
    if since >= now:
        return "ahead"
    return "late" if clock.due_at is not None and since >= clock.due_at else "counted"


def _cut(spans: Iterable[tuple[datetime, datetime]], *points: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans, cut where a point lies within one."""
    for begins, ends in spans:
        yield from pairwise(sorted({begins, ends, *(at for at in points if begins < at < ends)}))


def _stretches(clock: Clock, now: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """From the start of a clock to its end, or to when it is due: begin, end, and whether it was paused."""
    at = clock.started_at
    stop = max(now, clock.due_at or now)
    for begins, ends in _joined(clock.spans):
        if at < begins:
            yield at, begins, True
        at = ends or stop
        yield begins, at, False
    if clock.state is ClockState.PAUSED and at < now:
        yield at, now, True


def _joined(spans: Iterable[tuple[datetime, datetime | None]]) -> list[tuple[datetime, datetime | None]]:
    """Spans that touch made one: where the severity changed, the clock went on."""
    joined: list[tuple[datetime, datetime | None]] = []
    for begins, ends in spans:
        if joined and joined[-1][1] == begins:
            begins, _ = joined.pop()
        joined.append((begins, ends))
    return joined


def _clock(clock: CountedClock) -> Line:
    moments = (("started", clock.started_at), ("warns", clock.warn_at), ("due", clock.due_at), ("met", clock.met_at))
    times = ", ".join(f"{word} {_time(at)}" for word, at in moments if at)
    sums = f"{_length(clock.counted_s)} of {_length(clock.target_s)}"
    text = f"{clock.name} is {clock.state}, {sums}: {clock.because}; {times}"
    rows = tuple(
        (row.kind, _time(row.begins), _time(row.ends), f"+{_length(row.seconds)}", f"= {_length(row.sum_s)}")
        for row in clock.intervals
    )
    return Line(clock.state, text, clock.cite.clause, rows)


def _rule(rule: RuleResult) -> Line:
    return Line("applied" if rule.applied else "not-applied", _because(rule.rule, rule), rule.cite.clause)


def _want(want: DesiredValue, pending: set[str]) -> Line:
    text = _because(f"{describe_target(want.target)} = {recorded_value(want.value)}", want)
    return Line(*_pending(want.key, text, pending), want.cite.clause)


def _say(say: DueMessage, pending: set[str]) -> Line:
    to = f" to {', '.join(say.to)}" if say.to else ""
    text = _because(f"{say.kind.replace('_', ' ')} {say.template}{to}, due {_time(say.due_at)}", say)
    return Line(*_pending(say.key, text, pending), say.cite.clause, tuple((line,) for line in say.text.splitlines()))


def _pending(key: str, text: str, pending: set[str]) -> tuple[str, str]:
    return ("pending", f"{text} (to be written)") if key in pending else ("settled", text)


def _finding(finding: Finding) -> Line:
    return Line(finding.severity, _because(f"{finding.severity}: {finding.code}", finding), finding.cite.clause)


def _todo(plan: Plan | None) -> Iterator[Line]:
    if plan is not None and not plan:
        yield Line("settled", "nothing: the ticket is as the policy wants it, or a person decided otherwise")
    yield from (Line("pending", act(action), action.cite.clause) for action in (plan.actions if plan else ()))


def act(action: Action) -> str:
    """An action in words; why, stands at the want or the say with the same key."""
    return f"{action_name(action).replace('_', ' ')} {action_value(action)}"


def _words(clause: str, words: ClauseWords) -> Line:
    return Line("clause", f"{words.at}: {words.says}", clause)


def _because(text: str, cited: Cited) -> str:
    return f"{text}: {cited.because}" if cited.because else text


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _length(seconds: int) -> str:
    return format_length(timedelta(seconds=seconds))


def _aligned(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _table(rows: Iterable[tuple[str, ...]]) -> Markup:
    lines = Markup().join(
        Markup("<tr>{}</tr>").format(Markup().join(Markup("<td>{}</td>").format(cell) for cell in row)) for row in rows
    )
    return Markup("<table>{}</table>").format(lines) if lines else lines
