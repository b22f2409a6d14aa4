"""What is left to do on a ticket: desired minus actual minus already done. Pure."""

from bridge.plan.comparison import plan
from bridge.plan.ledger import Ledger, LedgerEntry
from bridge.plan.permission import restrict
from bridge.plan.refusal import lesser_plans, refusal_note, wordless_plan

__all__ = ["Ledger", "LedgerEntry", "lesser_plans", "plan", "refusal_note", "restrict", "wordless_plan"]
