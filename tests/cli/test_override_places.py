"""An override that does not fit is reported by every command at its own file, line and column, not at the pack's."""

from typing import Any

import pytest

from bridge.cli.exits import Exit

CONFIGURATION = """\
policy: maas360
overrides:
  maas360:
    severity:
      levels:
        critical: {priority: highest}
connections:
  acme:
    vendor: zendesk
"""


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("doctor",),
        ("preview",),
        ("enforce",),
        ("explain", "1"),
        ("review", "1"),
        ("report",),
        ("backfill",),
        ("install", "zendesk", "--plan"),
        ("render", "maas360"),
        ("check",),
    ],
)
def test_the_place_is_that_of_the_override(connected: Any, command: tuple[str, ...]) -> None:
    connected.write("policybridge.yaml", CONFIGURATION)
    done = connected(*command)
    assert done.code in (Exit.FINDINGS, Exit.UNUSABLE)
    said = done.out + done.err
    assert "policybridge.yaml:6:19 overrides.maas360.severity.levels.critical: " in said
    assert "allowed: low, normal, high, urgent" in said
    assert not [line for line in said.splitlines() if "maas360.yaml:" in line and "note:" not in line]
