"""Taking back the bridge's own writes on one ticket: what is still ours, and what was there before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby

from bridge.decision.citation import Citation
from bridge.decision.effects import Clear, MessageKind, Say, Set
from bridge.decision.targets import SystemField, Tag, Target, target_text, timeline_name
from bridge.plan.comparison import actual_value, has_value
from bridge.plan.ledger import UNDONE, Ledger, LedgerEntry
from bridge.plan.target_words import target_words
from bridge.policy.evaluation.reader import said_in
from bridge.policy.evaluation.sentence import Sentence, series
from bridge.ticket import Changed, FactValue, Role, Status, Ticket

_GROUPED = frozenset({SystemField.GROUP, SystemField.TIER})
"""Both are the group at the helpdesk, so what is restored is the group."""
# https://support.zendesk.com/hc/en-us/articles/4408894213018
_NO_PRIORITY = Sentence("the ticket had no priority before, and no helpdesk empties one that was set")


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

    @property
    def afterwards(self) -> dict[Sentence, tuple[Citation, ...]]:
        """What the ticket has afterwards -> the clauses whose writes are taken back for it."""
        found: dict[Sentence, dict[Citation, None]] = {}
        for action in self.actions:
            found.setdefault(describe_undo(action), {})[action.cite] = None
        return {what: tuple(cites) for what, cites in found.items()}

    def note(self, who: str, language: str = "en") -> Say:
        """The note that tells the agents what a person had taken back: one, however often it was interrupted.

        ``language``: that of the agents.
        """
        key = f"undo/{sha256(' '.join(sorted(action.key for action in self.undone)).encode()).hexdigest()[:32]}"
        lines = [Sentence("%(person)s took back these changes that the policy made:", person=who)]
        lines += [_line(action.cite, describe_undo(action)) for action in self.distinct]
        if self.kept:
            lines += [Sentence("Not taken back:"), *(_line(kept.entry.cite, kept.because) for kept in self.kept)]
        text = "\n".join(said_in(language, line) for line in lines)
        cite, kind = self.undone[0].cite, MessageKind.INTERNAL_NOTE
        return Say(cite=cite, because=f"undone by {who}", kind=kind, key=key, template="undo", text=text)

    @property
    def distinct(self) -> list[Set | Clear]:
        """One action for each target: what was written several times is restored once."""
        return list({action.target: action for action in self.undone}.values())


def _line(cite: Citation, what: str) -> Sentence:
    return series([f"- {cite.clause}", what], ": ")


def describe_undo(action: Set | Clear) -> Sentence:
    """What a ticket has after an undo."""
    target = target_words(action.target)
    match action:
        case Clear(target=Tag()):
            return Sentence("%(target)s removed", target=target)
        case Clear():
            return Sentence("%(target)s empty again", target=target)
        case Set(target=Tag()):
            return Sentence("%(target)s added again", target=target)
        case Set():
            return Sentence("%(target)s %(value)s again", target=target, value=action.value)


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
        return Sentence(
            "%(target)s was written again later, under %(clause)s",
            target=target_words(target),
            clause=last.cite.clause,
        )
    if ticket.ending and ticket.ending.into:
        return Sentence("the ticket was merged into #%(ticket)s and cannot be changed", ticket=ticket.ending.into)
    if ticket.status is Status.CLOSED or ticket.ending:
        return Sentence("the ticket is closed and cannot be changed")
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
    described = target_words(target)
    actual = actual_value(ticket, target)
    if not has_value(ticket, target, _written(last)):
        present = Sentence("empty") if actual is None else actual
        return Sentence("%(target)s is %(value)s now: it was changed since", target=described, value=present)
    names = ("group", "tier") if target in _GROUPED else (timeline_name(target, ticket),)
    since = last.at.replace(microsecond=0)
    changes = [change for name in names for change in ticket.changes(name) if change.at >= since]
    theirs = [change for change in changes if change.actor.role is not Role.BRIDGE and _concerns(change, target)]
    return Sentence("%(target)s was changed by somebody else since", target=described) if theirs else ""


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
    ours = [change for change in ticket.changes(timeline_name(target, ticket)) if first.key in change.keys]
    if ours:
        return target, ours[0].old
    return Sentence("%(target)s: what was there before is not on record", target=target_words(target))


def _restore(entry: LedgerEntry, target: Target, value: FactValue) -> Set | Clear:
    cited = {"cite": entry.cite, "because": "undone", "key": f"{entry.key}{UNDONE}"}
    if value is None:
        return Clear.model_validate({**cited, "target": target})
    return Set.model_validate({**cited, "target": target, "value": value})


def _written(entry: LedgerEntry) -> FactValue:
    return entry.action.value if isinstance(entry.action, Set) else None
