"""Names in a scenario that its policy does not have, and times after its end. They do not keep it from being played.

A scenario may be written for several packs, so a name that one of them does not have is no error. But a ``never`` about
a misspelt template always holds, and an answer to a question that nobody asks does nothing: the author should know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from bridge.account import Account
from bridge.decision import TAG_PREFIX
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.policy.rules.approval_request import RESOLUTION, gate_names
from bridge.scenarios.expectations import Expectation
from bridge.scenarios.resolve import ResolvedScenario
from bridge.yamlio.problems import FileProblem, KeyPath

TAG, TEMPLATE, QUESTION = "tag", "template", "question"
KINDS = {
    "add_tag": TAG,
    "remove_tag": TAG,
    "set_field": "field",
    "public_message": TEMPLATE,
    "internal_note": TEMPLATE,
    "notify": "role",
}
"""Actions whose values are words of a policy, and of which kind."""
FAMILIES = ("awaiting_", "breached_", "escalated_", "followup_", "missing_", "severity_", "warning_")
"""Tags that any policy may have: one that this policy lacks is in doubt only where it looks like one that it has."""
ALIKE = 0.7
"""Likeness from which a word is taken for another one that was misspelt."""


def lint_scenario(scenario: ResolvedScenario) -> list[FileProblem]:
    """What the author of a scenario can hardly have meant, by place. Such a scenario is played all the same."""
    policy = scenario.policy.for_account(scenario.account or Account())
    return sorted([*_of_events(scenario, policy), *_of_expectations(scenario, policy), *_of_the_end(scenario, policy)])


def _of_events(scenario: ResolvedScenario, policy: Policy) -> Iterator[FileProblem]:
    context = Context(scenario.ticket, scenario.account or Account(), policy, scenario.ticket.created_at)
    questions = {*gate_names(context), RESOLUTION}
    for index, event in enumerate(scenario.written.events):
        for key in ("approve", "refuse"):
            yield from _strange(scenario, ("events", index, key), getattr(event, key), questions, "it answers nothing")
        if scenario.instant(event.at) > scenario.until:
            yield scenario.document.problem(("events", index, "at"), f"{_late(scenario)}; it does not happen")


def _of_expectations(scenario: ResolvedScenario, policy: Policy) -> Iterator[FileProblem]:
    known = _known(policy)
    for section, then in (("expect", "it cannot come true"), ("never", "it always holds")):
        for index, wanted in enumerate(getattr(scenario.written, section)):
            if wanted.action in KINDS:
                path = (section, index, wanted.action)
                yield from _strange(
                    scenario, path, _word(wanted), known[KINDS[wanted.action]], then, KINDS[wanted.action]
                )
            if wanted.at is not None and scenario.instant(wanted.at) > scenario.until:
                yield scenario.document.problem((section, index, "at"), f"{_late(scenario)}; {then}")


def _of_the_end(scenario: ResolvedScenario, policy: Policy) -> Iterator[FileProblem]:
    known = {*_known(policy)[TAG], *scenario.written.ticket.tags}
    for tag in sorted(scenario.written.final.tags if scenario.written.final else ()):
        if tag.startswith(TAG_PREFIX):
            yield from _strange(scenario, ("final", "tags"), tag, known, "it cannot come true", TAG)


def _word(wanted: Expectation) -> str | None:
    """The word of a policy that an expectation names, if it names one."""
    return str(wanted.value).partition("=")[0] if wanted.value is not None else None


def _known(policy: Policy) -> dict[str, Collection[str]]:
    """What a policy can say, by kind."""
    within = helpdesk_requirements([policy])
    clocks = {f"{TAG_PREFIX}{state}_{clock.name}" for clock in policy.clocks for state in ("warning", "breached")}
    return {
        TAG: within.tags | clocks,
        TEMPLATE: policy.templates,
        "field": {*within.fields, *policy.facts, "group"},
        "role": {"assignee", *policy.roles, *policy.role_directory},
    }


def _strange(
    scenario: ResolvedScenario, path: KeyPath, word: str | None, known: Collection[str], then: str, kind: str = QUESTION
) -> Iterator[FileProblem]:
    """A word that is not among the known ones, with the one that may be meant."""
    if word is None or word in known:
        return
    family = next((f"{TAG_PREFIX}{name}" for name in FAMILIES if word.startswith(f"{TAG_PREFIX}{name}")), "")
    common = family or (TAG_PREFIX if kind == TAG else "")
    ends = [each.removeprefix(common) for each in known if each.startswith(common)]
    close = get_close_matches(word.removeprefix(common), ends, n=1, cutoff=ALIKE)
    if family and not close:
        return
    hint = f"; did you mean {common + close[0]!r}?" if close else ""
    found = f"found {word!r}, a {kind} that {scenario.policy.pack} does not have{hint}; {then}"
    yield scenario.document.problem(path, found)


def _late(scenario: ResolvedScenario) -> str:
    return f"found a time after until, which is {scenario.until:%Y-%m-%dT%H:%M:%SZ}"
