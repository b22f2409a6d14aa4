"""The display fields of a ticket: their labels and help texts, the same in every helpdesk."""

from __future__ import annotations

SHOWN = {
    "severity": ("Severity", "The severity level that the policy gives the ticket"),
    "proposed_severity": ("Proposed severity", "A severity that waits for the customer's consent"),
    "clause": ("Clause", "The clause of the policy that governs what is due next"),
    "next_due": ("Next due", "What is due next"),
    "next_due_at": ("Due at", "When it is due"),
    "escalation_stage": ("Escalation stage", "The highest stage of the escalation schedule that was reached"),
    "closure_at": ("Closes at", "When the ticket closes if nobody answers"),
    "audience": ("Informed", "Who is kept informed"),
}
"""Canonical name -> label and help text, in the order in which they are shown; others follow by name."""
