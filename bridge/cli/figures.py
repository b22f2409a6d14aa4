"""Tables of figures for people: what was, or would be, done in each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.cli.output import Styled

COLUMNS = {
    "tickets": "tickets",
    "met": "met",
    "breached": "breached",
    "public_messages": "messages",
    "closings": "closed",
    "reopenings": "reopened",
    "notifications": "notices",
    "notes": "notes",
    "priorities": "priorities",
    "moves": "moves",
    "tags": "tags",
    "fields": "fields",
}
"""Figures and their headings; messages go to customers, notices to the holders of roles."""


def figures_table(title: str, groups: Mapping[str, Mapping[str, int]]) -> Iterator[Styled | list[Styled]]:
    """The figures of some groups, without columns of zeros."""
    groups = {name: counts for name, counts in groups.items() if any(counts.get(column) for column in COLUMNS)}
    columns = {name: label for name, label in COLUMNS.items() if any(counts.get(name) for counts in groups.values())}
    if not columns:
        return
    widths = {name: max(len(label) + 2, 8) for name, label in columns.items()}
    yield [(f"  {title:24}" + "".join(f"{label:>{widths[name]}}" for name, label in columns.items()), "dim")]
    for group, counts in groups.items():
        figures = "".join(f"{counts.get(name) or '':>{width}}" for name, width in widths.items())
        yield f"  {group:24}{figures}"
    yield ""
