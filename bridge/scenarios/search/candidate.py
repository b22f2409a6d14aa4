"""A candidate: a scenario that the search tries, as what it plays and as text that ``policybridge test`` runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from bridge.policy.model import Policy
from bridge.scenarios.language import Event
from bridge.scenarios.load import resolve_scenario
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.search.starts import StartingTicket
from bridge.scenarios.search.words import Word
from bridge.yamlio.document import only, parse_all


@dataclass(frozen=True)
class Candidate:
    """A ticket, and what people do to it at which instants."""

    start: StartingTicket
    events: tuple[tuple[datetime, Word], ...] = ()

    def then(self, at: datetime, word: Word) -> Candidate:
        """This candidate with one event more."""
        return replace(self, events=(*self.events, (at, word)))

    def scenario(self, policy: str, until: datetime, name: str = "", **expected: Any) -> dict[str, Any]:
        """The keys of a scenario file."""
        events = [word.at(f"{at:%Y-%m-%dT%H:%M:%SZ}") for at, word in self.events]
        named = {"name": name} if name else {}
        return {
            **named,
            "policy": policy,
            **self.start.sections(),
            **({"events": events} if events else {}),
            "until": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            **expected,
        }


def scenario_text(keys: dict[str, Any]) -> str:
    """A scenario as a file."""
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style = None
    yaml.width = 4096
    yaml.dump(json.loads(json.dumps(keys)), text)
    return text.getvalue()


def resolved(keys: dict[str, Any], policy: Policy) -> ResolvedScenario:
    """A scenario that a policy plays. Raises ``InputError`` where it names what the policy does not have."""
    document = only(parse_all(scenario_text(keys), name="candidate"), "candidate")
    return resolve_scenario(document, load_policy=lambda _name, _overrides: policy)


def event_of(word: Word, at: datetime) -> Event:
    """A word as an event."""
    return Event.model_validate(word.at(f"{at:%Y-%m-%dT%H:%M:%SZ}"))
