"""``policybridge prove``: an edit that does harm is shown by a scenario, and one that does none by a bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bridge.cli.exits import Exit

EVERY_KIND = "later deadline, hidden breach, more customer messages, fewer customer messages, earlier closing"


def edited(folder: Path, pack: str, change: Any, name: str = "edited.yaml") -> Path:
    """A file with an edited pack."""
    source = YAML(typ="safe").load(Path(f"{Path(__file__).parents[2]}/mappings/packs/{pack}.yaml").read_text("utf-8"))
    change(source)
    path = folder / name
    YAML().dump(source, path)
    return path


def longer_target(pack: Any) -> None:
    pack["clocks"][0]["targets"]["critical"] = "45m"


def earlier_end(pack: Any) -> None:
    pack["waiting"][1]["close_after"] = "6d1m"


def other_words(pack: Any) -> None:
    pack["version"], pack["templates"]["reopened"] = "2", "Reopened."
    pack["clocks"][0]["targets"]["high"] = "60m"


@pytest.mark.parametrize(
    ("change", "kind", "events"), [(longer_target, "later deadline", 0), (earlier_end, "earlier closing", 1)]
)
def test_a_harmful_edit_is_shown_by_a_scenario_that_the_old_pack_passes(
    policybridge: Any, tmp_path: Path, change: Any, kind: str, events: int
) -> None:
    pack = edited(tmp_path, "maas360", change)
    found = policybridge("prove", "maas360", pack, "--never", kind, "--output", "found.yaml")
    assert found.code == Exit.FINDINGS
    assert found.out.startswith(f"{kind}: ")
    assert f"a scenario with {events} event" in found.out
    assert policybridge("test", "found.yaml").code == Exit.FINDINGS
    found_text = (tmp_path / "found.yaml").read_text("utf-8")
    (tmp_path / "old.yaml").write_text(found_text.replace(str(pack), "maas360"), "utf-8")
    assert policybridge("test", "old.yaml").code == Exit.OK


def test_a_harmless_rewrite_is_proven_within_a_bound(policybridge: Any, tmp_path: Path) -> None:
    done = policybridge("prove", "maas360", edited(tmp_path, "maas360", other_words), "--seconds", "2", "--json")
    assert done.code == Exit.OK
    proof = done.json()
    assert not proof["found"]
    assert proof["tried"] > 1
    assert " were tried" in proof["because"]


def test_without_a_limit_of_what_is_searched_the_whole_of_a_small_space_is(policybridge: Any, tmp_path: Path) -> None:
    pack = edited(tmp_path, "oncleversoft", lambda source: source.update(version="2"))
    done = policybridge("prove", "oncleversoft", pack, "--events", "0")
    assert (done.code, done.out.startswith("no such scenario: ")) == (Exit.OK, True)


def test_a_scenario_in_which_a_clause_acts(policybridge: Any, tmp_path: Path) -> None:
    done = policybridge("prove", "maas360", "--can-fire", "MA-13", "-o", "found.yaml")
    assert done.code == Exit.OK
    assert "a scenario with 1 event" in done.out
    assert policybridge("test", "found.yaml").code == Exit.OK


def test_a_clause_for_information_does_nothing(policybridge: Any) -> None:
    done = policybridge("prove", "maas360", "--can-fire", "MA-23", "--events", "0")
    assert done.code == Exit.FINDINGS
    assert done.out.startswith("no such scenario")


def test_shipped_packs_come_to_rest(policybridge: Any) -> None:
    assert policybridge("prove", "oncleversoft", "--loop", "--seconds", "2").code == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("maas360",), "prove: allowed: OLD NEW with or without --never, OLD --can-fire CLAUSE, or OLD --loop"),
        (("maas360", "maas360", "--loop"), "prove: allowed: "),
        (("maas360", "oncleversoft"), "oncleversoft: found pack oncleversoft; allowed: another version of maas360"),
        (("maas360", "maas360", "--never", "harm"), f"--never: found 'harm'; allowed: {EVERY_KIND}"),
        (("maas360", "--can-fire", "MA-99"), "--can-fire: found 'MA-99'; allowed: MA-01, "),
    ],
)
def test_bad_input_is_one_line(policybridge: Any, arguments: tuple[str, ...], line: str) -> None:
    done = policybridge("prove", *arguments)
    assert done.code == Exit.UNUSABLE
    assert line in done.err
    assert done.err.count("\n") == 1
