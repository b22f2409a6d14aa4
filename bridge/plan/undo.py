"""Taking back the bridge's own writes on one ticket: what is still ours, and what was there before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby

from bridge.decision.effects import Clear, MessageKind, Say, Set
from bridge.decision.targets import SystemField, Tag, Target, describe_target, target_text
from bridge.plan.comparison import actual_value, has_value
from bridge.plan.ledger import UNDONE, Ledger, LedgerEntry
from bridge.ticket import Changed, FactValue, Role, Status, Ticket

_GROUPED = frozenset({SystemField.GROUP, SystemField.TIER})
"""Both are the group at the helpdesk, so what is restored is the group."""
_NO_PRIORITY = "the ticket had no priority before, and no helpdesk empties one that was set"
# https://support.zendesk.com/hc/en-us/articles/4408894213018
_UNKNOWN = "what was there before is not on record"


@dataclass(frozen=True)
class Kept:
    """A write that is not taken back, and why."""

    entry: LedgerEntry
    because: str


@dataclass(frozen=True)
class Undoing:
    """What taking back would do on one ticket."""

    actions: tuple[Set | Clear, ...] = ()
    """Each has the key of the write that it takes back, with ``/undone``."""
    arrived: tuple[Set | Clear, ...] = ()
    """The same, where the ticket shows that an undo which was interrupted has done it."""
    kept: tuple[Kept, ...] = ()
    sent: tuple[LedgerEntry, ...] = ()
    """Messages: whoever got one has it."""

    @property
    def undone(self) -> tuple[Set | Clear, ...]:
        """All that is taken back in the end."""
        return (*self.arrived, *self.actions)

    def note(self, who: str) -> Say:
        """The note that tells the agents what a person had taken back: one, however often it was interrupted."""
        key = f"undo/{sha256(' '.join(sorted(action.key for action in self.undone)).encode()).hexdigest()[:32]}"
        lines = [f"{who} had these changes of the policy taken back:"]
        lines += [f"- {action.cite.clause}: {describe_undo(action)}" for action in self._distinct()]
        if self.kept:
            lines += ["Not taken back:", *(f"- {kept.entry.cite.clause}: {kept.because}" for kept in self.kept)]
        first = self.undone[0]
        kind = MessageKind.INTERNAL_NOTE
        return Say(
            cite=first.cite, because=f"undone by {who}", kind=kind, key=key, template="undo", text="\n".join(lines)
        )

    def _distinct(self) -> Iterator[Set | Clear]:
        """One action for each target."""
        yield from {action.target: action for action in self.undone}.values()


def describe_undo(action: Set | Clear) -> str:
    """What a ticket has after an undo."""
    match action:
        case Clear(target=Tag(name)):
            return f"tag {name} removed"
        case Clear():
            return f"{describe_target(action.target)} empty again"
        case Set(target=Tag(name)):
            return f"tag {name} added again"
        case Set():
            return f"{describe_target(action.target)} {action.value} again"


@dataclass(frozen=True)
class PastWrites:
    """What the bridge has done on a ticket, and what each review saw before."""

    ledger: Ledger
    before: Mapping[str, Ticket] = field(default_factory=dict)
    """By the key of a write: the ticket as its review saw it."""


def undoing(ticket: Ticket, past: PastWrites, wanted: Iterable[str]) -> Undoing:
    """Take back the writes with these keys, as far as nobody has touched their values since."""
    keys = set(wanted)
    done = [entry for entry in past.ledger.entries if entry.confirmed and past.ledger.can_be_undone(entry)]
    chosen = [entry for entry in done if entry.key in keys]
    sent = tuple(entry for entry in chosen if isinstance(entry.action, Say))
    actions: list[Set | Clear] = []
    kept: list[Kept] = []
    for _, entries in groupby(sorted((e for e in done if not isinstance(e.action, Say)), key=_place), key=_place):
        of_target = list(entries)
        if not any(entry.key in keys for entry in of_target):
            continue
        found = _undo_target(ticket, past, of_target, keys)
        if isinstance(found, str):
            kept += [Kept(entry, found) for entry in of_target if entry.key in keys]
        else:
            actions += found
    return Undoing(tuple(actions), tuple(_arrived(past.ledger, keys)), tuple(kept), sent)


def _arrived(ledger: Ledger, keys: set[str]) -> Iterator[Set | Clear]:
    """What was taken back of the writes with these keys, and nobody has recorded."""
    for entry in ledger.entries:
        if entry.key in ledger.proven and entry.key.removesuffix(UNDONE) in keys and not isinstance(entry.action, Say):
            yield entry.action


def _place(entry: LedgerEntry) -> str:
    """What a write changes: group and tier are one."""
    target = _target(entry)
    return target_text(SystemField.GROUP if target in _GROUPED else target)


def _target(entry: LedgerEntry) -> Target:
    if isinstance(entry.action, Say):
        raise TypeError("a message has no target")
    return entry.action.target


def _undo_target(
    ticket: Ticket, past: PastWrites, entries: Sequence[LedgerEntry], keys: set[str]
) -> list[Set | Clear] | str:
    """The writes that restore one target; or why it stays as it is."""
    chain = _chain(entries, keys, past)
    last = entries[-1]
    target = _target(last)
    if last.key not in keys:
        return f"{describe_target(target)} was written again later, under {last.cite.clause}"
    if ticket.status is Status.CLOSED or ticket.ending:
        return f"the ticket is {ticket.ending or 'closed'} and cannot be changed"
    restored = _restored(ticket, chain[0], past)
    if isinstance(restored, str):
        return restored
    was_interrupted = past.ledger.is_undone(last.key) and has_value(ticket, *restored)
    if not was_interrupted and (reason := _touched(ticket, last)):
        return reason
    return [_restore(entry, *restored) for entry in chain]


def _chain(entries: Sequence[LedgerEntry], keys: set[str], past: PastWrites) -> list[LedgerEntry]:
    """The last writes of a target that are to be taken back and followed each other without anybody in between."""
    chain = [entries[-1]]
    for entry in reversed(entries[:-1]):
        before = past.before.get(chain[0].key)
        if entry.key not in keys or before is None or not has_value(before, _target(entry), _written(entry)):
            break
        chain.insert(0, entry)
    return chain


def _touched(ticket: Ticket, last: LedgerEntry) -> str:
    """Why the value of a target is not ours any more; empty: it is."""
    target = _target(last)
    described = describe_target(target)
    actual = actual_value(ticket, target)
    if not has_value(ticket, target, _written(last)):
        return f"{described} is {'empty' if actual is None else actual} now: it was changed since"
    names = ("group", "tier") if target in _GROUPED else (_history_name(target),)
    since = last.at.replace(microsecond=0)
    changes = [change for name in names for change in ticket.changes(name) if change.at >= since]
    theirs = [change for change in changes if change.actor.role is not Role.BRIDGE and _concerns(change, target)]
    return f"{described} was changed by somebody else since" if theirs else ""


def _history_name(target: Target) -> str:
    return "tags" if isinstance(target, Tag) else target_text(target)


def _concerns(change: Changed, target: Target) -> bool:
    """Whether a change is about a target: of tags, the whole list is kept."""
    if not isinstance(target, Tag):
        return True
    old, new = (set(str(value or "").split(",")) for value in (change.old, change.new))
    return (target.name in old) != (target.name in new)


def _restored(ticket: Ticket, first: LedgerEntry, past: PastWrites) -> tuple[Target, FactValue] | str:
    """The target to write, and the value that it had before the first of the writes."""
    target, before = _target(first), past.before.get(first.key)
    if isinstance(target, Tag):  # a tag is only added where it was not, and only removed where it was
        return target, None if isinstance(first.action, Set) else True
    if before is not None:
        place = SystemField.GROUP if target in _GROUPED else target
        value = actual_value(before, place)
        return _NO_PRIORITY if place is SystemField.PRIORITY and value is None else (place, value)
    ours = [change for change in ticket.changes(_history_name(target)) if first.key in change.keys]
    return (target, ours[0].old) if ours else f"{describe_target(target)}: {_UNKNOWN}"


def _restore(entry: LedgerEntry, target: Target, value: FactValue) -> Set | Clear:
    cited = {"cite": entry.cite, "because": "undone", "key": f"{entry.key}{UNDONE}"}
    if value is None:
        return Clear.model_validate({**cited, "target": target})
    return Set.model_validate({**cited, "target": target, "value": value})


def _written(entry: LedgerEntry) -> FactValue:
    return entry.action.value if isinstance(entry.action, Set) else None
