"""Tags of ours that came along with a merge: what the policy said of the other ticket it does not say of this one."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision.decision import Decision
from bridge.decision.effects import Clear, Set
from bridge.decision.targets import TAG_PREFIX, Tag
from bridge.plan.ledger import Ledger
from bridge.ticket import Ticket


def remove_merged_tags(decision: Decision, ticket: Ticket, ledger: Ledger) -> Iterator[Clear]:
    """Remove those that the policy does not want here, once: what a person puts back stays."""
    wanted = {desired.target: desired.cite for desired in decision.desired if isinstance(desired.target, Tag)}
    if not wanted:
        return
    cite = next(iter(wanted.values()))
    brought = {name: merge for merge in ticket.merges for name in sorted(merge.tags & ticket.tags)}
    for name, merge in brought.items():
        tag, key = Tag(name), f"{cite.clause}/merge:{merge.source}/tag:{name}/withdrawn"
        is_ours = name.startswith(TAG_PREFIX) and not isinstance(ledger.last_writes.get(tag), Set)
        if is_ours and tag not in wanted and not (ledger.is_confirmed(key) or ledger.is_undone(key)):
            because = f"it came with ticket {merge.source}, which was merged into this one"
            yield Clear(cite=cite, because=because, target=tag, key=key)
