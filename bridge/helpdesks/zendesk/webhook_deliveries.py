"""What Zendesk records of its deliveries to webhooks of ours: whether the latest ones arrived.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/#list-webhook-invocations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from bridge.errors import GiveUp
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from bridge.ports.helpdesk import Diagnosis
from mappings.coercion import enum_value, text_of

LATEST = 20
_OUR_ENDPOINT = re.compile(r"/webhooks/[\w.-]+/?$")
_ARRIVED = frozenset({"success", "accepted", "unknown"})
"""Statuses of deliveries that arrived, are on their way, or of which nothing is known."""


def failing_webhooks(client: ZendeskClient, hooks: Iterable[Json]) -> Iterator[Diagnosis]:
    """Each webhook to an address like ours of whose latest deliveries more than half failed."""
    for hook in hooks:
        if not _OUR_ENDPOINT.search(text_of(hook.get("endpoint")) or ""):
            continue
        statuses = _latest_statuses(client, str(hook.get("id")))
        failed = [status for status in statuses if status not in _ARRIVED]
        if 2 * len(failed) > len(statuses):
            found = f"{len(failed)} of the latest {len(statuses)} deliveries of {hook.get('name')!r} failed"
            kinds = ", ".join(sorted(set(failed)))
            advice = f"{found} ({kinds}), as while the bridge does not run; see its activity in Admin Center > Webhooks"
            yield Diagnosis("deliveries of the webhook", ok=True, advice=advice, warns=True)


def _latest_statuses(client: ZendeskClient, webhook: str) -> list[str]:
    newest_first = {"sort": "-latest_completed_at", "page[size]": str(LATEST)}
    try:
        found = list(islice(client.pages(f"webhooks/{webhook}/invocations", "invocations", **newest_first), LATEST))
    except GiveUp:  # not shown to this user or on this plan
        return []
    return [enum_value(each.get("status")) for each in found]
