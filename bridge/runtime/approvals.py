"""Answers given to the bridge itself: links that ask for them, and their place in a ticket's timeline.

A link is a signed sentence: who is asked what, on which ticket, since when, until when. It is the same each time it is
made, so that a message that is sent again carries the same link, and it can be used once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeSerializer

from bridge.account import Account
from bridge.config.settings import Settings
from bridge.decision import Action, Plan, Say
from bridge.policy.evaluation.context import Context
from bridge.policy.model import APPROVAL_LINK, CONFIRMATION_LINK, Policy
from bridge.policy.rules.approval_request import RESOLUTION, ApprovalRequest, approval_requests, resolution_request
from bridge.ports.approvals import RecordedApproval
from bridge.ticket import Actor, Approval, Confirmation, Role, Ticket, TicketRef, TimelineEntry

VALID_FOR = timedelta(days=14)
"""How long a link can be used after its question was put."""
PATH = "/approve/"


@dataclass(frozen=True)
class Asked:
    """What a link says."""

    ref: TicketRef
    gate: str
    opened: datetime
    addressee: str
    """Address of the one person whose answer it carries."""
    expires: datetime

    @property
    def id(self) -> str:
        """The same for every link to this question and this person."""
        words = (str(self.ref), self.gate, self.opened.isoformat(), self.addressee)
        return sha256("\n".join(words).encode()).hexdigest()

    def answered(self, at: datetime, *, granted: bool, remarks: str) -> RecordedApproval:
        """The answer through this link. Whole seconds, as vendors keep them, and never before the question."""
        at = max(at.replace(microsecond=0), self.opened)
        return RecordedApproval(
            self.id, self.ref, self.gate, granted, self.addressee, at, remarks=remarks, opened=self.opened
        )


@dataclass(frozen=True)
class Links:
    """Makes and reads the links of one installation."""

    public_url: str
    """``https://host`` under which customers reach this installation."""
    secret_key: str

    def url(self, asked: Asked) -> str:
        """The address of the page on which the question is answered."""
        words = [asked.ref.connection, asked.ref.id, asked.gate, asked.addressee]
        moments = [int(at.timestamp()) for at in (asked.opened, asked.expires)]
        return f"{self.public_url}{PATH}{self._signer.dumps([*words, *moments])}"

    def read(self, token: str) -> Asked | None:
        """What a link says; None when it was not signed with our key, or is not letter by letter what we sent."""
        try:
            connection, ident, gate, addressee, opened, expires = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            return None
        ref = TicketRef(connection=connection, id=ident)
        asked = Asked(ref, gate, _instant(opened), addressee, _instant(expires))
        # the last letter of base64 has bits that mean nothing: another one there would pass for the same signature
        return asked if self.url(asked).endswith(f"{PATH}{token.rstrip('=')}") else None

    @property
    def _signer(self) -> URLSafeSerializer:
        keyed = {"digest_method": sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(self.secret_key, salt="policybridge approval", signer_kwargs=keyed)


def links_of(settings: Settings) -> Links | None:
    """The links of an installation; None where no address or no key is configured."""
    if settings.public_url is None or settings.secret_key is None:
        return None
    return Links(settings.public_url, settings.secret_key.get_secret_value())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def with_links(plan: Plan, links: Links | None, context: Context) -> Plan:
    """A plan whose messages carry their links; a sentence whose link cannot be made is left out."""
    return plan.model_copy(update={"actions": tuple(_linked(action, links, context) for action in plan.actions)})


def _linked(action: Action, links: Links | None, context: Context) -> Action:
    if not isinstance(action, Say):
        return action
    text = action.text
    if APPROVAL_LINK in text:
        text = _put_in(text, APPROVAL_LINK, _asked_by(action, context), links, context)
    if CONFIRMATION_LINK in text:
        text = _put_in(
            text, CONFIRMATION_LINK, resolution_request(context) if action.is_public else None, links, context
        )
    return action if text == action.text else action.model_copy(update={"text": text})


def _put_in(text: str, mark: str, question: ApprovalRequest | None, links: Links | None, context: Context) -> str:
    asked = _asked(question, context) if question else None
    return text.replace(mark, links.url(asked)) if asked and links else without_sentence(text, mark)


def _asked_by(message: Say, context: Context) -> ApprovalRequest | None:
    """The open question that a message puts to the customer."""
    if not message.is_public:
        return None
    found = (q for q in approval_requests(context) if q.ended is None and q.clause == message.cite.clause)
    return next((question for question in found if question.template == message.template), None)


def _asked(question: ApprovalRequest, context: Context) -> Asked | None:
    """What a link to this question says; None where the message does not reach who may answer it.

    The message goes to the requester, so no link may speak for anybody else.
    """
    addressee = context.ticket.requester.email.lower()
    if not addressee or (question.approver == "management" and addressee not in context.account.management):
        return None
    opened = question.opened.replace(microsecond=0)
    return Asked(context.ticket.ref, question.gate, opened, addressee, opened + VALID_FOR)


def without_sentence(text: str, mark: str) -> str:
    """A text without the sentences that hold a mark; a paragraph of such sentences alone goes as a whole."""
    sentence = rf"(?:(?<=[.!?])[ \t]*\n?|(?<=\n\n)|\A)[^.!?]*?{re.escape(mark)}[^.!?\n]*[.!?]?"
    paragraphs = (re.sub(sentence, "", part).strip() if mark in part else part for part in text.split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part)


def standing(asked: Asked, context: Context) -> ApprovalRequest | None:
    """The question of a link, while it waits for an answer; None when there is none, or another one was put since."""
    waiting = (question for question in _put(asked.gate, context, context.now) if question.ended is None)
    return next((question for question in waiting if _is_about(asked.opened, question)), None)


def _put(gate: str, context: Context, at: datetime) -> list[ApprovalRequest]:
    """The questions of a name; whether a case is resolved is asked anew in each status."""
    if gate == RESOLUTION:
        return [question for question in (resolution_request(context, at),) if question]
    return [question for question in approval_requests(context) if question.gate == gate]


def _is_about(opened: datetime, question: ApprovalRequest) -> bool:
    begun = question.opened.replace(microsecond=0)
    return begun <= opened if question.gate == RESOLUTION else begun == opened


def with_answers(
    ticket: Ticket, answers: list[RecordedApproval], account: Account, policy: Policy, now: datetime
) -> Ticket:
    """The ticket with the answers given to the bridge in their places in the timeline.

    An answer through a link counts for the very question it was about: what was put to the customer anew has to be
    answered anew.
    """
    for answer in sorted(answers, key=lambda answer: (answer.at, answer.id)):
        if answer.opened is None or _is_current(answer, answer.opened, Context(ticket, account, policy, now)):
            ticket = _inserted(ticket, _entry(answer))
    return ticket


def _is_current(answer: RecordedApproval, opened: datetime, context: Context) -> bool:
    put = _put(answer.gate, context, answer.at)
    return any(_is_about(opened, question) and question.stands(answer.at) for question in put)


def _entry(answer: RecordedApproval) -> Approval | Confirmation:
    actor = Actor(role=Role.CUSTOMER, email=answer.by, name=answer.name)
    if answer.gate == RESOLUTION:
        return Confirmation(at=answer.at, actor=actor)
    return Approval(at=answer.at, actor=actor, gate=answer.gate, granted=answer.granted, remarks=answer.remarks)


def _inserted(ticket: Ticket, entry: TimelineEntry) -> Ticket:
    """The ticket with one more entry; of the same second what the vendor says comes first."""
    timeline = tuple(sorted((*ticket.timeline, entry), key=lambda each: each.at))
    return Ticket(**{name: getattr(ticket, name) for name in Ticket.model_fields} | {"timeline": timeline})
