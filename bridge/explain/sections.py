"""Sections of an explanation: one statement for each clock, rule, value, message, finding and action."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, assert_never

from bridge.decision import (
    Action,
    Cited,
    Clear,
    DesiredValue,
    DueMessage,
    Finding,
    MessageKind,
    Plan,
    RuleResult,
    Say,
    Set,
    SystemField,
    Tag,
)
from bridge.decision.display import role_title
from bridge.decision.recipients import shown_recipients
from bridge.decision.targets import describe_target
from bridge.explain.clock_sums import CountedClock
from bridge.explain.explanation import Explanation, QuotedClause
from bridge.policy.calendars.duration import readable


class Statement(NamedTuple):
    """One statement with the clause it follows from."""

    text: str
    clause: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """What stands under it, in columns."""


class ExplanationSection(NamedTuple):
    """A heading and its statements."""

    title: str
    statements: list[Statement]


def outline(explanation: Explanation) -> list[ExplanationSection]:
    """An explanation as sections in reading order; empty ones are left out."""
    plan = explanation.plan
    pending = {action.key for action in plan.actions} if plan else set()
    findings = (*explanation.findings, *(() if plan is None else plan.findings))
    rules = explanation.rules
    changes = ["nothing that people would see"] if explanation.changes == () else explanation.changes or ()
    sections = (
        ExplanationSection("What changes", [Statement(line) for line in changes]),
        ExplanationSection("Clocks", [_clock(clock) for clock in explanation.clocks]),
        ExplanationSection("Rules that applied", [_rule(rule) for rule in rules if rule.applied]),
        ExplanationSection("Rules that did not apply", [_rule(rule) for rule in rules if not rule.applied]),
        ExplanationSection(
            "What the ticket should have", [_desired(desired, pending) for desired in explanation.desired]
        ),
        ExplanationSection("Messages", [_message(message, pending) for message in explanation.due_messages]),
        ExplanationSection("Findings", [_finding(finding) for finding in findings]),
        ExplanationSection("Left to do", list(_left_to_do(plan))),
        ExplanationSection("Scope", [Statement(line) for line in explanation.scope]),
        ExplanationSection("Clauses", [_quoted(name, clause) for name, clause in explanation.clauses.items()]),
    )
    return [section for section in sections if section.statements]


def describe_action(action: Action) -> str:
    """An action in a few words; its reason is with the desired value or the message of the same key."""
    match action:
        case Say():
            return _describe_message(action)
        case Clear(target=Tag(name)):
            return f"remove tag {name}"
        case Clear(target=SystemField() as field):
            return f"clear {field}"
        case Clear(target=field):
            return f"clear {field.name}"
        case Set():
            return _describe_write(action)
        case _:
            assert_never(action)


def _describe_message(message: Say) -> str:
    match message.kind:
        case MessageKind.PUBLIC_MESSAGE:
            return f"send {message.template} to the customer"
        case MessageKind.INTERNAL_NOTE:
            return f"add internal note {message.template}"
        case MessageKind.NOTIFY:
            return f"notify {role_title(message.template)}"
        case _:
            assert_never(message.kind)


def _describe_write(write: Set) -> str:
    match write.target:
        case Tag(name):
            return f"add tag {name}"
        case SystemField():
            return f"set {write.target} to {write.value}"
        case _:
            return f"set {write.target.name} to {write.value}"


def moment(at: datetime) -> str:
    """An instant to the second, UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _clock(clock: CountedClock) -> Statement:
    moments = (("started", clock.started_at), ("warns", clock.warn_at), ("due", clock.due_at), ("met", clock.met_at))
    times = ", ".join(f"{event} {moment(at)}" for event, at in moments if at)
    elapsed = f"{readable(clock.counted_s)} elapsed, target {readable(clock.target_s)}"
    text = f"{clock.name} is {clock.state}, {elapsed}: {clock.because}; {times}"
    rows = tuple(
        (
            "remaining" if row.kind == "ahead" else row.kind,
            moment(row.begins),
            moment(row.ends),
            f"+ {readable(row.seconds)}",
            f"= {readable(row.sum_s)}",
        )
        for row in clock.intervals
    )
    return Statement(text, clock.cite.clause, rows)


def _rule(rule: RuleResult) -> Statement:
    return Statement(_with_reason(rule.rule, rule), rule.cite.clause)


def _desired(desired: DesiredValue, pending: set[str]) -> Statement:
    what = describe_target(desired.target)
    if not isinstance(desired.target, Tag):
        what = f"{what}: {'empty' if desired.value is None else desired.value}"
    text = _with_reason(what, desired)
    return Statement(f"{text} (to be written)" if desired.key in pending else text, desired.cite.clause)


def _message(message: DueMessage, pending: set[str]) -> Statement:
    to = f" to {', '.join(shown_recipients(message.to))}" if message.to else ""
    kind = message.kind.replace("_", " ")
    name = role_title(message.template) if message.kind is MessageKind.NOTIFY else message.template
    text = _with_reason(f"{kind} {name}{to}, due {moment(message.due_at)}", message)
    rows = tuple((line,) for line in message.text.splitlines())
    return Statement(f"{text} (to be sent)" if message.key in pending else text, message.cite.clause, rows)


def _finding(finding: Finding) -> Statement:
    code = finding.code.replace("_", " ")
    return Statement(_with_reason(f"{finding.severity}: {code}", finding), finding.cite.clause)


def _left_to_do(plan: Plan | None) -> Iterator[Statement]:
    if plan is not None and not plan:
        yield Statement("nothing: the ticket is as the policy requires, apart from values that people have changed")
    reasons = {each.key: each.because for each in plan.withheld} if plan else {}
    for action in plan.actions if plan else ():
        reason = f" (withheld: {reasons[action.key]})" if action.key in reasons else ""
        yield Statement(f"{describe_action(action)}{reason}", action.cite.clause)


def _quoted(name: str, clause: QuotedClause) -> Statement:
    return Statement(f"{clause.heading}: {clause.text}", name)


def _with_reason(text: str, cited: Cited) -> str:
    return f"{text}: {cited.because}" if cited.because else text
