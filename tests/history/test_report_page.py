"""The page of a backtest: it needs no other file, has the figures, and shows what customers wrote as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bridge.history.line import HistoryLine
from bridge.history.past_ticket import PastEvaluator
from bridge.history.report_page import FirstDay, report_page
from bridge.history.result import TicketResult
from bridge.history.summary import Summary
from bridge.policy.load import load_policy

from .histories import QUARTER, ticket_lines

POLICY = load_policy("maas360")


def page(*results: TicketResult) -> str:
    summary = Summary()
    for result in results:
        summary.add(result)
    return report_page(summary, "quarter.ndjson", QUARTER, [POLICY])


def test_the_page_has_the_figures_and_needs_nothing_else() -> None:
    evaluator = PastEvaluator([POLICY], QUARTER)
    text = page(*(evaluator.evaluate(HistoryLine.model_validate_json(line)) for line in ticket_lines(4)))
    assert "01 July 2026 to 01 October 2026, from quarter.ndjson" in text
    assert "<b>4</b>tickets evaluated, of 4" in text
    assert "maas360 MA-" in text
    assert not re.search(r"<script|<link|<img|src=|href=|url\(", text)


def test_nothing_at_all_is_a_page_too() -> None:
    assert "<b>0</b>tickets evaluated, of 0" in page()


def test_a_first_day_of_which_nothing_is_known_is_not_called_empty() -> None:
    def first_day(tickets: int) -> str:
        return report_page(Summary(), "h", QUARTER, [POLICY], FirstDay({}, {}, tickets)).partition("The first day")[2]

    assert "has seen no ticket yet, so nothing can be foreseen" in first_day(0)
    assert "<li>nothing" not in first_day(0)
    assert "within a day to the 7 tickets that the bridge has seen" in first_day(7)
    assert "<li>nothing" not in page()
    assert "<li>nothing" in first_day(7)


def test_a_name_that_looks_like_markup_is_text() -> None:
    at = datetime(2026, 7, 2, tzinfo=UTC)
    text = page(TicketResult(ticket="a:1", account="<b>&", created_at=at, pack="maas360", version="1", reviews=1))
    assert "&lt;b&gt;&amp;" in text
    assert "<b>&" not in text


def test_promises_that_no_native_target_shows_are_counted() -> None:
    at = datetime(2026, 7, 2, tzinfo=UTC)
    clock = {
        "name": "first_response",
        "clause": "MA-10",
        "started_at": at,
        "due_at": at,
        "state": "breached",
        "met_at": None,
        "elapsed_s": 60,
        "target_s": 30,
    }
    results = [
        TicketResult.model_validate(
            {
                "ticket": f"a:{number}",
                "created_at": at,
                "pack": "maas360",
                "version": "1",
                "clocks": [clock],
                "native": [{"metric": "reply_time", "breached": breached}],
            }
        )
        for number, breached in enumerate((True, False))
    ]
    text = " ".join(page(*results).split())
    assert "counted 1 of 2 targets as breached. On 1 ticket a promise was broken that no target" in text
