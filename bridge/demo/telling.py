"""What the demonstration prints: how to look at it, and what happens to tickets as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from app import Bridge
from bridge.console.action_summary import Deed, moment
from bridge.console.ticket_list import Board, Happening
from bridge.policy.calendars.duration import format_length
from bridge.policy.load import load_policy

LOOK_S = 0.25
"""Real seconds between two looks at what happened."""
OVERLAP = timedelta(hours=1)


def introduce(out: Console, url: str, helpdesk: str, speed: int) -> None:
    day = format_length(timedelta(seconds=round(86_400 / speed)))
    out.print(
        Text.assemble(
            ("\nPolicybridge demo", "bold"),
            f"\n  open      {url}",
            f"\n  helpdesk  {helpdesk} with sample tickets; nothing leaves this machine",
            f"\n  clock     runs {speed} times faster: a day passes in {day}; all times are UTC",
            "\n  end       Ctrl-C\n",
        ),
        soft_wrap=True,
    )


def report(out: Console, bridge: Bridge, pack: str, told: Callable[[float], bool]) -> None:
    """Print what happens as it happens, until told to stop."""
    board = Board(bridge.store, {pack: load_policy(pack)})
    since, printed = bridge.clock() - OVERLAP, set[str]()
    while not told(LOOK_S):
        for happening in board.happenings(after=since):
            since = max(since, happening.at - OVERLAP)
            if happening.review not in printed:
                printed.add(happening.review)
                for line in _lines(happening):
                    out.print(line, no_wrap=True, overflow="ellipsis" if out.is_terminal else "ignore", crop=False)


def _lines(happening: Happening) -> Iterator[Text]:
    """One line a deed: when, which ticket, what, by which clause, why."""
    for deed in happening.deeds:
        if deed.clause:
            yield _line(happening, deed)
    if happening.outcome != "applied":
        yield Text.assemble(*_head(happening), (f"{happening.outcome}: {happening.detail}", "red"))


def _line(happening: Happening, deed: Deed) -> Text:
    what = ", ".join(act.words for act in deed.acts)
    return Text.assemble(*_head(happening), (what, "bold"), "  ", (deed.clause, "cyan"), f" {deed.because}")


def _head(happening: Happening) -> tuple[tuple[str, str], ...]:
    return (f"{moment(happening.at)}  ", "dim"), (f"#{happening.ref.id} {happening.subject}  ", "")
