"""Notifications of roles: whom a role names, and what is said on which kind of channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge.decision import Clock, DesiredValue, DueMessage, MessageKind
from bridge.decision.display import role_title, role_titles
from bridge.decision.effects import ChannelText
from bridge.policy.evaluation.outcomes import OutcomeBuilder, RuleOutcome
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.evaluation.template import CHANNEL_TEXT, SUBJECT
from bridge.policy.evaluation.texts import deadline_words

ASSIGNEE = "assignee"
"""The role whose contact is the ticket's assignee."""
_UNASSIGNED = "the ticket has no assignee"


def _unreached(role: str) -> Sentence:
    """What a notification says that nobody receives."""
    if role == ASSIGNEE:
        return Sentence("The ticket has no assignee, so nobody was notified.")
    return Sentence("No contact is configured for the role %(role)s, so nobody was notified.", role=role_title(role))


class NotificationBuilder(OutcomeBuilder):
    """Builds what rules yield, notifications included; the base of the context."""

    def notify(
        self,
        roles: tuple[str, ...],
        *,
        clause: str,
        since: datetime,
        because: str,
        step: str = "",
        due: datetime | None = None,
        clock: Clock | None = None,
    ) -> Iterator[RuleOutcome]:
        """Notifications of roles, due with the occasion or at ``due``; a role without a contact is marked as such.

        ``roles`` is a tuple, so that the type checker refuses a single name, which would be read letter by letter.
        ``clock``: the one that it is about; None: the one that is due next.
        """
        words: dict[str, Any] = {
            "clause": clause,
            "reason": because,
            **(deadline_words(clock) if clock else {}),
        }
        for role in roles:
            also = role_titles(other for other in roles if other != role) or Sentence("nobody else")
            filled = words | {"role": self._role_word(role), "also_notified": also}
            yield from self._notification(role, filled, clause, since, step, due or since)

    def _notification(
        self, role: str, words: dict[str, Any], clause: str, since: datetime, step: str, due_at: datetime
    ) -> Iterator[RuleOutcome]:
        because, address = words["reason"], self.address(role, due_at)
        rendered = self.render("notify", **words)
        channels = [name for name in self.policy.templates if name.startswith(CHANNEL_TEXT) and name != SUBJECT]
        yield from self.unresolved(role, clause=clause, since=due_at)
        text = rendered.text if address else f"{rendered.text.rstrip()}\n\n{self.said(_unreached(role))}"
        yield DueMessage(
            cite=self.cite(clause),
            because=because,
            kind=MessageKind.NOTIFY,
            template=role,
            text=text,
            links=rendered.links,
            to=(address,) if address else (),
            due_at=due_at,
            key=self.key(clause, since, f"notify:{role}{step and f':{step}'}"),
            subject=self.render(SUBJECT, **words).text if SUBJECT in self.policy.templates else "",
            channels=tuple(self._channel_text(name, words) for name in channels),
        )

    def _role_word(self, role: str) -> str:
        """A role as the pack's texts write it: the pack's word where it has one, else its title."""
        own = self.policy.translated_words.get(self.policy.language_of_templates, {})
        return own.get(role.replace("_", " ")) or role_title(role)

    def _channel_text(self, template: str, words: dict[str, Any]) -> ChannelText:
        rendered = self.render(template, **words)
        return ChannelText(channel=template.removeprefix(CHANNEL_TEXT), text=rendered.text, links=rendered.links)

    def unresolved(self, role: str, *, clause: str, since: datetime) -> Iterator[DesiredValue]:
        """The mark of a notification whose role nobody fills."""
        if not self.address(role, since):
            because = _UNASSIGNED if role == ASSIGNEE else f"no contact is configured for role {role_title(role)}"
            yield self.tag("role_unresolved", clause=clause, since=since, because=because)

    def address(self, role: str, at: datetime) -> str:
        """The contacts of a role at an instant; empty if there are none."""
        if role == ASSIGNEE:
            return str(self.ticket.value_at("assignee", at) or "")
        of_plan = self.policy.plan_roles.get(str(self.lookup("plan", at)), {}) if self.policy.plan_roles else {}
        return self.account.roles.get(role) or of_plan.get(role) or self.policy.roles.get(role, "")
