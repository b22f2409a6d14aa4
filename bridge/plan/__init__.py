"""What is left to do on a ticket: desired minus actual minus already done. Pure."""

from bridge.plan.comparison import plan
from bridge.plan.ledger import Ledger, LedgerEntry
from bridge.plan.permission import restrict, withhold_by_mode

__all__ = ["Ledger", "LedgerEntry", "plan", "restrict", "withhold_by_mode"]
