"""Contracts over time: what an account was promised before its contract changed, for one ticket.

A changed contract counts from the review that first sees it, like an edited policy with ``change: from_cutover``:
clocks that run come to their end under the contract of before, and nothing becomes overdue because of the change.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from bridge.account import Account
from bridge.ports.versions import Contract
from bridge.ticket import Actor, Changed, Role, Ticket

_TERMS = {"agreed_languages", "calendar", "onboarding", "overrides", "plan", "support", "time_zone"}
_SYSTEM = Actor(role=Role.SYSTEM)


def contracts_over_time(
    known: Sequence[Contract], ticket: Ticket, account: Account, now: datetime
) -> tuple[Contract, ...]:
    """The contracts of a ticket's account, the present one last."""
    terms = _terms(ticket, account)
    if not known:
        return (Contract(terms),)
    return tuple(known) if known[-1].terms == terms else (*known, Contract(terms, now.replace(microsecond=0)))


def account_under(contract: Contract, ticket: Ticket, account: Account) -> Account:
    """The account of a ticket as a former contract had it."""
    terms = json.loads(contract.terms)
    match terms.pop("is_contact"):
        case None:
            contacts = None
        case is_contact:
            others = (account.contacts or frozenset()) - {_requester(ticket)}
            contacts = others | {_requester(ticket)} if is_contact else others
    former = Account.model_validate(terms)
    return account.model_copy(update={name: getattr(former, name) for name in _TERMS} | {"contacts": contacts})


def with_plan_changes(ticket: Ticket, contracts: Sequence[Contract]) -> Ticket:
    """The ticket with the changes of its account's plan in their places."""
    plans = [(contract.since, json.loads(contract.terms).get("plan")) for contract in contracts]
    changes = [
        Changed(at=since, actor=_SYSTEM, observed=True, field="plan", old=old, new=new)
        for (_, old), (since, new) in pairwise(plans)
        if since and old != new
    ]
    if not changes:
        return ticket
    entries = (*without_plan_changes(ticket, contracts).timeline, *changes)
    return ticket.model_copy(update={"timeline": tuple(sorted(entries, key=lambda each: each.at))})


def without_plan_changes(ticket: Ticket, contracts: Sequence[Contract]) -> Ticket:
    """The ticket as the helpdesk knows it, which keeps no plans."""
    made = {contract.since for contract in contracts}
    entries = tuple(e for e in ticket.timeline if not (isinstance(e, Changed) and e.field == "plan" and e.at in made))
    return ticket if len(entries) == len(ticket.timeline) else ticket.model_copy(update={"timeline": entries})


def _terms(ticket: Ticket, account: Account) -> str:
    """What a contract says that policies read; of its contacts, whether the requester is one."""
    terms = account.model_dump(mode="json", include=_TERMS, exclude_defaults=True)
    is_contact = None if account.contacts is None else _requester(ticket) in account.contacts
    return json.dumps(terms | {"is_contact": is_contact}, sort_keys=True)


def _requester(ticket: Ticket) -> str:
    return ticket.requester.email.lower()
