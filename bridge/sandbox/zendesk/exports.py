"""The routes of exports, each with a rate limit of its own kind."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.export import export_page
from bridge.sandbox.zendesk.metric_events import metric_events_page
from bridge.sandbox.zendesk.search import search_export

MINUTE = timedelta(minutes=1)


def add_exports(routes: Blueprint, account: ZendeskAccount) -> None:
    """The incremental exports, and that of a search."""
    state = account.state

    def count_incremental() -> None:
        limit, what = state.limits.incremental_per_minute, "incremental export API requests per minute"
        state.meter.take("incremental", limit, MINUTE, what=what)

    @routes.get("/incremental/tickets/cursor")
    def export() -> Record:
        count_incremental()
        return export_page(account)

    @routes.get("/incremental/ticket_metric_events")
    def export_metric_events() -> Record:
        count_incremental()
        return metric_events_page(state)

    @routes.get("/search/export")
    def export_search() -> Record:
        limit, what = state.limits.search_export_per_minute, "search export API requests per minute"
        state.meter.take("search export", limit, MINUTE, what=what)
        return search_export(account)
