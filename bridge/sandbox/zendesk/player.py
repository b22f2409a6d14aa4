"""Stories as they are played in the local Zendesk."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.runner import Step, Story
from bridge.sandbox.zendesk import human_actions, seeds
from bridge.sandbox.zendesk.account import House
from bridge.sandbox.zendesk.error_responses import Refusal
from bridge.sandbox.zendesk.state import Record

_IDS = seeds.connection()


class ZendeskCast:
    """Speaks and clicks in one account; see :class:`bridge.sandbox.runner.Cast`."""

    refusal = Refusal

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def clock(self) -> SandboxClock:
        return self._house.clock

    def open(self, story: Story) -> int:
        ticket: Record = {"type": story.kind, "subject": story.subject, "comment": {"body": story.body}}
        opened = human_actions.ask(self._house, story.by, story.channel, ticket | _facts(story.facts))
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
        {"id": _IDS[f"facts.{fact}"], "value": {word: tag for tag, word in seeds.words(fact).items()}.get(value, value)}
        for fact, value in facts.items()
    ]
    return {"custom_fields": fields} if fields else {}
