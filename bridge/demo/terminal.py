"""What the demo prints: where to find it, and every change of a ticket as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from app import Bridge
from bridge.console.action_summary import ClauseActions, moment
from bridge.console.activity import ReviewSummary
from bridge.console.ticket_list import TicketList
from bridge.policy.calendars.duration import readable
from bridge.policy.load import load_policy
from bridge.ports.outcomes import ReviewOutcome

POLL_S = 0.25
"""Real seconds between two polls for new reviews."""
OVERLAP = timedelta(hours=1)


def introduce(out: Console, url: str, helpdesk: str, speed: int) -> None:
    """Print where the demo is and how it runs."""
    day = readable(round(86_400 / speed))
    out.print(
        Text.assemble(
            ("\nPolicybridge demo", "bold"),
            f"\n  open      {url}",
            f"\n  helpdesk  {helpdesk} with sample tickets; nothing leaves this machine",
            f"\n  clock     {speed} times faster: a day takes {day}; all times are UTC",
            "\n  stop      Ctrl-C\n",
        ),
        soft_wrap=True,
    )


def follow(out: Console, bridge: Bridge, pack: str, wait_for_stop: Callable[[float], bool]) -> None:
    """Print new reviews until ``wait_for_stop`` returns true."""
    tickets = TicketList(bridge.store, {pack: load_policy(pack)})
    since, printed = bridge.clock() - OVERLAP, set[str]()
    while not wait_for_stop(POLL_S):
        for review in tickets.activity(after=since):
            since = max(since, review.at - OVERLAP)
            if review.review not in printed:
                printed.add(review.review)
                for line in _lines(review):
                    out.print(line, no_wrap=True, overflow="ellipsis" if out.is_terminal else "ignore", crop=False)


def _lines(review: ReviewSummary) -> Iterator[Text]:
    """One line per clause: when, which ticket, what, which clause, why."""
    for effect in review.effects:
        if effect.clause:
            yield _line(review, effect)
    if review.outcome is not ReviewOutcome.APPLIED:
        yield Text.assemble(*_head(review), (f"{review.outcome}: {review.detail}", "red"))


def _line(review: ReviewSummary, effect: ClauseActions) -> Text:
    what = ", ".join(action.label for action in effect.actions)
    return Text.assemble(*_head(review), (what, "bold"), "  ", (effect.clause, "cyan"), f" {effect.because}")


def _head(review: ReviewSummary) -> tuple[tuple[str, str], ...]:
    return (f"{moment(review.at)}  ", "dim"), (f"#{review.ref.id} {review.subject}  ", "")
