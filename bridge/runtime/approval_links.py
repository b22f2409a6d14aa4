"""Approval links in messages: each is a signed statement of who is asked what, on which ticket, since and until when.

A link is the same each time it is made, so that a message that is sent again carries the same link, and it can be used
once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeSerializer

from bridge.config.settings import Settings
from bridge.decision import Action, Plan, Say
from bridge.decision.linked_text import FOR_AGENTS, LinkPurpose
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.approval_request import ApprovalRequest, approval_requests, resolution_request
from bridge.ports.approvals import RecordedApproval
from bridge.runtime.agent_links import AgentLinks
from bridge.runtime.retry import APPROVAL_LINK_VALID_D
from bridge.ticket import TicketRef

PATH = "/approve/"


@dataclass(frozen=True)
class ApprovalLink:
    """What a link says."""

    ref: TicketRef
    gate: str
    opened: datetime
    """When the approval was requested."""
    addressee: str
    """E-mail address of the one person who may use it."""
    expires: datetime

    @property
    def id(self) -> str:
        """The same for every link to this request and this person."""
        parts = (str(self.ref), self.gate, self.opened.isoformat(), self.addressee)
        return sha256("\n".join(parts).encode()).hexdigest()

    def approval(self, at: datetime, *, granted: bool, remarks: str) -> RecordedApproval:
        """The approval through this link. Whole seconds, as vendors keep them, and never before the request."""
        at = max(at.replace(microsecond=0), self.opened)
        return RecordedApproval(
            self.id, self.ref, self.gate, granted, self.addressee, at, remarks=remarks, opened=self.opened
        )


@dataclass(frozen=True)
class ApprovalLinks:
    """Makes and reads the links of one installation."""

    public_url: str
    """``https://host`` under which customers reach this installation."""
    secret_key: str

    def url(self, link: ApprovalLink) -> str:
        """The address of the page on which the request is answered."""
        texts = [link.ref.connection, link.ref.id, link.gate, link.addressee]
        instants = [int(at.timestamp()) for at in (link.opened, link.expires)]
        return f"{self.public_url}{PATH}{self._signer.dumps([*texts, *instants])}"

    def read(self, token: str) -> ApprovalLink | None:
        """What a link says; None when it was not signed with our key, or is not letter by letter what we sent."""
        try:
            connection, ident, gate, addressee, opened, expires = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            return None
        ref = TicketRef(connection=connection, id=ident)
        link = ApprovalLink(ref, gate, _instant(opened), addressee, _instant(expires))
        # the last letter of base64 has bits that mean nothing: another one there would pass for the same signature
        return link if self.url(link).endswith(f"{PATH}{token.rstrip('=')}") else None

    @property
    def _signer(self) -> URLSafeSerializer:
        keyed = {"digest_method": sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(self.secret_key, salt="policybridge approval", signer_kwargs=keyed)


def links_from(settings: Settings) -> ApprovalLinks | None:
    """The links of an installation; None where no address or no key is configured."""
    if settings.public_url is None or settings.secret_key is None:
        return None
    return ApprovalLinks(settings.public_url, settings.secret_key.get_secret_value())


def with_links(plan: Plan, links: ApprovalLinks | None, agent_links: AgentLinks, context: Context) -> Plan:
    """A plan whose messages carry their links; a sentence whose link cannot be made is left out."""

    def linked(action: Action) -> Action:
        if not isinstance(action, Say):
            return action

        def address(purpose: LinkPurpose) -> str | None:
            if purpose in FOR_AGENTS:
                return None if action.is_public else agent_links.url(purpose, context.ticket.ref)
            return _address(purpose, action, links, context)

        return _resolved(action, address)

    return plan.model_copy(update={"actions": tuple(map(linked, plan.actions))})


def _resolved(message: Say, address: Callable[[LinkPurpose], str | None]) -> Say:
    """A message with the addresses of its links, on every channel."""
    found = message.linked_text.resolved(address)
    channels = ((each, each.linked_text.resolved(address)) for each in message.channels)
    texts = tuple(each.model_copy(update={"text": text.text, "links": text.links}) for each, text in channels)
    return message.model_copy(update={"text": found.text, "links": found.links, "channels": texts})


def _address(purpose: LinkPurpose, message: Say, links: ApprovalLinks | None, context: Context) -> str | None:
    """The address of a link for customers; None where it cannot be made."""
    if not message.is_public or links is None:
        return None
    is_approval = purpose is LinkPurpose.APPROVAL
    request = _request_made_by(message, context) if is_approval else resolution_request(context)
    link = _link(request, context) if request else None
    return links.url(link) if link else None


def _request_made_by(message: Say, context: Context) -> ApprovalRequest | None:
    """The open request that a message makes to the customer."""
    found = (each for each in approval_requests(context) if each.ended is None and each.clause == message.cite.clause)
    return next((request for request in found if request.template == message.template), None)


def _link(request: ApprovalRequest, context: Context) -> ApprovalLink | None:
    """The link to a request; None where the message does not reach the person who may approve.

    The message goes to the requester, so no link may act for anybody else.
    """
    addressee = context.ticket.requester.email.lower()
    if not addressee or (request.approver == "management" and addressee not in context.account.management):
        return None
    opened = request.opened.replace(microsecond=0)
    expires = opened + timedelta(days=APPROVAL_LINK_VALID_D)
    return ApprovalLink(context.ticket.ref, request.gate, opened, addressee, expires)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
