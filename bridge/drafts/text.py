"""A draft as files that people read and edit: the pack, its scenarios, and lines for the configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from bridge.drafts.pack import Draft
from mappings.native_rules import NativeRules, NotTaken

_HEADINGS = {
    "calendars": "From the helpdesk's schedules.",
    "severity": "People choose the priority, as before.",
    "clocks": "One for each metric of each SLA policy.",
    "waiting": "From automations that remind, solve and close. The helpdesk runs them now and then, a policy on time.",
    "clauses": "Each clause stands for a rule of the helpdesk.",
    "informational": "Rules that became a part of another rule.",
    "interpretations": "Where a rule here is not quite the rule there.",
}


def pack_text(draft: Draft, vendor: str) -> str:
    """The draft as a pack file, with comments."""
    head = [f"# A draft from {vendor.capitalize()}'s own rules. Read it, then make it yours."]
    if draft.not_taken:
        head += ["#", "# Not taken over:", *(f"# - {line}" for line in not_taken_lines(draft.not_taken))]
    parts = ["\n".join(head)]
    for key, value in draft.sections.items():
        comment = f"# {_HEADINGS[key]}\n" if key in _HEADINGS else ""
        gap = "\n" if isinstance(value, dict | list) else ""
        parts.append(f"{gap}{comment}{_yaml({key: value})}".rstrip())
    return "\n".join(parts) + "\n"


def scenario_text(scenarios: list[dict[str, Any]]) -> str:
    """The scenarios as one file."""
    head = "# The deadlines are those of the helpdesk's own rules: `policybridge test` shows that the draft agrees.\n"
    return head + "\n".join(_yaml([each]) for each in scenarios)


def configuration_text(rules: NativeRules) -> str:
    """Lines for the connection in policybridge.yaml, without which the draft knows too little; empty: none needed."""
    facts = {
        fact.name: {"field": fact.field_id, **({"values": dict(fact.values)} if fact.values else {})}
        for fact in rules.facts
    }
    sections: dict[str, Any] = {**({"facts": facts} if facts else {}), **rules.names}
    return _yaml(sections) if sections else ""


def not_taken_lines(not_taken: tuple[NotTaken, ...]) -> Iterator[str]:
    """What was left out, one line each, without repeating any."""
    yield from dict.fromkeys(f"{each.source}: {each.reason}" for each in not_taken)


def _yaml(value: Any) -> str:
    yaml = YAML()
    yaml.width = 118
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    text = StringIO()
    yaml.dump(_plain(value), text)
    return text.getvalue()


def _plain(value: Any) -> Any:
    """Values as YAML has them: instants in UTC as scenarios write them."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
