"""Entitlement: who may ask, in which language, and for how long a contract covers it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import get_args

from bridge.account import Onboarding as OnboardingStage
from bridge.policy.case import Case, Outcome, PackPart, Rule, Wake
from bridge.policy.duration import ElapsedText, in_words


class ContactList(Rule):
    """Only named contacts of the account may ask; without a list everybody may."""

    tag: str
    message: str | None = None
    """Template of a public message to the requester."""
    note: str | None = None

    def judge(self, case: Case) -> Iterator[Outcome]:
        contacts, requester = case.account.contacts, case.ticket.requester.email.lower()
        unlisted = contacts is not None and requester not in contacts
        because = self._because(case, unlisted=unlisted)
        yield case.applied("contact list", clause=self.clause, applied=unlisted, because=because)
        if not unlisted:
            return
        since = case.ticket.created_at
        yield case.tag(self.tag, clause=self.clause, since=since, because=because)
        if self.message and case.is_open:
            yield case.message(self.message, clause=self.clause, since=since, because=because)
        if self.note:
            yield case.note(self.note, clause=self.clause, since=since, because=because)

    def _because(self, case: Case, *, unlisted: bool) -> str:
        if case.account.contacts is None:
            return "the account keeps no list of contacts"
        whose = case.account.name or "the account"
        return f"{case.ticket.requester.email or 'the requester'} is {'not ' if unlisted else ''}a contact of {whose}"


class Language(Rule):
    """The languages in which tickets are handled."""

    languages: tuple[str, ...]
    tag: str

    def judge(self, case: Case) -> Iterator[Outcome]:
        agreed = {*self.languages, *case.account.agreed_languages}
        foreign = bool(case.languages - agreed)
        spoken = " and ".join(sorted(case.languages)) or "not known"
        because = f"language is {spoken}, agreed: {', '.join(sorted(agreed))}"
        yield case.applied("language", clause=self.clause, applied=foreign, because=because)
        if foreign:
            yield case.tag(self.tag, clause=self.clause, since=case.ticket.created_at, because=because)


class Renewal(PackPart):
    """Notice that a support period is about to end."""

    before: ElapsedText
    tag: str
    notify: tuple[str, ...] = ()


class SupportPeriod(Rule):
    """The contract covers tickets until its last day, which is still covered."""

    expired_tag: str
    note: str
    renewal: Renewal | None = None

    def judge(self, case: Case) -> Iterator[Outcome]:
        end = self.ends_at(case)
        because = f"support ends {end - timedelta(days=1):%Y-%m-%d}" if end else "the account has no end of support"
        expired = end is not None and end <= case.now
        yield case.applied("support period", clause=self.clause, applied=expired, because=because)
        if end is None:
            return
        if expired:
            yield case.tag(self.expired_tag, clause=self.clause, since=end, because=because)
            yield case.note(self.note, clause=self.clause, since=end, because=because)
            return
        yield Wake(end)
        yield from self._renewal(case, end, because)

    def ends_at(self, case: Case) -> datetime | None:
        """The first instant that is no longer covered, or None."""
        last = case.account.support.ends if case.account.support else None
        if last is None:
            return None
        return datetime.combine(last + timedelta(days=1), datetime.min.time(), case.zone)

    def _renewal(self, case: Case, end: datetime, because: str) -> Iterator[Outcome]:
        if self.renewal is None:
            return
        day = (end - timedelta(days=1)).date() - self.renewal.before
        due = datetime.combine(day, datetime.min.time(), case.zone)
        if due > case.now:
            yield Wake(due)
            return
        yield case.applied(
            "renewal", clause=self.clause, applied=True, because=f"within {in_words(self.renewal.before)}"
        )
        since = max(due, case.ticket.created_at)
        yield case.tag(self.renewal.tag, clause=self.clause, since=since, because=because)
        for role in self.renewal.notify:
            yield from case.notify(role, clause=self.clause, since=since, because=because)


class Onboarding(Rule):
    """Tickets of accounts that have not got so far in their onboarding are marked."""

    before: OnboardingStage
    tag: str

    def judge(self, case: Case) -> Iterator[Outcome]:
        order = get_args(OnboardingStage)
        stage = case.account.onboarding
        early = stage is not None and order.index(stage) < order.index(self.before)
        because = f"onboarding is at {str(stage).replace('_', ' ')}" if stage else "the account has no onboarding stage"
        yield case.applied("onboarding", clause=self.clause, applied=early, because=because)
        if early:
            yield case.tag(self.tag, clause=self.clause, since=case.ticket.created_at, because=because)


class ContractTerms(Rule):
    """A customer's contract replaces the document; the decision says which of its terms it used."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        replaced = sorted(case.account.overrides) + (["business hours"] if case.account.calendar else [])
        whose = case.account.name or "the account"
        because = f"the contract of {whose} replaces {', '.join(replaced)}" if replaced else "no terms of its own"
        yield case.applied("contract terms", clause=self.clause, applied=bool(replaced), because=because)
