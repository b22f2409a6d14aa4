"""Evaluates one ticket of the past: as the bridge would have, had it been connected for the whole period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.account import Account
from bridge.decision import Decision
from bridge.decision.kinds import ActionKind
from bridge.errors import BridgeError
from bridge.evaluate import applies
from bridge.explain import describe_action
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.agreement import Comparison, compared
from bridge.history.closings import unannounced_closings
from bridge.history.line import HistoryLine
from bridge.history.playback import Act, Governing, Playback
from bridge.history.problems import NOT_EVALUATED, HistoryProblem, in_order
from bridge.history.result import ActRow, TicketResult
from bridge.history.rows import clock_row_of, row_of
from bridge.history.unroll import at_creation, happenings
from bridge.policy.evaluation.adoption import InForce
from bridge.policy.model import Policy
from bridge.ticket import RESOLVED, Message, Role, Ticket

NativeClocks = Mapping[str, Mapping[str, str]]
"""Connection -> clock -> the metric of its SLA that means the same; the empty name stands for every connection."""


@dataclass(frozen=True)
class Period:
    """From when to when the past is evaluated; both instants belong to it."""

    start: datetime
    end: datetime

    def contains(self, ticket: Ticket) -> bool:
        """Whether a ticket was open at some time in it."""
        if ticket.created_at > self.end:
            return False
        if ticket.created_at >= self.start:
            return True
        statuses = ticket.history("status")
        return any(
            status not in RESOLVED and until > self.start
            for (_, status), until in zip(statuses, [*(at for at, _ in statuses[1:]), self.end], strict=True)
        )


@dataclass(frozen=True)
class PastEvaluator:
    """Evaluates tickets under policies of which the first that applies governs, and keeps the ticket."""

    policies: Sequence[Policy]
    """The higher precedence first."""
    period: Period
    native_clocks: NativeClocks = field(default_factory=dict)

    def evaluate(self, line: HistoryLine) -> TicketResult:
        """What would have been done on a ticket by the end of the period. Never raises: what failed is named."""
        ticket, problems = in_order(line.ticket)
        if not self.period.contains(ticket):
            problems = [*problems, HistoryProblem.NOT_IN_PERIOD]
        if NOT_EVALUATED.intersection(problems):
            return _unevaluated(line, problems)
        try:
            return self._evaluated(line, ticket, problems)
        except BridgeError as error:
            return _unevaluated(line, [*problems, HistoryProblem.FAILED], str(error))
        except Exception as error:  # a bug in one ticket takes no verdict from the others
            because = " ".join(f"{type(error).__name__}: {error}".split())
            return _unevaluated(line, [*problems, HistoryProblem.FAILED], f"{because}; please report this bug")

    def _evaluated(self, line: HistoryLine, ticket: Ticket, problems: Sequence[HistoryProblem]) -> TicketResult:
        until = self.period.end
        if ticket.ending and ticket.timeline:  # nothing is known of what came after
            until = min(until, ticket.timeline[-1].at)
        account = line.account and line.account.model_copy(update={"open_tickets": ()})
        rules = _Selection(self.policies)
        playback = Playback(
            helpdesk=InMemoryHelpdesk(at_creation(ticket), account),
            ticket=at_creation(ticket),
            rules=rules,
            happenings=list(happenings(ticket)),
            in_force=InForce(self.period.start),
            where=lambda now: f"{ticket.ref} at {now:%Y-%m-%dT%H:%M:%SZ}",
        )
        decision = playback.run(until)
        if rules.policy is None or decision is None:
            return _unevaluated(line, [*problems, HistoryProblem.NOT_GOVERNED])
        result = result_of(playback, rules.policy, decision)
        agreement = self._agreement(line, decision, rules.policy, account or Account())
        found = {
            "native": line.native,
            "agreement": agreement,
            "unannounced": unannounced_closings(ticket, rules.policy),
        }
        return result.model_copy(update={**found, "problems": tuple(problems)})

    def _agreement(
        self, line: HistoryLine, decision: Decision, policy: Policy, account: Account
    ) -> tuple[Comparison, ...]:
        """The clocks that mean the same as a metric of the helpdesk, beside it."""
        equal = {**self.native_clocks.get("", {}), **self.native_clocks.get(line.ticket.ref.connection, {})}
        policy = policy.for_account(account)
        names = {clock.calendar for clock in decision.clocks if clock.name in equal}
        always = frozenset(name for name in names if policy.calendar_for(name, account).always)
        return compared(decision.clocks, line.native, equal, line.ticket, always)


class _Selection:
    """The first policy that applies to a ticket; from then on it governs the ticket."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = policies
        self.policy: Policy | None = None

    def __call__(self, ticket: Ticket, account: Account | None, now: datetime) -> Governing | None:
        if self.policy is None:
            self.policy = next((each for each in self.policies if applies(each, ticket, account, now)), None)
            return Governing(self.policy) if self.policy else None
        return Governing(self.policy, writes=applies(self.policy, ticket, account, now))


def result_of(playback: Playback, policy: Policy, decision: Decision) -> TicketResult:
    """What came of a run that has ended with this decision."""
    ticket = playback.helpdesk.fetch(playback.ticket.ref)
    account = playback.helpdesk.account(ticket) or Account()
    fitted = policy.for_account(account)
    acts = [_act_row(act) for act in playback.acts]
    closed = next((act.at for act in playback.acts if act.kind is ActionKind.CLOSINGS), None)
    return TicketResult(
        ticket=str(ticket.ref),
        account=account.name or ticket.account or "",
        created_at=ticket.created_at,
        pack=decision.pack,
        version=decision.version,
        level=decision.level,
        status=ticket.status,
        clocks=tuple(clock_row_of(each, fitted.elapsed(each, account, decision.at)) for each in decision.clocks),
        timeline=tuple(sorted(acts, key=lambda act: (act.at, act.action, str(act.value)))),
        findings=tuple(playback.findings.values()),
        reviews=playback.reviews,
        updates=playback.updates,
        spoke_after_closing=_count_words_after(ticket, closed) if closed else 0,
    )


def _act_row(act: Act) -> ActRow:
    row = row_of(act.at, act.action)
    return ActRow(**row.model_dump(), kind=act.kind, words=describe_action(act.action))


def _count_words_after(ticket: Ticket, closed: datetime) -> int:
    words = (entry for entry in ticket.timeline if isinstance(entry, Message) and not entry.auto_reply)
    return sum(entry.at > closed and entry.actor.role is Role.CUSTOMER for entry in words)


def _unevaluated(line: HistoryLine, problems: Sequence[HistoryProblem], detail: str = "") -> TicketResult:
    return TicketResult(
        ticket=str(line.ticket.ref),
        account=line.ticket.account or "",
        created_at=line.ticket.created_at,
        native=line.native,
        problems=tuple(problems),
        detail=detail,
    )
