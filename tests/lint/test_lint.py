"""Every check finds what it is there for, at the right place and with a way out, and nothing in packs that are well."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.cli.pack_check import INVALID_PACK, NOT_YAML, check_pack
from bridge.errors import InputError
from bridge.policy.lint import CHECKS, FAMILIES, Level, lint
from bridge.policy.load import load_policy, pack_file, packs
from bridge.policy.load_errors import worded
from bridge.policy.model import Policy
from bridge.scenarios.mutants import altered
from bridge.scenarios.mutation import mutants
from bridge.yamlio.document import read

HERE = Path(__file__).parent
BASE = HERE / "base.yaml"
PackWith = Callable[[str, str], Path]


def _broken() -> list[Any]:
    """The cases of ``broken.py``, which pytest does not import as a module of a package."""
    spec = importlib.util.spec_from_file_location("broken_packs", HERE / "broken.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.BROKEN)


BROKEN = _broken()


def test_there_is_nothing_to_say_about_a_pack_that_is_well() -> None:
    found = check_pack(str(BASE))
    assert found.policy
    assert found.problems == ()


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.code} {broken.new[:40]}")
def test_a_broken_pack_brings_out_exactly_its_code_and_a_way_out(pack_with: PackWith, broken: Any) -> None:
    file = pack_with(broken.old, broken.new)
    problems = check_pack(str(file)).problems
    output = "\n".join(map(str, problems))
    assert {(problem.code, problem.level) for problem in problems} == {(broken.code, CHECKS[broken.code].level)}, output
    assert broken.expected in output
    shape = rf"{re.escape(str(file))}:\d+:\d+ \S+: (warning: |note: )?{broken.code} .+: found .+; allowed: .+; .+"
    assert all(re.fullmatch(shape, line) for line in output.splitlines()), output


def test_every_check_has_a_broken_pack() -> None:
    assert {broken.code for broken in BROKEN} == set(CHECKS)


def test_codes_belong_to_the_family_in_which_they_stand() -> None:
    prefixes = {family.__name__: f"PB{number}" for number, family in enumerate(FAMILIES, start=1)}
    assert [code for code, check in CHECKS.items() if not code.startswith(prefixes[check.find.__module__])] == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.code} {broken.new[:40]}")
def test_only_errors_keep_a_pack_from_being_loaded(pack_with: PackWith, broken: Any) -> None:
    file = str(pack_with(broken.old, broken.new))
    if CHECKS[broken.code].level is Level.ERROR:
        with pytest.raises(InputError, match=broken.code):
            load_policy(file)
    else:
        assert load_policy(file).pack == "acme"


def test_the_place_is_that_of_the_problem(pack_with: PackWith) -> None:
    file = pack_with("{impact: many}", "{impact: several}")
    (problem,) = check_pack(str(file)).problems
    line = file.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("several")
    assert f"{file}:{problem.line}:{problem.column} severity.rows[2].when.impact: PB109" in str(problem)


def test_names_that_name_nothing_hide_problems_that_would_follow_from_them(pack_with: PackWith) -> None:
    """A row for an unknown level would be a gap and a level without a row as well."""
    file = pack_with("level: low, when", "level: lwo, when")
    assert {problem.code for problem in check_pack(str(file)).problems} == {"PB107"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("clocks:", "clocks: [", NOT_YAML),
        ("version:", "title: again\nversion:", NOT_YAML),
        ("clocks:", "cloks:", INVALID_PACK),
        ("    targets: {high: 1h,", "    tragets: {high: 1h,", INVALID_PACK),
        ("{high: 1h,", "{high: soon,", INVALID_PACK),
        ("interpretations:\n  - {clause: AC-5, ", "interpretations:\n  - {", INVALID_PACK),
        ("time_zone: Europe/Berlin, hours", "time_zone: PST, hours", INVALID_PACK),
    ],
)
def test_a_file_that_is_no_pack_has_a_code_as_well(pack_with: PackWith, old: str, new: str, code: str) -> None:
    found = check_pack(str(pack_with(old, new)))
    assert found.policy is None
    assert {problem.code for problem in found.problems} == {code}
    assert all(f": {code} " in str(problem) for problem in found.problems)


def test_each_reason_to_close_may_have_its_own_message(pack_with: PackWith) -> None:
    """A confirmation, silence and an agent's solution are told apart by conditions."""
    reasons = ("closed_unanswered: true", "confirmed: true", "confirmed: false, closed_unanswered: false")
    for message, finds in (("agreed", True), ("text_{number}", False)):
        texts = "".join(
            f"  - {{name: text {number}, clause: AC-6, when: {{status: solved, {reason}}}, "
            f"message: {message.format(number=number)}}}\n"
            for number, reason in enumerate(reasons)
        )
        file = pack_with("reactions:\n", f"closure: {{clause: AC-5}}\nreactions:\n{texts}")
        more = "".join(f"  text_{number}: Done.\n" for number in range(3))
        file.write_text(file.read_text("utf-8").replace("templates:\n", f"templates:\n{more}"), "utf-8")
        assert ("PB801" in {problem.code for problem in check_pack(str(file)).problems}) is finds, message


def test_a_gate_may_write_the_stage_that_conditions_read() -> None:
    """A person ends this circle: a gate writes the stage only on an answer."""
    assert "approved_stage: agreed" in BASE.read_text(encoding="utf-8")
    assert "when: {stage: planned}" in BASE.read_text(encoding="utf-8")
    assert check_pack(str(BASE)).problems == ()


def test_a_clock_that_begins_at_an_appointment_may_be_shorter_than_the_first_response(pack_with: PackWith) -> None:
    visit = "  - {name: visit, clause: AC-3, start_fact: visit, met_by: [solved], calendar: always, targets: {low: 1h}}"
    pack = pack_with("clocks:\n", f"clocks:\n{visit}\n")
    pack.write_text(pack.read_text(encoding="utf-8").replace("facts:\n", "facts:\n  visit: {type: datetime}\n"))
    assert {problem.code for problem in check_pack(str(pack)).problems} == {"PB308"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("when: {type: question}", "when: {type: question, tier: 2}"),
        ("when: {type: question}", "when: {type: question, status: waiting_customer}"),
        ("when: {type: question}, group", "when: {type: question, group: {not: desk}}, evaluated: at_creation, group"),
        ("when: {stage: planned}", "when: {stage: planned, status: in_progress}"),
        ("high: 8h, medium: 2d", "high: 8h, medium: 49h"),
        ("medium: 2h, low: 1 business day", "medium: 2h, low: 24h"),
        ("medium: 2h, low: 1 business day", "medium: 2h, low: {within: 2d, calendar: always}"),
        (
            "    targets: {high: 1h, medium: 2h, low: 1 business day}",
            "    conditional_calendars: [{when: {level: low}, calendar: always}]\n"
            "    targets: {high: 1h, medium: 2h, low: 2d}",
        ),
        ("when: {stage: planned}", "when: {stage: planned, tags: {known: true}}"),
        ("when: {stage: planned}", "when: {stage: planned, team: null, form: 3, brand: [red, null]}"),
        ("  rows:", "  chosen_in: {fact: stage}\n  rows:"),
    ],
)
def test_what_is_meant_is_let_through(pack_with: PackWith, old: str, new: str) -> None:
    assert check_pack(str(pack_with(old, new))).problems == ()


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        ("approved: plan", True),
        ("approved: {not: [other, plan]}", True),
        ("approved: {none: [plan]}", True),
        ("approved: {known: true}", True),
        ("approved: other", False),
    ],
)
def test_a_level_may_follow_from_a_gate_that_does_not_follow_from_the_level(
    tmp_path: Path, asks: str, found: bool
) -> None:
    """Asking which gates were approved asks all of them; naming one asks only that one."""
    text = BASE.read_text(encoding="utf-8")
    text = text.replace("  rows:", f"  unless: {{{asks}}}\n  rows:")
    text = text.replace("when: {stage: planned}", "when: {stage: planned}\n    stop_asking_when: {level: low}")
    text = text.replace("\nworkflows:", "  - {name: other, clause: AC-7, when: {stage: agreed}}\n\nworkflows:")
    file = tmp_path / "pack.yaml"
    file.write_text(text, encoding="utf-8")
    problems = [(problem.code, problem.where.partition(" ")[2]) for problem in check_pack(str(file)).problems]
    assert problems == ([("PB603", "severity.unless.approved")] if found else [])


@pytest.mark.parametrize("pack", packs())
def test_shipped_packs_have_no_error(pack: str) -> None:
    found = check_pack(pack)
    assert found.valid, "\n".join(map(str, found.problems))


@pytest.mark.parametrize(
    "file",
    [BASE, *(pytest.param(pack_file(pack), marks=pytest.mark.slow) for pack in packs())],
    ids=lambda file: file.stem,
)
def test_the_linter_copes_with_every_misspelt_value(file: Path) -> None:
    """Words that decide something are changed, one at a time: whatever fits the models can be linted."""
    document = read(file)
    for mutant in mutants(document)[:: 1 if file == BASE else 5]:
        try:
            policy = Policy.of(altered(document.value, mutant.change))
        except ValidationError:
            continue
        for problem in lint(policy):
            assert worded(problem).startswith(problem.code)
            assert document.problem(problem.path, "").line >= 1
