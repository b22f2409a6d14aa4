"""Checking scenarios: what counts as met, and how a difference reads."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.account import Account
from bridge.cli import cli
from bridge.decision import Decision, KeptClocks
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.policy.model import Policy
from bridge.scenarios.check import check
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import run, scenario_files
from bridge.scenarios.simulate import simulate
from bridge.ticket import Ticket

LoadScenario = Callable[[str], ResolvedScenario]

BASE = """\
ticket: {at: 2026-03-02T08:00:00Z, type: incident, facts: {impact: major}}
events:
  - {at: +2h, by: agent, reply: sorry}
  - {at: +3h, by: customer, confirm: resolution}
until: +4h
"""


def differences(load_scenario: LoadScenario, text: str) -> list[str]:
    scenario = load_scenario(BASE + text)
    return [str(each) for each in check(scenario, simulate(scenario))]


@pytest.mark.parametrize(
    "text",
    [
        "expect: [{at: +0m, clause: AC-02, add_tag: policy_acme}]",
        "expect: [{at: 2026-03-02T08:00:00Z, set_priority: urgent}]",
        "expect: [{add_tag: policy_severity_bad}]",
        "expect: [{at: +1h, add_tag: policy_breached_first_response}]",
        "expect: [{at: +30m, within: 30m, add_tag: policy_breached_first_response}]",
        "expect: [{within: 1h, add_tag: policy_breached_first_response}]",
        "expect: [{at: +3h, clause: AC-04, set_status: any}]",
        "expect: [{at: +3h, set_status: true}, {at: +3h, set_status: }]",
        "never: [{notify: any}]",
        "never: [{at: +1h, set_priority: urgent}]",
        "never: [{clause: AC-03, set_priority: urgent}]",
        "never: [{at: +10m, within: 4h, set_priority: any}]",
        "final: {priority: urgent, status: solved, tier: 2, tags: [policy_acme, policy_breached_first_response]}",
        "final: {assignee: null, group: null, fields: {}}",
        "clocks: [{name: first_response, state: breached, due_at: +1h, met_at: +2h, target_s: 3600}]",
        "clocks: [{name: first_response, clause: AC-03, started_at: +0m}]",
    ],
)
def test_what_happened_as_expected_makes_no_difference(load_scenario: LoadScenario, text: str) -> None:
    assert differences(load_scenario, text) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "expect: [{at: +50m, clause: AC-03, add_tag: policy_breached_first_response}]",
            [
                "scenario.yaml:6:10",
                "- expected 2026-03-02T08:50:00Z AC-03 add_tag policy_breached_first_response",
                "+ found    2026-03-02T09:00:00Z AC-03 add_tag policy_breached_first_response (10m late)",
            ],
        ),
        (
            "expect: [{at: +61m, within: 1h, add_tag: policy_breached_first_response}]",
            ["expected 2026-03-02T09:01:00Z within 1h any clause add_tag", "policy_breached_first_response (1m early)"],
        ),
        ("expect: [{at: +59m, within: 59s, add_tag: policy_breached_first_response}]", ["(1m late)"]),
        (
            "expect: [{clause: AC-03, set_priority: urgent}]",
            [
                "expected at any time AC-03 set_priority urgent",
                "found    2026-03-02T08:00:00Z AC-02 set_priority urgent",
            ],
        ),
        (
            "expect: [{notify: on_call}]",
            ["expected at any time any clause notify on_call", "found    nothing similar"],
        ),
        (
            "never: [{at: +2h, within: 2h, set_status: solved}]",
            [
                "expected never 2026-03-02T10:00:00Z within 2h any clause set_status solved",
                "11:00:00Z AC-04 set_status",
            ],
        ),
        ("never: [{add_tag: any}]", ["expected never at any time any clause add_tag (any value)", "policy_acme"]),
        (
            "final: {priority: low}",
            ["scenario.yaml:6:19", "expected at the end priority low", "found    priority urgent"],
        ),
        ("final: {group: desk}", ["expected at the end group desk", "found    group None"]),
        ("final: {priority: null}", ["expected at the end priority None", "found    priority urgent"]),
        (
            "final: {tags: [policy_acme, policy_x]}",
            ["expected at the end tags policy_x", "found    tags policy_acme, "],
        ),
        ("final: {fields: {closure_at: x}}", ["scenario.yaml:6:30", "expected at the end field closure_at=x"]),
        (
            "clocks: [{name: first_response, state: met}]",
            ["expected clock name first_response, state met", "found    clock name first_response, state breached"],
        ),
        ("clocks: [{name: completion}]", ["expected clock name completion", "found    nothing similar"]),
    ],
)
def test_a_difference_says_what_was_expected_and_what_came_nearest(
    load_scenario: LoadScenario, text: str, parts: list[str]
) -> None:
    (difference,) = differences(load_scenario, text)
    for part in parts:
        assert part in difference


def test_files_and_folders_are_played_in_order(scenario_file: Callable[[str], Path], tmp_path: Path) -> None:
    pack = scenario_file("").with_name("acme.yaml")
    folder = tmp_path / "scenarios"
    folder.mkdir()
    scenario = (
        "name: {0}\npolicy: " + str(pack) + "\nticket: {{at: 2026-03-02T08:00:00Z}}\nuntil: +1h\nfinal: {{tier: {1}}}\n"
    )
    (folder / "b.yaml").write_text(scenario.format("b", 3))
    (folder / "a.yml").write_text(scenario.format("a", 2))
    (folder / "readme.md").write_text("not a scenario")
    trials = run([folder, folder / "a.yml"])
    assert [(trial.scenario.name, trial.passed) for trial in trials] == [("a", True), ("b", False), ("a", True)]
    result = trials[1].as_json()
    assert (result["scenario"], result["passed"]) == ("b", False)
    assert result["mismatches"] == [
        {"where": f"{folder / 'b.yaml'}:5:15", "expected": "at the end tier 3", "found": ["tier 2"]}
    ]


def test_a_file_that_is_wrong_fails_alone(scenario_file: Callable[[str], Path]) -> None:
    good = scenario_file("name: g\npolicy: acme.yaml\nticket: {at: 2026-03-02T08:00:00Z}\nuntil: +1h\n")
    bad = good.with_name("bad.yaml")
    bad.write_text(good.read_text().replace("+1h", "later"))
    well, wrong = run([good, bad])
    assert (well.passed, wrong.passed, wrong.scenario.name) == (True, False, "g")
    assert "bad.yaml:4:8 until: found 'later'; allowed" in wrong.error


def test_a_message_is_compared_with_the_text_that_it_should_have(scenario_file: Callable[[str], Path]) -> None:
    ticket = "ticket: {at: 2026-03-02T08:00:00Z, facts: {impact: major}}"
    text = f"name: g\npolicy: acme.yaml\n{ticket}\nuntil: +1h\nexpect: [{{internal_note: severity, text: TEXT}}]\n"
    (well,) = run([scenario_file(text.replace("TEXT", "bad"))])
    assert well.passed
    (wrong,) = run([scenario_file(text.replace("TEXT", "schlimm"))])
    assert wrong.mismatches[0].expected == "at any time any clause internal_note severity with the text 'schlimm'"
    assert wrong.mismatches[0].found[0].endswith("AC-02 internal_note severity with the text 'bad'")
    with pytest.raises(InputError, match="text only together with public_message, internal_note, notify"):
        load_scenarios([scenario_file(text.replace("internal_note: severity", "add_tag: any"))])


SCENARIO = """\
name: {0}
policy: acme.yaml
ticket: {{at: 2026-03-02T08:00:00Z, subject: {0}}}
until: +1h
never: [{{add_tag: policy_vpi}}]
"""


def test_a_scenario_that_cannot_be_played_fails_alone_and_in_one_line(scenario_file: Callable[[str], Path]) -> None:
    def faulty(
        ticket: Ticket, account: Account | None, policy: Policy, now: datetime, kept: KeptClocks | None = None
    ) -> Decision:
        if ticket.subject == "endless":
            return faulty(ticket, account, policy, now, kept)
        decision = evaluate(ticket, account, policy, now, kept)
        return decision.model_copy(update={"wake_at": now}) if ticket.subject == "stuck" else decision

    path = scenario_file("---\n".join(map(SCENARIO.format, ("endless", "stuck", "well"))))
    endless, stuck, well = run([path], evaluate=faulty)
    assert [trial.passed for trial in (endless, stuck, well)] == [False, False, True]
    assert endless.outcome is None
    assert endless.error.startswith(f"{path}:1:1 scenario 'endless': RecursionError: maximum recursion depth exceeded")
    assert endless.error.endswith(f"please report it with the output of `policybridge simulate {path}`")
    assert stuck.error.startswith(
        f"{path}:7:1 scenario 'stuck' at 2026-03-02T08:00:00Z: the decision asks for its next review"
    )
    assert not any("\n" in trial.error for trial in (endless, stuck))
    assert stuck.as_json() == {
        "scenario": "stuck",
        "policy": "acme",
        "version": "3",
        "passed": False,
        "mismatches": [],
        "error": stuck.error,
        "warnings": [
            f"{path}:11:19 never[0].add_tag: found 'policy_vpi', a tag that acme does not have; it is always met"
        ],
    }
    assert (well.as_json()["error"], len(well.warnings)) == ("", 1)


def test_people_read_the_group_the_warnings_and_what_could_not_be_played(
    scenario_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scenario_file(SCENARIO.format("lost") + "events: [{at: +5m, by: agent, note: whose is it}]\n")
    path.write_text(path.read_text().replace("subject: lost}", "subject: lost, group: desk}"))
    warning = f"{path}:5:19 never[0].add_tag: found 'policy_vpi', a tag that acme does not have; it is always met"
    shown = CliRunner().invoke(cli, ["simulate", str(path)])
    assert shown.exit_code == 0
    assert "at the end: priority none, status new, tier 2, group desk" in shown.stdout
    assert shown.stderr == f"warning  {warning}\n"
    tested = CliRunner().invoke(cli, ["test", str(path)])
    assert (tested.exit_code, tested.stdout) == (0, f"✓ lost\n  warning  {warning}\n1 scenario, all passed\n")
    monkeypatch.setattr("bridge.scenarios.simulate.apply_event", lambda *_: 1 / 0)
    failed = CliRunner().invoke(cli, ["test", str(path)])
    assert failed.exit_code == 1
    assert f"✗ lost\n  warning  {warning}\n  {path}:1:1 scenario 'lost': ZeroDivisionError: " in failed.stdout
    assert failed.stdout.endswith("\n1 scenario, 1 failed\n")


def test_a_folder_may_also_hold_packs_configurations_accounts_and_hidden_folders(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text("policy: maas360\nticket: {at: 2026-03-06T15:30:00Z}\nuntil: +1d\n")
    (tmp_path / "policybridge.yaml").write_text("policy: maas360\nconnections: {acme: {vendor: zendesk}}\n")
    (tmp_path / "accounts.yaml").write_text("accounts: {acme: {name: Acme}}\n")
    (tmp_path / "compose.yaml").write_text("services: {bridge: {image: x}}\n")
    (tmp_path / "acme.yaml").write_text("pack: acme\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "case.yaml").write_text("ticket: {}\n")
    assert scenario_files([tmp_path]) == [tmp_path / "case.yaml"]
