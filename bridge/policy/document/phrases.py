"""Keys of a pack as the document prints them.

A key that reads as English is printed as it is, without its underscores. Those below were named for the file, where
the key above them explains them, and need more words in a document that is read alone.
"""

from __future__ import annotations

PHRASES = {
    "amendments": "changes of what was promised",
    "approved_stage": "stage once approved",
    "ask_again_if_changed": "asked again when these change",
    "attempts": "attempts before the ticket may be closed",
    "automatic_moves": "automatic change",
    "allowed_moves": "allowed changes",
    "before": "time before the end",
    "blocked_note": "note when blocked",
    "blocks": "statuses that wait for it",
    "budgets": "percent of the target that each may use",
    "change_approval": "approval of a change",
    "close_tag": "tag when closed",
    "combines": "open whenever one of these is",
    "confirmation_solves": "solved once the customer confirms",
    "confirmed_tag": "tag once confirmed",
    "counts_while": "counts only while",
    "expired_note": "note when it lapses",
    "expired_tag": "tag after the end",
    "fixed_time_zone": "keeps its own time zone for every account",
    "follows_escalation": "takes its interval from the escalation schedule",
    "from_account": "replaced by the account's own hours",
    "goal_percent": "goal in percent",
    "hand_back": "goes back to its group afterwards",
    "hand_over_when": "handed over when",
    "if_empty": "if nothing is due",
    "if_overridden": "if a person changes it",
    "if_unconfirmed": "if solved without confirmation",
    "include_resolved": "also for solved tickets",
    "items": "item",
    "label": "asks for",
    "languages": "languages of tickets",
    "last_message": "message of the last attempt",
    "message_clause": "clause of the message",
    "met_by": "met by",
    "met_in": "met in status",
    "needs": "requirement",
    "notices": "notice",
    "only_if": "only if at that instant",
    "open_tickets": "tickets that are open at the end",
    "periodic": "starts again each time it is met",
    "on_level_change": "when the level changes",
    "on_reopen": "when the ticket is reopened",
    "phrases": "phrases that count",
    "raise_note": "note when the tier is raised",
    "raise_priority_by": "priorities raised by",
    "refused_assignee": "assignee when refused",
    "refused_note": "note when refused",
    "refused_notify": "notified when refused",
    "refused_stage": "stage when refused",
    "remark_otherwise": "remark for other tickets",
    "reopened_within": "if it is reopened within",
    "request_message": "message that asks for it",
    "set_fields": "fields set",
    "stages": "stage",
    "status_after_reply": "status after a reply",
    "steps": "step",
    "statuses": "waits in these statuses",
    "stop_asking_when": "not asked when",
    "tags_until": "tags stay until stage",
    "time_between": "time between two attempts",
    "unknown_tag": "tag when no row fits",
    "update_due_tag": "tag while an update is due",
}

CHOICES = {
    ("answers", "all"): "those given on the merged ticket count as well",
    ("answers", "own"): "only those given on the ticket itself count",
    ("approvals", "all"): "those given on the merged ticket count as well",
    ("approvals", "own"): "only those given on the ticket itself count",
    ("clocks", "earliest"): "count since the oldest of the tickets was created",
    ("clocks", "own"): "each ticket keeps its own",
    ("evaluated", "always"): "at any time",
    ("evaluated", "at_creation"): "once, when the ticket is created",
    ("if_empty", "send"): "sent all the same",
    ("if_empty", "skip"): "not sent",
    ("if_overridden", "enforce"): "set again",
    ("if_overridden", "flag"): "the person's value stays, with a warning",
    ("if_overridden", "respect"): "the person's value stays",
    ("if_unconfirmed", "allow"): "the ticket stays solved",
    ("if_unconfirmed", "reopen"): "the ticket is reopened, once",
    ("if_unconfirmed", "warn"): "the ticket stays solved, with a warning",
    ("on_level_change", "from_now"): "another one starts with the full new target",
    ("on_level_change", "proportional"): "the share that was used stays used",
    ("on_level_change", "retroactive"): "the new target counts from the start",
    ("on_reopen", "new"): "starts again with the full target",
    ("on_reopen", "resume"): "goes on where the resolution stopped it",
    ("on_reopen", "total"): "the time in which it was resolved counts as well",
    ("only", "lowering"): "changes to a less severe level",
    ("only", "raising"): "changes to a more severe level",
    ("open_tickets", "end"): "are no longer served",
    ("open_tickets", "go_on"): "are served until they are solved",
    ("starts_on", "created"): "the creation of the ticket",
    ("starts_on", "customer_message"): "the oldest message of the customer without an answer",
    ("starts_on", "first_customer_message"): "the first message of the customer",
    ("starts_on", "level_set"): "the setting of the present level",
}
"""What a choice of a key means, in words."""


def phrase(key: str) -> str:
    """The words for a key of a pack."""
    return PHRASES.get(key, key.replace("_", " "))


def choice(key: str, value: object) -> str | None:
    """The words for one of the choices of a key; None: the key has no choices, or they read as English."""
    return CHOICES.get((key, value)) if isinstance(value, str) else None
