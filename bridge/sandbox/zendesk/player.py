"""Stories as they are played in the local Zendesk."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.record import Record
from bridge.sandbox.runner import SampleTicket, Step
from bridge.sandbox.zendesk import human_actions, seeds
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.error_responses import Refusal

_IDS = seeds.connection()


class ZendeskPlayer:
    """Speaks and clicks in one account; see :class:`bridge.sandbox.runner.TicketPlayer`."""

    refusal = Refusal

    def __init__(self, account: ZendeskAccount) -> None:
        self._house = account

    @property
    def clock(self) -> SandboxClock:
        return self._house.clock

    def open(self, sample: SampleTicket) -> int:
        ticket: Record = {"type": sample.kind, "subject": sample.subject, "comment": {"body": sample.body}}
        opened = human_actions.ask(self._house, sample.by, sample.channel, ticket | _facts(sample.facts))
        return int(opened["id"])

    def act(self, ident: int, step: Step) -> None:
        if step.call:
            human_actions.phone_call(self._house, ident, step.by, step.call)
            return
        with self._house.state.lock:
            wanted = _wanted(step)
            if step.tags:
                wanted["tags"] = [*self._house.state.ticket(ident)["tags"], *step.tags]
            how = {"channel": step.channel, "auto_reply": step.auto_reply}
            human_actions.change(self._house, ident, step.by, wanted, **how)  # type: ignore[arg-type]


def _wanted(step: Step) -> Record:
    wanted = _facts(step.facts)
    if step.says:
        wanted["comment"] = {"body": step.says, "public": step.public}
    if step.status:
        wanted["custom_status_id"] = _IDS[f"statuses.{step.status}"]
    if step.assignee:
        wanted["assignee_email"] = step.assignee
    if step.priority:
        wanted["priority"] = step.priority
    return wanted


def _facts(facts: Mapping[str, str]) -> Record:
    """Words of a dropdown go by their option's tag, everything else as it is."""
    fields = [
        {
            "id": _IDS[f"facts.{fact}"],
            "value": {word: tag for tag, word in seeds.option_tags(fact).items()}.get(value, value),
        }
        for fact, value in facts.items()
    ]
    return {"custom_fields": fields} if fields else {}


def _tag(fact: str, value: str) -> str:
    return {word: tag for tag, word in seeds.option_tags(fact).items()}.get(value, value)
