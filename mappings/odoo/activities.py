"""What notes of the bridge have put on people's lists in Odoo, as activities, and is to be taken off again. Pure."""

from __future__ import annotations

from mappings.coercion import parse_instant
from mappings.odoo.snapshot import TicketSnapshot
from mappings.odoo.vocabulary import html_to_text, parse_message_id


def left_activities(snapshot: TicketSnapshot) -> str | None:
    """The ids of activities that were planned before the ticket came into its present stage, by commas.

    Each has the text of one of our notes. Those that a person planned as the same user have not.
    """
    since = snapshot.stage_since
    notes = {html_to_text(each.get("body")) for each in snapshot.messages if parse_message_id(each.get("message_id"))}
    left = [
        each["id"]
        for each in snapshot.activities
        if html_to_text(each.get("note")) in notes
        and not (since and (planned := parse_instant(each.get("create_date"))) and planned >= since)
    ]
    return ",".join(map(str, left)) or None


def activity_ids(left: str | None) -> list[int]:
    """The ids that :func:`left_activities` has joined."""
    return [int(each) for each in (left or "").split(",") if each]
