"""``policybridge simulate`` and ``policybridge test``."""

from typing import Any

from bridge.cli.exits import Exit

SCENARIO = """\
name: critical phone case climbs the ladder
policy: maas360
account: {name: Acme, roles: {customer_service_manager: csm@vendor.example}}
ticket:
  at: 2026-03-02T08:00:00Z
  channel: phone
  type: incident
  facts: {affected: all}
events:
  - {at: +10m, by: agent, reply: "We are looking"}
until: +5h
expect:
  - {at: +4h, clause: MA-14, add_tag: policy_escalated_1}
never:
  - {add_tag: policy_escalated_2}
final: {priority: urgent, tier: 3}
"""
FAILING = SCENARIO.replace("+4h, clause: MA-14", "+3h, clause: MA-14").replace("ladder", "stairs")


def test_simulate_prints_the_json_of_the_specification(policybridge: Any) -> None:
    done = policybridge("simulate", policybridge.write("scenario.yaml", SCENARIO), "--json")
    assert done.code == Exit.OK
    outcome = done.json()
    assert {"scenario", "policy", "version", "timeline", "clocks", "final"} <= outcome.keys()
    assert outcome["scenario"] == "critical phone case climbs the ladder"
    assert (outcome["policy"], outcome["version"]) == ("maas360", "1")
    tag = next(row for row in outcome["timeline"] if row["value"] == "policy_escalated_1")
    assert tag == {
        "at": "2026-03-02T12:00:00Z",
        "clause": "MA-14",
        "action": "add_tag",
        "value": "policy_escalated_1",
        "because": "severity critical, unresolved for 4 hours",
    }
    response = next(clock for clock in outcome["clocks"] if clock["name"] == "first_response")
    assert response == {
        "name": "first_response",
        "clause": "MA-10",
        "started_at": "2026-03-02T08:00:00Z",
        "due_at": "2026-03-02T08:30:00Z",
        "state": "met",
        "met_at": "2026-03-02T08:10:00Z",
        "elapsed_s": 600,
        "target_s": 1800,
    }
    assert outcome["final"]["priority"] == "urgent"


def test_simulate_prints_a_list_for_several_files(policybridge: Any) -> None:
    files = [policybridge.write(name, SCENARIO) for name in ("one.yaml", "two.yaml")]
    assert [outcome["policy"] for outcome in policybridge("simulate", *files, "--json").json()] == ["maas360"] * 2


def test_simulate_tells_people_what_happens_when_and_why(policybridge: Any) -> None:
    done = policybridge("simulate", policybridge.write("scenario.yaml", SCENARIO))
    assert done.code == Exit.OK
    assert (
        "2026-03-02T12:00:00Z  MA-14    add_tag policy_escalated_1: severity critical, unresolved for 4 hours"
        in done.out
    )
    assert "clock MA-10    first_response met, due 2026-03-02T08:30:00Z, met 2026-03-02T08:10:00Z; " in done.out
    assert "; 10 min elapsed, target 30 min\n" in done.out


def test_simulate_plays_nothing_until_every_file_is_valid(policybridge: Any) -> None:
    good = policybridge.write("good.yaml", SCENARIO)
    bad = policybridge.write(
        "bad.yaml", SCENARIO.replace("affected: all", "affected: everybody").replace("until", "untl")
    )
    done = policybridge("simulate", good, bad, "--json")
    assert done.code == Exit.UNUSABLE
    assert not done.out
    assert f"{bad}:11:1 untl: " in done.err
    assert "did you mean 'until'?" in done.err

    bad = policybridge.write("bad.yaml", SCENARIO.replace("affected: all", "affected: everybody"))
    done = policybridge("simulate", good, bad)
    assert (done.code, done.out) == (Exit.UNUSABLE, "")
    assert (
        done.err
        == f"{bad}:8:21 ticket.facts.affected: found 'everybody'; allowed: all, significant, small, individual\n"
    )


def test_a_scenario_that_cannot_be_read_fails_alone(policybridge: Any) -> None:
    good = policybridge.write("good.yaml", SCENARIO)
    bad = policybridge.write("bad.yaml", SCENARIO.replace("affected: all", "affected: everybody"))
    broken = policybridge.write("broken.yaml", "name: [")
    done = policybridge("test", bad, broken, good)
    assert done.code == Exit.FINDINGS
    assert done.out.splitlines()[:2] == [
        "✗ critical phone case climbs the ladder",
        f"  {bad}:8:21 ticket.facts.affected: found 'everybody'; allowed: all, significant, small, individual",
    ]
    assert done.out.splitlines()[2] == f"✗ {broken}"
    assert done.out.splitlines()[-2:] == ["✓ critical phone case climbs the ladder", "3 scenarios, 2 failed"]
    result = policybridge("test", bad, good, "--json").json()
    assert [each["passed"] for each in result["scenarios"]] == [False, True]
    assert "found 'everybody'" in result["scenarios"][0]["error"]


def test_what_was_refused_is_shown_with_its_reason(policybridge: Any) -> None:
    amendments = "overrides: {amendments: {clause: MA-11, promise: {roles: [assignee]}}}\n"
    note = "  - {internal_note: amendment_refused_promise, text: which is in the past}\n"
    promise = "  - {at: +1h, by: a@vendor.example, promise: +30m, because: the log is read}\n"
    events = SCENARIO.replace("policy: maas360\n", f"policy: maas360\n{amendments}").replace(
        "until: +5h", f"{promise}until: +5h"
    )
    events = events.replace("never:", f"{note}never:")
    done = policybridge("test", policybridge.write("scenario.yaml", events))
    assert done.code == Exit.OK
    assert "warning" not in done.out
    assert (
        "  refused  2026-03-02T09:00:00Z MA-11 promise not recorded: found 2026-03-02 08:30 UTC, which is in"
        in done.out
    )


def test_a_scenario_that_is_as_expected_passes(policybridge: Any) -> None:
    done = policybridge("test", policybridge.write("scenario.yaml", SCENARIO))
    assert done.code == Exit.OK
    assert done.out.splitlines() == ["✓ critical phone case climbs the ladder", "1 scenario, all passed"]


def test_a_scenario_that_is_not_as_expected_fails_with_what_was_found(policybridge: Any) -> None:
    (policybridge.folder / "scenarios").mkdir()
    policybridge.write("scenarios/good.yaml", SCENARIO)
    bad = policybridge.write("scenarios/bad.yml", FAILING)
    done = policybridge("test", "scenarios")
    assert done.code == Exit.FINDINGS
    assert "✗ critical phone case climbs the stairs" in done.out
    assert f"{bad.relative_to(policybridge.folder)}:13:5" in done.out
    assert "- expected 2026-03-02T11:00:00Z MA-14 add_tag policy_escalated_1" in done.out
    assert "+ found    2026-03-02T12:00:00Z MA-14 add_tag policy_escalated_1 (1h late)" in done.out
    assert done.out.splitlines()[-1] == "2 scenarios, 1 failed"


def test_test_as_json(policybridge: Any) -> None:
    files = [policybridge.write("good.yaml", SCENARIO), policybridge.write("bad.yaml", FAILING)]
    done = policybridge("test", *files, "--json")
    assert done.code == Exit.FINDINGS
    result = done.json()
    assert (result["passed"], result["failed"]) == (1, 1)
    good, bad = result["scenarios"]
    assert (good["passed"], good["mismatches"]) == (True, [])
    (mismatch,) = bad["mismatches"]
    assert mismatch["where"].endswith("bad.yaml:13:5")
    assert mismatch["found"]
    assert bad["timeline"]


def test_a_folder_without_scenarios_does_not_pass(policybridge: Any) -> None:
    (policybridge.folder / "empty").mkdir()
    done = policybridge("test", "empty")
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith("empty: found no scenario")


def test_a_file_that_is_not_there(policybridge: Any) -> None:
    done = policybridge("simulate", "nowhere.yaml")
    assert done.code == Exit.UNUSABLE
    assert "nowhere.yaml: cannot be read" in done.err
