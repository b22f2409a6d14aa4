"""Words of a scenario that its policy never says: told to the author, and never a reason not to play it."""

from collections.abc import Callable

import pytest

from bridge.scenarios.lint import lint_scenario
from bridge.scenarios.resolve import ResolvedScenario

LoadScenario = Callable[[str], ResolvedScenario]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "never: [{public_message: reopend}]",
            "1:26 never[0].public_message: found 'reopend', a template that acme does not have; "
            "did you mean 'reopened'?; it is always met",
        ),
        (
            "expect: [{internal_note: farewell}]",
            "1:26 expect[0].internal_note: found 'farewell', a template that acme does not have; it cannot be met",
        ),
        (
            "never: [{add_tag: policy_breached_frist_response}]",
            "1:19 never[0].add_tag: found 'policy_breached_frist_response', a tag that acme does not have; "
            "did you mean 'policy_breached_first_response'?; it is always met",
        ),
        (
            "never: [{remove_tag: policy_acne}]",
            "1:22 never[0].remove_tag: found 'policy_acne', a tag that acme does not have; did you mean 'policy_acme'?;"
            " it is always met",
        ),
        (
            "never: [{notify: on_call}]",
            "1:18 never[0].notify: found 'on_call', a role that acme does not have; it is always met",
        ),
        (
            "never: [{set_field: detials=x}]",
            "1:21 never[0].set_field: found 'detials', a field that acme does not have; did you mean 'details'?; "
            "it is always met",
        ),
        (
            "final: {tags: [policy_severity_midl]}",
            "1:15 final.tags: found 'policy_severity_midl', a tag that acme does not have; "
            "did you mean 'policy_severity_mild'?; it cannot be met",
        ),
        (
            "events: [{at: +1h, by: customer, approve: estimate}]",
            "1:43 events[0].approve: found 'estimate', a gate that acme does not have; it has no effect",
        ),
        (
            "events: [{at: +7h, by: agent, reply: late}]",
            "1:15 events[0].at: found a time after until (2026-03-02T14:00:00Z); it has no effect",
        ),
        (
            "expect: [{at: +7h, set_priority: low}]",
            "1:15 expect[0].at: found a time after until (2026-03-02T14:00:00Z); it cannot be met",
        ),
        (
            "never: [{at: 2026-03-02T14:00:01Z, set_priority: low}]",
            "1:14 never[0].at: found a time after until (2026-03-02T14:00:00Z); it is always met",
        ),
    ],
)
def test_a_name_that_the_policy_does_not_know_is_reported(load_scenario: LoadScenario, text: str, message: str) -> None:
    scenario = load_scenario(text)
    assert [str(doubt).removeprefix(f"{scenario.document.name}:") for doubt in lint_scenario(scenario)] == [message]


@pytest.mark.parametrize(
    "text",
    [
        "never: [{public_message: reopened}, {add_tag: any}, {notify: night_watch}, {notify: assignee}]",
        "never: [{add_tag: policy_escalated_3}, {add_tag: policy_awaiting_estimate}]",
        "expect: [{at: +6h, add_tag: policy_warning_first_response}, {set_field: group=desk}, {set_field: grade}]",
        "events: [{at: +6h, by: customer, confirm: resolution}, {at: +1h, by: customer, confirm: appointment}]",
        "ticket: {at: 2026-03-02T08:00:00Z, tags: [policy_legacy]}\nfinal: {tags: [policy_legacy, vip]}",
    ],
)
def test_what_any_policy_may_have_is_in_no_doubt(load_scenario: LoadScenario, text: str) -> None:
    assert lint_scenario(load_scenario(text)) == []


def test_the_contract_of_the_account_counts(load_scenario: LoadScenario) -> None:
    gate = "{name: estimate, clause: AC-04, when: {users: {known: true}}}"
    scenario = load_scenario(f"""
        account: {{overrides: {{gates: [{gate}]}}}}
        events: [{{at: +1h, by: customer, approve: estimate}}]
        never: [{{add_tag: policy_awaiting_estimat}}]
    """)
    (doubt,) = lint_scenario(scenario)
    assert "did you mean 'policy_awaiting_estimate'?" in str(doubt)
