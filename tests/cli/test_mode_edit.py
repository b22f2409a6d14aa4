"""The mode is written into the file of the admin, and everything else in it stays letter by letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.config.mode_edit import write_mode
from bridge.errors import InputError

BLOCK = """\
# our helpdesk
policy: maas360   # the only one
connections:
  other: {vendor: odoo, mode: shadow}
  zendesk:
    vendor: zendesk
    mode: shadow   # since Monday
    tiers: {1: 10}
"""


JSON = '{"policy": "maas360", "connections": {"zendesk": {"vendor": "zendesk", "mode": "shadow"}}}'
FLOW = "policy: maas360\nconnections: {zendesk: {vendor: zendesk}}\n"
SHORT = BLOCK.replace("    mode: shadow   # since Monday\n", "")


@pytest.mark.parametrize(
    ("before", "old", "new"),
    [
        (BLOCK, "mode: shadow   #", "mode: enforce   #"),
        (BLOCK.replace(": shadow   #", ": 'comment_only' #"), "'comment_only'", "'enforce'"),
        (SHORT, "    vendor: zendesk", "    mode: enforce\n    vendor: zendesk"),
        (JSON, '"shadow"', '"enforce"'),
        (JSON.replace(', "mode": "shadow"', ""), '{"vendor"', '{"mode": "enforce", "vendor"'),
        (FLOW, "{vendor", "{mode: enforce, vendor"),
    ],
)
def test_only_the_mode_changes(tmp_path: Path, before: str, old: str, new: str) -> None:
    file = tmp_path / "policybridge.yaml"
    file.write_text(before)
    assert write_mode(file, "zendesk", "enforce")
    assert file.read_text() == before.replace(old, new)
    assert not write_mode(file, "zendesk", "enforce")


def test_a_mode_that_cannot_be_changed_alone_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "policybridge.yaml"
    file.write_text("policy: maas360\nconnections:\n  one: &same {vendor: zendesk, mode: shadow}\n  two: *same\n")
    before = file.read_text()
    with pytest.raises(InputError, match="write `mode: enforce` under"):
        write_mode(file, "two", "enforce")
    assert file.read_text() == before
