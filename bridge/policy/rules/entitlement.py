"""Entitlement: contacts, languages and the support period of an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator

from bridge.policy.calendars.duration import ElapsedText
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import ClauseId, RoleName, TagName, TemplateName


def _plain_language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise ValueError("allowed: a language without a country, such as en or de")
    return text


PlainLanguage = Annotated[str, AfterValidator(_plain_language)]
"""A language as it is recognized in texts."""


class ContactListRule(Rule):
    """Only named contacts of the account may contact support; without a list, anybody may."""

    tag: TagName
    message: TemplateName | None = None
    """Template of a public message to the requester."""
    note: TemplateName | None = None
    changes_clause: ClauseId | None = None
    """Clause on changes of the list, where it is another one: the list counts as it is at each look."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        contacts, requester = context.account.contacts, context.ticket.requester.email.lower()
        unlisted = contacts is not None and requester not in contacts
        because = self._because(context, unlisted=unlisted)
        yield context.applied("contact list", clause=self.clause, applied=unlisted, because=because)
        if not unlisted:
            return
        since = context.ticket.created_at
        if self.changes_clause:
            named = (
                f"{len(contacts or ())} contacts on the current list; a change of the list applies at the next review"
            )
            yield context.finding("contact_list", clause=self.changes_clause, because=named)
        yield context.tag(self.tag, clause=self.clause, since=since, because=because)
        if self.message and context.is_open:
            yield context.message(self.message, clause=self.clause, since=since, because=because)
        if self.note:
            yield context.note(self.note, clause=self.clause, since=since, because=because)

    def _because(self, context: Context, *, unlisted: bool) -> str:
        if context.account.contacts is None:
            return "the account has no contact list"
        whose = context.account.name or Sentence("the account")
        who = context.ticket.requester.email or Sentence("the requester")
        if unlisted:
            return Sentence("%(person)s is not a contact of %(account)s", person=who, account=whose)
        return f"{who} is a contact of {whose}"


class LanguageRule(Rule):
    """The languages in which tickets are handled."""

    languages: tuple[PlainLanguage, ...]
    tag: TagName

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        agreed = {*self.languages, *context.account.agreed_languages}
        text = context.languages.of_text
        foreign = bool(context.languages.of_ticket - agreed) or (bool(text) and text.isdisjoint(agreed))
        spoken = " and ".join(sorted(context.languages.of_ticket)) or " or ".join(sorted(text)) or "not known"
        because = f"the language is {spoken}; agreed: {', '.join(sorted(agreed))}"
        yield context.applied("language", clause=self.clause, applied=foreign, because=because)
        if foreign:
            yield context.tag(self.tag, clause=self.clause, since=context.ticket.created_at, because=because)


class RenewalNotice(PackPart):
    """Notice that a support period is about to end."""

    before: Annotated[ElapsedText, StepTime()]
    tag: TagName
    notify: tuple[RoleName, ...] = ()
    if_late: Literal["act", "skip"] = "act"
    """Of its notifications."""


class SupportPeriodRule(Rule):
    """The support period of a contract, up to and including its last day."""

    expired_tag: TagName
    note: TemplateName
    if_late: Literal["act", "skip"] = "act"
    """Of the note."""
    renewal: RenewalNotice | None = None
    open_tickets: Literal["end", "go_on"] = "end"
    """Of tickets that were opened before the end and are open after it: ``go_on``, until they are solved."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        last, end, goes_on = self._last_day(context), self._end(context), self._goes_on(context)
        because = Sentence("support ends %(day)s", day=last) if last else "the account has no end date of support"
        because = f"{because}; the ticket was opened before and is still served" if goes_on else because
        expired = end is not None and end <= context.now and not goes_on
        yield context.applied("support period", clause=self.clause, applied=expired, because=because)
        if last is None or end is None:
            return
        since = context.open_from(end)
        if end > context.now:
            yield Wake(end)
        elif since and not goes_on:
            yield context.tag(self.expired_tag, clause=self.clause, since=since, because=because)
            note = context.note(self.note, clause=self.clause, since=since, because=because)
            yield from TimedStep(since, self.if_late).limit(context, [note])
        if self.renewal:
            yield from self._renew(context, self.renewal, last, end)

    def _last_day(self, context: Context) -> date | None:
        return context.account.support.ends if context.account.support else None

    def covered_until(self, context: Context) -> datetime | None:
        """The end of coverage: the first instant that is not covered, or None."""
        return None if self._goes_on(context) else self._end(context)

    def _goes_on(self, context: Context) -> bool:
        """Whether the ticket is served beyond the end."""
        end = self._end(context)
        return self.open_tickets == "go_on" and end is not None and context.fetched.created_at < end

    def _end(self, context: Context) -> datetime | None:
        last = self._last_day(context)
        return _midnight(context, last + timedelta(days=1)) if last else None

    def _renew(self, context: Context, renewal: RenewalNotice, last: date, end: datetime) -> Iterator[RuleOutcome]:
        """Due on tickets that are open between the notice and the end."""
        due = _midnight(context, last - renewal.before)
        if due > context.now:
            yield Wake(due)
            return
        because = Sentence("support ends %(day)s, in less than %(time)s", day=last, time=renewal.before)
        since = context.open_from(due)
        applies = since is not None and since < end
        yield context.applied("renewal", clause=self.clause, applied=applies, because=because)
        if since is None or not applies:
            return
        yield context.tag(renewal.tag, clause=self.clause, since=since, because=because)
        notifications = context.notify(renewal.notify, clause=self.clause, since=since, because=because)
        yield from TimedStep(since, renewal.if_late).limit(context, notifications)


def _midnight(context: Context, day: date) -> datetime:
    """When a day of the account begins."""
    return datetime.combine(day, time.min, context.zone).astimezone(UTC)


class ContractTermsRule(Rule):
    """Terms of a customer's contract that replace those of the document; the explanation lists them."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        account = context.account
        terms = {"business hours": account.calendar, "languages": account.agreed_languages}
        replaced = [*sorted(account.overrides), *(name for name, agreed in terms.items() if agreed)]
        whose = account.name or "the account"
        because = (
            f"the contract of {whose} replaces {', '.join(replaced)}"
            if replaced
            else "the account has no terms of its own"
        )
        yield context.applied("contract terms", clause=self.clause, applied=bool(replaced), because=because)
