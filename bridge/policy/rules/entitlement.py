"""Entitlement: who may ask, in which language, and for how long a contract covers it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from bridge.policy.calendars.duration import ElapsedText, in_words
from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.misfire import Due
from bridge.policy.evaluation.rule import Outcome, PackPart, Rule, Wake


class ContactList(Rule):
    """Only named contacts of the account may ask; without a list everybody may."""

    tag: str
    message: str | None = None
    """Template of a public message to the requester."""
    note: str | None = None
    changes_clause: str | None = None
    """Clause on changes of the list, where it is another one: the list counts as it is at each look."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        contacts, requester = case.account.contacts, case.ticket.requester.email.lower()
        unlisted = contacts is not None and requester not in contacts
        because = self._because(case, unlisted=unlisted)
        yield case.applied("contact list", clause=self.clause, applied=unlisted, because=because)
        if not unlisted:
            return
        since = case.ticket.created_at
        if self.changes_clause:
            named = f"{len(contacts or ())} named as the list stands now; a changed list is taken up at once"
            yield case.finding("contact_list", clause=self.changes_clause, because=named)
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
        text = case.text_languages
        foreign = bool(case.languages - agreed) or (bool(text) and text.isdisjoint(agreed))
        spoken = " and ".join(sorted(case.languages)) or " or ".join(sorted(text)) or "not known"
        because = f"language is {spoken}, agreed: {', '.join(sorted(agreed))}"
        yield case.applied("language", clause=self.clause, applied=foreign, because=because)
        if foreign:
            yield case.tag(self.tag, clause=self.clause, since=case.ticket.created_at, because=because)


class Renewal(PackPart):
    """Notice that a support period is about to end."""

    before: ElapsedText
    tag: str
    notify: tuple[str, ...] = ()
    late: Literal["fire", "skip"] = "fire"
    """Of its notifications."""


class SupportPeriod(Rule):
    """The contract covers tickets until its last day, which is still covered."""

    expired_tag: str
    note: str
    late: Literal["fire", "skip"] = "fire"
    """Of the note."""
    renewal: Renewal | None = None

    def judge(self, case: Case) -> Iterator[Outcome]:
        last, end = self._last_day(case), self.ends_at(case)
        because = f"support ends {last}" if last else "the account has no end of support"
        expired = end is not None and end <= case.now
        yield case.applied("support period", clause=self.clause, applied=expired, because=because)
        if last is None or end is None:
            return
        since = case.open_from(end)
        if not expired:
            yield Wake(end)
        elif since:
            yield case.tag(self.expired_tag, clause=self.clause, since=since, because=because)
            note = case.note(self.note, clause=self.clause, since=since, because=because)
            yield from Due(since, self.late).speaks(case, [note])
        if self.renewal:
            yield from self._renew(case, self.renewal, last, end)

    def _last_day(self, case: Case) -> date | None:
        return case.account.support.ends if case.account.support else None

    def ends_at(self, case: Case) -> datetime | None:
        """The first instant that is no longer covered, or None."""
        last = self._last_day(case)
        return _midnight(case, last + timedelta(days=1)) if last else None

    def _renew(self, case: Case, renewal: Renewal, last: date, end: datetime) -> Iterator[Outcome]:
        """Due on tickets that are open between the notice and the end."""
        due = _midnight(case, last - renewal.before)
        if due > case.now:
            yield Wake(due)
            return
        because = f"support ends {last}, within {in_words(renewal.before)}"
        since = case.open_from(due)
        applies = since is not None and since < end
        yield case.applied("renewal", clause=self.clause, applied=applies, because=because)
        if since is None or not applies:
            return
        yield case.tag(renewal.tag, clause=self.clause, since=since, because=because)
        for role in renewal.notify:
            told = case.notify(role, clause=self.clause, since=since, because=because)
            yield from Due(since, renewal.late).speaks(case, told)


def _midnight(case: Case, day: date) -> datetime:
    """When a day of the account begins."""
    return datetime.combine(day, time.min, case.zone).astimezone(UTC)


class ContractTerms(Rule):
    """A customer's contract replaces the document; the decision says which of its terms it used."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        account = case.account
        terms = {"business hours": account.calendar, "languages": account.agreed_languages}
        replaced = [*sorted(account.overrides), *(name for name, agreed in terms.items() if agreed)]
        whose = account.name or "the account"
        because = f"the contract of {whose} replaces {', '.join(replaced)}" if replaced else "no terms of its own"
        yield case.applied("contract terms", clause=self.clause, applied=bool(replaced), because=because)
