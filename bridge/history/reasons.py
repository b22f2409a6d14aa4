"""Why a clock of a policy and the metric of a helpdesk that means the same come to different results."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A named rule by which the two sides differ."""

    COUNTS_NOTE = "counts_note"
    COUNTS_BRIDGE = "counts_bridge"
    COUNTS_AUTOMATIC_REPLY = "counts_automatic_reply"
    COUNTS_OTHER_PERSON = "counts_other_person"
    COUNTS_SOLVING = "counts_solving"
    COUNTS_STATUS = "counts_status"
    PHONE_CONTACT = "phone_contact"
    WORK = "work"
    REOPENED = "reopened"
    OTHER_START = "other_start"
    CHANGED_PRIORITY = "changed_priority"
    OTHER_TARGET = "other_target"
    OTHER_HOURS = "other_hours"
    OTHER_PAUSES = "other_pauses"
    OTHER_SCHEDULE = "other_schedule"
    NO_NATIVE_TARGET = "no_native_target"
    NOT_PROMISED = "not_promised"
    BEFORE_HISTORY = "before_history"
    NO_HISTORY = "no_history"
    UNEXPLAINED = "unexplained"


LABELS = {
    Reason.COUNTS_NOTE: "the helpdesk counts an internal note, such as that of a light agent",
    Reason.COUNTS_BRIDGE: "the helpdesk counts a message of the bridge as an agent's answer",
    Reason.COUNTS_AUTOMATIC_REPLY: "the helpdesk counts an automatic reply",
    Reason.COUNTS_OTHER_PERSON: "the helpdesk counts a message from somebody who is not an agent on this ticket",
    Reason.COUNTS_SOLVING: "the helpdesk counts a solved ticket as answered",
    Reason.COUNTS_STATUS: "the helpdesk counts a status or stage that was reached, the policy something else",
    Reason.PHONE_CONTACT: "the policy counts a call; the helpdesk does not",
    Reason.WORK: "the policy counts an assignment or a status; the helpdesk does not",
    Reason.REOPENED: "the ticket was reopened: one side starts again, the other continues",
    Reason.OTHER_START: "the two begin at different instants",
    Reason.CHANGED_PRIORITY: "the priority changed: one side counts the new target from the start, the other does not",
    Reason.OTHER_TARGET: "the helpdesk has another target",
    Reason.OTHER_HOURS: "one side counts business hours, the other every hour",
    Reason.OTHER_PAUSES: "one side pauses when the other does not, such as while the ticket is pending",
    Reason.OTHER_SCHEDULE: "both count business hours, by different schedules",
    Reason.NO_NATIVE_TARGET: "no SLA policy of the helpdesk applied, such as on a ticket without a priority",
    Reason.NOT_PROMISED: "the policy promises nothing here",
    Reason.BEFORE_HISTORY: "the metric began before what was read of the helpdesk",
    Reason.NO_HISTORY: "the helpdesk does not tell the bridge when the metric paused or ended",
    Reason.UNEXPLAINED: "not explained",
}
"""Reason -> how people read it."""
