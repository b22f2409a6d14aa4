"""Slips in the newer words of policies and scenarios: each is one line with what was found and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.policy.load import SHIPPED

MAAS360 = (SHIPPED / "maas360.yaml").read_text("utf-8")
FIRST_RESPONSE = "    met_by: [agent_message, phone_contact]\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            FIRST_RESPONSE,
            "    steps: [{at: 120%, notify: [coo]}]\n",
            "found '120%'; allowed: 1% to 99%, or breach; for a later",
        ),
        (FIRST_RESPONSE, "    steps: [{at: 45m before, notify: [coo]}]\n", "PB901 "),
        ("reactions:\n", "translations: {de: {contact_attempt: ''}}\nreactions:\n", "PB802 "),
        (
            FIRST_RESPONSE,
            "    steps: [{after: -1h, notify: [coo]}]\n",
            "'-1h' is not a length of time; write it as 30m, 4h, 2d, 1h30m or 5 business days",
        ),
    ],
)
def test_a_slip_in_a_pack_is_one_line(policybridge: Any, old: str, new: str, message: str) -> None:
    assert old in MAAS360
    kept = old if new.startswith(" ") else ""
    done = policybridge("check", policybridge.write("mine.yaml", MAAS360.replace(old, kept + new, 1)))
    found = [line for line in (done.out + done.err).splitlines() if message in line]
    assert found
    assert all("mine.yaml:" in line and ("allowed: " in line or "write it as" in line) for line in found)
    assert done.code == Exit.FINDINGS


MERGED = """name: a merge
policy: maas360
ticket: {at: 2026-03-02T08:00:00Z, type: incident, subject: Down, requester: {email: pat@customer.example}}
events:
  - {at: +10m, by: agent, merge: {id: "ID", at: 2026-03-02T07:00:00Z}}
until: +1h
"""


def test_a_merge_into_itself_is_one_line(policybridge: Any) -> None:
    done = policybridge("test", policybridge.write("merge.yaml", MERGED.replace("ID", "1")))
    assert done.code != Exit.OK
    said = [line for line in (done.out + done.err).splitlines() if "merged into itself" in line]
    assert len(said) == 1
    assert "merge.yaml:5:" in said[0]
    assert "allowed: the id of another ticket" in said[0]
    assert policybridge("test", policybridge.write("merge.yaml", MERGED.replace("ID", "8"))).code == Exit.OK
