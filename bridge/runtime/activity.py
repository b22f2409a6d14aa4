"""Activity: what the bridge wrote since an instant, action by action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from bridge.decision import Action, Say
from bridge.decision.kinds import ActionKind
from bridge.errors import InputError
from bridge.explain.action_list import ListedAction
from bridge.runtime.known_names import check_account, check_clause
from bridge.store import SqlStore
from bridge.store.activity import WrittenPlan


@dataclass(frozen=True)
class ActivityFilter:
    """Which actions are wanted; what is None does not matter."""

    since: datetime
    clause: str | None = None
    account: str | None = None
    """The name of the customer or the key of the account, in any case of letters."""
    kind: ActionKind | None = None

    def admits(self, listed: ListedAction) -> bool:
        """Whether an action is wanted."""
        wanted: tuple[tuple[str | None, tuple[str, ...]], ...] = (
            (self.clause, (listed.action.cite.clause,)),
            (self.account, (listed.account, listed.account_key)),
            (self.kind, (listed.kind,)),
        )
        return all(each is None or each.casefold() in map(str.casefold, found) for each, found in wanted)


def parse_kind(text: str | None, name: str) -> ActionKind | None:
    """The kind that somebody named. Raises ``InputError``."""
    if not text:
        return None
    if text not in list(ActionKind):
        raise InputError(f"{name}: found {text!r}; allowed: {', '.join(ActionKind)}")
    return ActionKind(text)


def activity(store: SqlStore, wanted: ActivityFilter, clauses: Iterable[str] = ()) -> Iterator[ListedAction]:
    """What was written since an instant, oldest first.

    At the end comes what a killed process wrote without recording its review: it stands in the ledger alone. Raises
    ``Unknown`` where nothing is found because nobody knows the account or the clause: neither the records nor
    ``clauses``, those of the configured policies.
    """
    listed = _activity(store, wanted)
    if first := next(listed, None):
        return chain([first], listed)
    if wanted.account is not None:
        check_account(store, wanted.account)
    if wanted.clause is not None:
        check_clause(store, wanted.clause, clauses)
    return listed


def _activity(store: SqlStore, wanted: ActivityFilter) -> Iterator[ListedAction]:
    found = (each for written in store.plans_written_since(wanted.since) for each in _listed(store, written))
    yield from filter(wanted.admits, found)
    for ref, action, at in store.effects_without_review(wanted.since):
        entry = store.queue_entry(ref)
        key = (entry and entry.account) or ""
        if wanted.admits(listed := ListedAction(ref, action, at, account=key, account_key=key)):
            yield listed


def _listed(store: SqlStore, written: WrittenPlan) -> Iterator[ListedAction]:
    """The actions of a plan that were carried out."""
    was_done = _carried_out(store, written)
    for action in written.plan.permitted.actions:
        if was_done(action):
            yield ListedAction(
                written.ref,
                action,
                written.at,
                written.subject,
                written.account,
                written.account_key,
                written.status,
                written.review,
            )


def _carried_out(store: SqlStore, written: WrittenPlan) -> Callable[[Action], bool]:
    """Whether a review carried out an action, by what the ledger holds now.

    A value may have been written again by a later review, under the same key; a message is sent once, so that review
    counts which the ledger names.
    """
    entries = {entry.key: (entry, review) for entry, review in store.ledger_with_reviews(written.ref)}

    def was_done(action: Action) -> bool:
        entry, review = entries.get(action.key, (None, ""))
        if review == written.review or isinstance(action, Say) or entry is None:
            return review == written.review and entry is not None and entry.confirmed
        return f"{action.key}: " not in written.detail

    return was_done
