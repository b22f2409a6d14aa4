"""The map in CONTRIBUTING.md has every room of the source exactly once, and no room that is not there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DIVIDED = ("bridge", "bridge/policy")
"""Packages whose parts stand in the map one by one; every other package is one room."""


def mapped() -> list[str]:
    """The rooms of the map, in order."""
    rows = CONTRIBUTING[CONTRIBUTING.index("| path | contents |") :].splitlines()[2:]
    ends = next(number for number, row in enumerate(rows) if not row.startswith("|"))
    return [name for row in rows[:ends] for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def rooms() -> list[str]:
    """Every package and module that has to be in the map."""
    return ["app.py", "mappings/", "webhooks/", *parts("bridge")]


def parts(package: str) -> list[str]:
    found = []
    for path in sorted((ROOT / package).iterdir()):
        name = f"{package}/{path.name}"
        if path.suffix == ".py" and path.name != "__init__.py":
            found.append(name)
        elif (path / "__init__.py").exists():
            found += parts(name) if name in DIVIDED else [f"{name}/"]
    return found


def test_every_room_is_in_the_map_once() -> None:
    assert Counter(mapped()) == Counter(rooms())


def test_the_table_of_other_changes_names_files_that_exist() -> None:
    rows = CONTRIBUTING.partition("## Where other changes go")[2].partition("\n## ")[0].splitlines()
    changes = [row.split(" | ")[1] for row in rows if row.startswith("| ") and "---" not in row][1:]
    assert len(changes) >= 12
    for change in changes:
        (first, *beside) = re.findall(r"`([\w./<>-]+(?:\.py|/))`", change.replace("<vendor>", "zendesk"))
        assert (ROOT / first).exists(), change
        for name in beside:
            assert any((base / name).exists() for base in (ROOT, (ROOT / first).parent)), change


def test_every_path_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:bridge|webhooks|mappings|tests|docs|policy|runtime)/[\w./-]*)`", CONTRIBUTING)
    missing = [path for path in named if not any((ROOT / base / path).exists() for base in ("", "bridge"))]
    assert missing == []
