"""What rules yield, and how it is built: wants, messages, notes, notifications, each with its clause and reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.decision import (
    TAG_PREFIX,
    Citation,
    Clock,
    DesiredValue,
    DueMessage,
    Finding,
    MessageKind,
    OnOverride,
    RuleResult,
    Severity,
    Tag,
    Target,
)
from bridge.decision.effects import recorded_value
from bridge.decision.targets import target_text
from bridge.policy.evaluation.made_once import citation, desired_value, rule_result, stamp
from bridge.policy.evaluation.texts import TextBuilder
from bridge.policy.evaluation.timeline_index import TimelineIndex


@dataclass(frozen=True)
class Wake:
    """The decision may change by itself at this instant."""

    at: datetime


RuleOutcome = DesiredValue | DueMessage | Clock | Finding | RuleResult | Wake
"""What a rule yields when it is evaluated."""


class OutcomeBuilder(TextBuilder):
    """Builds what rules yield about one ticket; the base of what builds notifications."""

    timeline: TimelineIndex

    def cite(self, clause: str) -> Citation:
        return citation(self.policy.pack, self.policy.version, clause)

    def key(self, clause: str, since: datetime, what: str) -> str:
        """The name of an occasion: what is said for which clause since when."""
        return f"{clause}/{stamp(since, since.tzinfo)}/{what}"

    def want(
        self,
        target: Target,
        value: bool | int | str | None,
        *,
        clause: str,
        since: datetime,
        because: str,
        to: tuple[str, ...] = (),
        shown: str = "",
        on_override: OnOverride = OnOverride.RESPECT,
    ) -> DesiredValue:
        """A target should hold a value since the occasion ``since``; None: it should be empty.

        ``shown``: what a text field shows people in its place.
        """
        key = self.key(clause, since, f"{target_text(target)}={recorded_value(value)}")
        return desired_value(self.cite(clause), because, target, value, since, key, to, shown, on_override)

    def tag(self, name: str, *, clause: str, since: datetime, because: str) -> DesiredValue:
        """A tag of the bridge should be on the ticket."""
        return self.want(Tag(f"{TAG_PREFIX}{name}"), True, clause=clause, since=since, because=because)

    def _due_message(
        self,
        kind: MessageKind,
        template: str,
        *,
        clause: str,
        since: datetime,
        because: str,
        step: int | str = 0,
        due: datetime | None = None,
        **values: object,
    ) -> DueMessage:
        """A text of the pack, said once for this occasion, due with it or at ``due``.

        ``step`` tells steps of one occasion apart.
        """
        is_public = kind is MessageKind.PUBLIC_MESSAGE
        rendered = self.render(template, is_mail=is_public, clause=clause, reason=because, **values)
        return DueMessage(
            cite=self.cite(clause),
            because=because,
            kind=kind,
            template=template,
            text=rendered.text,
            links=rendered.links,
            due_at=due or since,
            key=self.key(clause, since, f"{kind}:{step or template}"),
        )

    def message(
        self,
        template: str,
        *,
        clause: str,
        since: datetime,
        because: str,
        step: int | str = 0,
        due: datetime | None = None,
        gives_way: bool = True,
        **values: object,
    ) -> DueMessage:
        """A message to the customer, due with the occasion or at ``due``."""
        message = self._due_message(
            MessageKind.PUBLIC_MESSAGE,
            template,
            clause=clause,
            since=since,
            because=because,
            step=step,
            due=due,
            **values,
        )
        return message.model_copy(update={"gives_way": gives_way})

    def is_shown_on_ticket(self, key: str) -> bool:
        """Whether the ticket itself shows that something has been said or written."""
        return key in self.timeline.keys

    def note(
        self,
        template: str,
        *,
        clause: str,
        since: datetime,
        because: str,
        step: str = "",
        due: datetime | None = None,
        **values: object,
    ) -> DueMessage:
        """An internal note to the agents, due with the occasion or at ``due``."""
        return self._due_message(
            MessageKind.INTERNAL_NOTE,
            template,
            clause=clause,
            since=since,
            because=because,
            step=step,
            due=due,
            **values,
        )

    def remark(self, name: str, because: str, advice: str = "", *, clause: str, since: datetime) -> DueMessage:
        """An internal note whose text is the same in every policy; said once for the occasion ``since``."""
        text = self.said(because) + (f". {self.said(advice)}" if advice else "")
        return DueMessage(
            cite=self.cite(clause),
            because=f"{because}. {advice}" if advice else because,
            kind=MessageKind.INTERNAL_NOTE,
            template=name,
            text=f"{text[:1].upper()}{text[1:]}",
            due_at=since,
            key=self.key(clause, since, f"{MessageKind.INTERNAL_NOTE}:{name}"),
        )

    def finding(self, code: str, *, clause: str, because: str, severity: Severity = Severity.INFO) -> Finding:
        return Finding(cite=self.cite(clause), because=because, code=code, severity=severity)

    def applied(self, rule: str, *, clause: str, applied: bool, because: str) -> RuleResult:
        return rule_result(self.cite(clause), because, rule, applied=applied)
