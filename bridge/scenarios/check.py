"""What a scenario expected against what came of it: one readable mismatch for each difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.history.rows import ClockRow, Row
from bridge.policy.calendars import duration
from bridge.scenarios.expectations import ClockExpectation, Expectation
from bridge.scenarios.outcome import Outcome
from bridge.scenarios.resolve import ResolvedScenario

NEAREST = 3
"""How many of the bridge's actions a mismatch shows."""


@dataclass(frozen=True)
class Mismatch:
    """One expectation that was not met."""

    where: str
    """``file:line:column`` of the expectation."""
    expected: str
    found: tuple[str, ...]
    """What happened instead, the nearest first."""

    def __str__(self) -> str:
        lines = [f"{self.where}", f"  - expected {self.expected}"]
        return "\n".join([*lines, *(f"  + found    {line}" for line in self.found or ("nothing similar",))])


def check(scenario: ResolvedScenario, outcome: Outcome) -> list[Mismatch]:
    """Compare an outcome with ``expect``, ``never``, ``final`` and ``clocks`` of its scenario."""
    return [
        *_missing(scenario, outcome.timeline),
        *_unexpected(scenario, outcome.timeline),
        *_final_mismatches(scenario, outcome),
        *_clock_mismatches(scenario, outcome.clocks),
    ]


def _missing(scenario: ResolvedScenario, timeline: Sequence[Row]) -> Iterator[Mismatch]:
    for index, wanted in enumerate(scenario.written.expect):
        if not any(_meets(scenario, wanted, row) for row in timeline):
            near = sorted(timeline, key=lambda row: _distance(scenario, wanted, row))[:NEAREST]
            found = tuple(_row_text(row, scenario, wanted) for row in near if _distance(scenario, wanted, row)[0] < 3)
            yield Mismatch(scenario.document.where(("expect", index)), _expectation_text(scenario, wanted), found)


def _unexpected(scenario: ResolvedScenario, timeline: Sequence[Row]) -> Iterator[Mismatch]:
    for index, wanted in enumerate(scenario.written.never):
        if found := [row for row in timeline if _meets(scenario, wanted, row)]:
            found_rows = tuple(_row_text(row) for row in found)
            yield Mismatch(
                scenario.document.where(("never", index)), f"never {_expectation_text(scenario, wanted)}", found_rows
            )


def _meets(scenario: ResolvedScenario, wanted: Expectation, row: Row) -> bool:
    return (
        _is_same_action(wanted, row)
        and wanted.clause in (None, row.clause)
        and _has_text(wanted, row)
        and _is_in_time(scenario, wanted, row.at)
    )


def _has_text(wanted: Expectation, row: Row) -> bool:
    """Whether a message says what it should; how its lines are broken does not matter."""
    return wanted.text is None or " ".join(wanted.text.split()) in " ".join(row.text.split())


def _is_same_action(wanted: Expectation, row: Row) -> bool:
    if wanted.action != row.action:
        return False
    found, value = str(row.value), wanted.value
    if wanted.action == "set_field" and value is not None and "=" not in str(value):
        found = found.partition("=")[0]
    return value is None or str(value) == found


def _is_in_time(scenario: ResolvedScenario, wanted: Expectation, at: datetime) -> bool:
    """Times are compared by the second; ``within`` reaches forward only, a promise kept too early is another one."""
    if wanted.at is None and wanted.within is None:
        return True
    since = scenario.instant(wanted.at or timedelta())
    return since <= at.replace(microsecond=0) <= since + (wanted.within or timedelta())


def _distance(scenario: ResolvedScenario, wanted: Expectation, row: Row) -> tuple[int, float]:
    """How far an act is from the wanted one: the same, the same clause, the same kind, another; then by time."""
    since = scenario.instant(wanted.at) if wanted.at is not None else row.at
    apart = abs((row.at - since).total_seconds())
    if _is_same_action(wanted, row):
        return 0, apart
    if wanted.clause == row.clause:
        return 1, apart
    return (2 if wanted.action == row.action else 3), apart


def _expectation_text(scenario: ResolvedScenario, wanted: Expectation) -> str:
    value = "(any value)" if wanted.value is None else wanted.value
    timed = wanted.at is not None or wanted.within is not None
    parts = [f"{scenario.instant(wanted.at or timedelta()):%Y-%m-%dT%H:%M:%SZ}" if timed else "at any time"]
    parts += [f"within {duration.format_length(wanted.within)}"] if wanted.within else []
    text = f" with the text {wanted.text!r}" if wanted.text is not None else ""
    return " ".join([*parts, wanted.clause or "any clause", wanted.action, str(value)]) + text


def _row_text(row: Row, scenario: ResolvedScenario | None = None, wanted: Expectation | None = None) -> str:
    text = f"{row.at:%Y-%m-%dT%H:%M:%SZ} {row.clause} {row.action} {row.value}"
    if scenario and wanted and wanted.at is not None and _is_same_action(wanted, row):
        late = row.at - scenario.instant(wanted.at)
        text += f" ({duration.format_length(abs(late))} {'late' if late > timedelta() else 'early'})" if late else ""
    if wanted and wanted.text is not None and _is_same_action(wanted, row) and not _has_text(wanted, row):
        return f"{text} with the text {' '.join(row.text.split())!r}"
    return f"{text}: {row.because}" if row.because else text


def _final_mismatches(scenario: ResolvedScenario, outcome: Outcome) -> Iterator[Mismatch]:
    final = scenario.written.final
    for key in sorted(final.model_fields_set) if final else ():
        wanted, found = getattr(final, key), getattr(outcome.final, key)
        where = scenario.document.where(("final", key))
        if key == "tags":
            if missing := sorted(wanted - set(found)):
                yield Mismatch(where, f"at the end tags {', '.join(missing)}", (f"tags {', '.join(found) or 'none'}",))
        elif key == "fields":
            for name, value in wanted.items():
                if found.get(name) != value:
                    at = scenario.document.where(("final", key, name))
                    yield Mismatch(at, f"at the end field {name}={value}", (f"{name}={found.get(name, '')}",))
        elif wanted != found:
            yield Mismatch(where, f"at the end {key} {wanted}", (f"{key} {found}",))


def _clock_mismatches(scenario: ResolvedScenario, clocks: Sequence[ClockRow]) -> Iterator[Mismatch]:
    for index, wanted in enumerate(scenario.written.clocks):
        given = _compared(scenario, wanted)
        rows = [row for row in clocks if row.name == wanted.name]
        if not any(all(_in_seconds(getattr(row, key)) == value for key, value in given.items()) for row in rows):
            yield Mismatch(
                scenario.document.where(("clocks", index)),
                f"clock {_pairs(given)}",
                tuple(f"clock {_pairs({key: getattr(row, key) for key in given})}" for row in rows),
            )


def _in_seconds(value: Any) -> Any:
    """What a clock has, instants by the second: a share of a target may end between two."""
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def _compared(scenario: ResolvedScenario, wanted: ClockExpectation) -> dict[str, Any]:
    given = {key: getattr(wanted, key) for key in ClockExpectation.model_fields if key in wanted.model_fields_set}
    times = ("started_at", "due_at", "met_at")
    return {
        key: scenario.instant(value) if key in times and value is not None else value for key, value in given.items()
    }


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else f"{key} {value}"
        for key, value in values.items()
    )
