"""Ids in ``policybridge.yaml``: each is put in its place, and every other character stays."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge.config.configuration import read_configuration
from bridge.config.configuration_edit import Place, remove_entries, write_entries
from bridge.errors import InputError

DOCUMENTED = Path(__file__).parents[2] / "docs" / "connect-zendesk.md"
ENTRIES: dict[Place, object] = {
    ("fields", "audience"): 999,
    ("facts", "company"): {"field": 5, "values": {"company_1": "1", "on": "yes"}},
    ("statuses", "waiting_development"): 7009,
    ("tiers", 4): 4242,
    ("groups", "sales"): 77,
}
PLAIN = "policy: maas360\nconnections:\n  zendesk:\n    vendor: zendesk   # ours\n"


def documented() -> str:
    found = re.search(r"```yaml\n(policy:.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_documented_file_keeps_every_line_and_comment(tmp_path: Path) -> None:
    path = tmp_path / "policybridge.yaml"
    path.write_text(documented())
    write_entries(path, "zendesk", ENTRIES)
    connection = read_configuration(path).connections["zendesk"]
    assert connection.fields["audience"].field == 999
    assert connection.facts["company"].values == {"company_1": "1", "on": "yes"}
    assert connection.tiers[4] == [4242]
    before, after = documented().splitlines(), path.read_text().splitlines()
    assert [line for line in before if "#" in line and "{" not in line] == [
        line for line in after if "#" in line and "{" not in line
    ]
    assert re.findall(r"#.*", "\n".join(before)) == re.findall(r"#.*", "\n".join(after))


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"{PLAIN}# the end\n",
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\r\n"),
        f"{PLAIN}    facts:\n      device: 12   # theirs\n    # fields come here\n    mode: shadow\n",
        "policy: maas360\nconnections: {zendesk: {vendor: zendesk}}\n",
        json.dumps({"policy": "maas360", "connections": {"zendesk": {"vendor": "zendesk", "fields": {"clause": 1}}}}),
    ],
)
def test_what_was_written_can_be_taken_out_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policybridge.yaml"
    path.write_bytes(text.replace("device: 12 ", "device: {field: 12} ").encode())
    before = path.read_bytes()
    write_entries(path, "zendesk", ENTRIES)
    assert read_configuration(path).connections["zendesk"].groups == {"sales": 77}
    remove_entries(path, "zendesk", ENTRIES)
    assert path.read_bytes().rstrip() == before.rstrip()


def test_a_section_without_a_value_and_an_old_id_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "policybridge.yaml"
    path.write_text(f"{PLAIN}    fields:\n    # nothing yet\n    groups: {{sales: 5}}  # old\n")
    write_entries(path, "zendesk", {("fields", "clause"): 1, ("groups", "sales"): 6})
    connection = read_configuration(path).connections["zendesk"]
    assert (connection.fields["clause"].field, connection.groups) == (1, {"sales": 6})
    assert "    # nothing yet\n" in path.read_text()
    assert "{sales: 6}  # old\n" in path.read_text()


def test_a_file_that_cannot_be_edited_stays_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    path, text = (
        tmp_path / "policybridge.yaml",
        "base: &base {vendor: zendesk}\npolicy: maas360\nconnections:\n  zendesk: *base\n",
    )
    path.write_text(text)
    with pytest.raises(InputError, match=r"groups\.sales cannot be edited without changing other lines; edit"):
        write_entries(path, "zendesk", {("groups", "sales"): 77})
    assert path.read_text() == text
