"""Names in a scenario that its policy does not have, and times after its end. They do not keep it from being played.

A scenario may be written for several packs, so a name that one of them does not have is not an error. But a ``never``
about a misspelt template is always met, and an approval that nobody asked for has no effect: the author should know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import get_args

from bridge.account import Account
from bridge.decision import TAG_PREFIX
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.policy.rules.approval_request import RESOLUTION, gate_names
from bridge.scenarios.expectations import Expectation
from bridge.scenarios.resolve import ResolvedScenario
from bridge.ticket import AmendmentKind
from bridge.yamlio.problems import FileProblem, KeyPath

TAG, TEMPLATE, GATE = "tag", "template", "gate"
KINDS = {
    "add_tag": TAG,
    "remove_tag": TAG,
    "set_field": "field",
    "public_message": TEMPLATE,
    "internal_note": TEMPLATE,
    "notify": "role",
}
"""Actions whose values name something in a policy, and of which kind."""
SHARED_TAG_PREFIXES = ("awaiting_", "breached_", "escalated_", "followup_", "missing_", "severity_", "warning_")
"""Tags that any policy may have: one that this policy lacks is in doubt only where it looks like one that it has."""
OWN_NOTES = frozenset({"refused", "unknown_value", "unreached", "unread_conversation", "unsent"})
"""Notes that the bridge writes under any policy, by the name that stands in place of a template."""
MIN_SIMILARITY = 0.7
"""Likeness from which a name is taken for another one that was misspelt."""


def lint_scenario(scenario: ResolvedScenario) -> list[FileProblem]:
    """What the author of a scenario can hardly have meant, by place. Such a scenario is played all the same."""
    policy = scenario.policy.for_account(scenario.account or Account())
    return sorted(
        [
            *_event_problems(scenario, policy),
            *_expectation_problems(scenario, policy),
            *_final_problems(scenario, policy),
        ]
    )


def _event_problems(scenario: ResolvedScenario, policy: Policy) -> Iterator[FileProblem]:
    context = Context(scenario.ticket, scenario.account or Account(), policy, scenario.ticket.created_at)
    questions = {*gate_names(context), RESOLUTION}
    for index, event in enumerate(scenario.written.events):
        for key in ("approve", "refuse"):
            yield from _unknown_name(
                scenario, ("events", index, key), getattr(event, key), questions, "it has no effect"
            )
        if scenario.instant(event.at) > scenario.until:
            yield scenario.document.problem(("events", index, "at"), f"{_after_until(scenario)}; it has no effect")


def _expectation_problems(scenario: ResolvedScenario, policy: Policy) -> Iterator[FileProblem]:
    possible = _possible_values(policy)
    for section, then in (("expect", "it cannot be met"), ("never", "it is always met")):
        for index, wanted in enumerate(getattr(scenario.written, section)):
            if wanted.action in KINDS:
                path = (section, index, wanted.action)
                yield from _unknown_name(
                    scenario, path, _name_in(wanted), possible[KINDS[wanted.action]], then, KINDS[wanted.action]
                )
            if wanted.at is not None and scenario.instant(wanted.at) > scenario.until:
                yield scenario.document.problem((section, index, "at"), f"{_after_until(scenario)}; {then}")


def _final_problems(scenario: ResolvedScenario, policy: Policy) -> Iterator[FileProblem]:
    possible = {*_possible_values(policy)[TAG], *scenario.written.ticket.tags}
    for tag in sorted(scenario.written.final.tags if scenario.written.final else ()):
        if tag.startswith(TAG_PREFIX):
            yield from _unknown_name(scenario, ("final", "tags"), tag, possible, "it cannot be met", TAG)


def _name_in(wanted: Expectation) -> str | None:
    """What an expectation names of the policy: a tag, a template, a field or a role; None for any."""
    return str(wanted.value).partition("=")[0] if wanted.value is not None else None


def _possible_values(policy: Policy) -> dict[str, Collection[str]]:
    """The names that a policy has, by kind."""
    requirements = helpdesk_requirements([policy])
    clocks = {f"{TAG_PREFIX}{state}_{clock.name}" for clock in policy.clocks for state in ("warning", "breached")}
    return {
        TAG: requirements.tags | clocks,
        TEMPLATE: {*policy.templates, *OWN_NOTES, *_notes_on_amendments(policy)},
        "field": {*requirements.fields, *policy.facts, "group"},
        "role": {"assignee", *policy.roles, *policy.role_directory},
    }


def _notes_on_amendments(policy: Policy) -> Iterator[str]:
    """The names of the notes about waivers, extensions and promises."""
    if policy.amendments:
        clocks = [clock.name for clock in policy.clocks]
        yield from (f"amendment_{what}_{clock}" for what in ("waive", "extend") for clock in clocks)
        yield from ("amendment_promise", *(f"amendment_refused_{what}" for what in (*get_args(AmendmentKind), "note")))


def _unknown_name(
    scenario: ResolvedScenario, path: KeyPath, name: str | None, possible: Collection[str], then: str, kind: str = GATE
) -> Iterator[FileProblem]:
    """The problem of a name that the policy does not have, with the name that may be meant."""
    if name is None or name in possible:
        return
    prefixes = (f"{TAG_PREFIX}{prefix}" for prefix in SHARED_TAG_PREFIXES)
    family = next((prefix for prefix in prefixes if name.startswith(prefix)), "")
    common = family or (TAG_PREFIX if kind == TAG else "")
    ends = [each.removeprefix(common) for each in possible if each.startswith(common)]
    close = get_close_matches(name.removeprefix(common), ends, n=1, cutoff=MIN_SIMILARITY)
    if family and not close:
        return
    hint = f"; did you mean {common + close[0]!r}?" if close else ""
    found = f"found {name!r}, a {kind} that {scenario.policy.pack} does not have{hint}; {then}"
    yield scenario.document.problem(path, found)


def _after_until(scenario: ResolvedScenario) -> str:
    return f"found a time after until ({scenario.until:%Y-%m-%dT%H:%M:%SZ})"
