"""Plain text of an explanation, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.explain.explanation import Explanation
from bridge.explain.sections import moment, outline


def as_text(explanation: Explanation) -> list[str]:
    """Lines of plain text; sections begin in the first column, what belongs to them is indented."""
    lines = [_title(explanation), _validity(explanation)]
    for section in outline(explanation):
        lines += ["", section.title]
        for statement in section.statements:
            lines.append(f"  {f'[{statement.clause}] ' if statement.clause else ''}{statement.text}")
            lines += [f"      {row}" for row in _aligned(statement.rows)]
    return lines


def _title(explanation: Explanation) -> str:
    severity = f"severity {explanation.level}" if explanation.level else "no severity"
    return f"{explanation.ref}: {severity} under {explanation.pack} {explanation.version}"


def _validity(explanation: Explanation) -> str:
    """As of when the decision holds, and when it changes by itself."""
    wake_at = explanation.wake_at
    following = f"{moment(wake_at)}, or at the next event" if wake_at else "at the next event"
    return f"As of {moment(explanation.at)}. Next change: {following}. All times are UTC."


def _aligned(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
