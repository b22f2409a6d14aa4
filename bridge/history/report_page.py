"""The figures of a backtest as one page of HTML that needs nothing else: to send, to print, to archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from bridge.decision.kinds import ActionKind
from bridge.history.past_ticket import Period
from bridge.history.summary import BREACHED, MET, TICKETS, Summary
from bridge.policy.model import Policy

ACCOUNTS = 25
"""Accounts on the page, those with the most broken promises first."""
_COLUMNS = {
    TICKETS: "Tickets",
    MET: "Promises kept",
    BREACHED: "Promises broken",
    ActionKind.PUBLIC_MESSAGES: "Messages to customers",
    ActionKind.CLOSINGS: "Closed",
    ActionKind.REOPENINGS: "Reopened",
    ActionKind.NOTIFICATIONS: "Notices",
}
_pages = Environment(
    loader=PackageLoader("bridge.history"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class FirstDay:
    """What a preview expects of the first day."""

    due: Mapping[ActionKind, int]
    withheld: Mapping[str, int]
    """By what keeps it back."""
    tickets: int
    """On how many it rests: those that the bridge has seen."""


def report_page(
    summary: Summary, history: str, period: Period, policies: Sequence[Policy], first_day: FirstDay | None = None
) -> str:
    """The page; the same figures always make the same page."""
    accounts = sorted(summary.by_account.items(), key=lambda each: (-each[1][BREACHED], -each[1][TICKETS], each[0]))
    return _pages.get_template("backtest.html").render(
        summary=summary,
        history=history,
        period=period,
        policies=policies,
        columns=_COLUMNS,
        promises=list(_promises(summary)),
        months=sorted(summary.by_month.items()),
        accounts=[(name or "No account", counts) for name, counts in accounts[:ACCOUNTS]],
        more_accounts=max(0, len(accounts) - ACCOUNTS),
        clauses=[
            (f"{pack} {clause}", _sentence(policies, pack, clause), counts)
            for (pack, clause), counts in sorted(summary.by_clause.items())
        ],
        problems=[(problem, count, summary.examples[problem]) for problem, count in sorted(summary.problems.items())],
        kinds=ActionKind,
        agreement=list(summary.agreement.pairs()),
        first_day=first_day,
    )


def _promises(summary: Summary) -> Iterable[tuple[str, str, Mapping[str, int], float | None]]:
    """Each promise with its figures and the share that was kept, in percent; None: none was due."""
    for (pack, clause, name), counts in sorted(summary.by_clock.items()):
        due = counts[MET] + counts[BREACHED]
        kept = 100 * counts[MET] / due if due else None
        yield name.replace("_", " "), f"{pack} {clause}", counts, kept


def _sentence(policies: Sequence[Policy], pack: str, clause: str) -> str:
    """The text of a clause, where the pack has it."""
    texts = (policy.clauses.get(clause) for policy in policies if policy.pack == pack)
    return next((each.text for each in texts if each), "")
