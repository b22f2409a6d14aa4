"""``policybridge doctor``."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from bridge.cli.exits import Exit
from bridge.config.accounts_file import Accounts
from bridge.policy.load import load_policy
from bridge.store import open_store

ROLES = load_policy("maas360").role_directory


def configure(machine: Any, **changes: Any) -> None:
    """Change what ``policybridge.yaml`` says of the connection."""
    settings = json.loads((machine.folder / "policybridge.yaml").read_text())
    settings["connections"]["acme"] |= changes
    machine.write("policybridge.yaml", settings)


def test_doctor_on_a_healthy_installation(connected: Any) -> None:
    configure(connected, notify=dict.fromkeys(ROLES, "slack://T/B/c"))
    (connected.folder / "policybridge.yaml").chmod(0o600)  # it names tokens
    done = connected("doctor", "--json")
    report = done.json()
    assert (done.code, report["ok"]) == (Exit.OK, True), report
    assert {"settings", "database", "policybridge.yaml", "policy maas360"} <= {
        line["subject"] for line in report["lines"]
    }
    assert all(line.keys() == {"subject", "ok", "advice", "warns"} and line["advice"] for line in report["lines"])
    assert len(report["lines"]) > 4  # the connection was examined

    done = connected("doctor")
    assert done.code == Exit.OK
    signs = {line[:2] for line in done.out.splitlines()}
    assert signs == {"✓ ", "! "}, "a warning is no failure"


def test_a_role_without_a_contact_is_no_failure_until_the_bridge_writes(connected: Any) -> None:
    configure(connected, mode="shadow")
    done = connected("doctor")
    assert (done.code, "! acme, notify: the policy maas360 uses the roles" in done.out) == (Exit.OK, True), done.out
    configure(connected, mode="enforce")
    done = connected("doctor")
    assert (done.code, "✗ acme, notify: the policy maas360 uses the roles" in done.out) == (Exit.FINDINGS, True)


def test_a_channel_whose_variable_nobody_has_set_is_named(connected: Any) -> None:
    connected.write("accounts.yaml", "accounts: {'5101': {roles: {coo: 'env:SET, env:UNSET'}}}\n")
    settings = json.loads((connected.folder / "policybridge.yaml").read_text())
    connected.write("policybridge.yaml", settings | {"accounts": "accounts.yaml"})
    connected.environment["SET"] = "slack://T/B/c"
    done = connected("doctor")
    found = [line for line in done.out.splitlines() if "role coo" in line and "account" in line]
    assert found == [
        "✗ account 5101, role coo: the environment variable UNSET is not set; set it, or UNSET_FILE, to an apprise URL"
    ]


def test_doctor_names_every_problem_and_what_to_do(connected: Any) -> None:
    connected.write("mine.yaml", "pack: mine\ntitle: Mine\n")
    settings = {
        "policy": ["maas360", "mine.yaml"],
        "accounts": "accounts.yaml",
        "connections": {"acme": {"vendor": "zendesk"}, "beta": {"vendor": "zendesk", "env_prefix": "BETA_"}},
    }
    connected.write("policybridge.yaml", settings)
    connected.environment["ZENDESK_OAUTH_CLIENT_SECRET"] = "wrong"
    done = connected("doctor", "--json")
    assert (done.code, done.json()["ok"]) == (Exit.FINDINGS, False)
    problems = {line["subject"]: line["advice"] for line in done.json()["lines"] if not line["ok"]}
    assert "mine.yaml:" in problems["policy mine.yaml"]
    assert problems["accounts"].startswith("accounts.yaml: cannot be read")
    assert "BETA_SUBDOMAIN" in problems["beta"]
    assert [subject for subject in problems if "acme" in subject]
    ok = {line["subject"] for line in done.json()["lines"] if line["ok"]}
    assert {"database", "policy maas360"} <= ok

    diagnosis = connected("doctor")
    assert diagnosis.code == Exit.FINDINGS
    assert "✗ beta: " in diagnosis.out


def test_the_clock_of_a_helpdesk_that_cannot_be_reached_is_left_out(connected: Any) -> None:
    assert "acme, clock" in lines(connected)
    connected.environment["ZENDESK_URL"] = "http://127.0.0.1:9"
    found = lines(connected)
    assert any("cannot be reached" in advice for _, advice in found.values())
    assert "acme, clock" not in found, found


def lines(machine: Any) -> dict[str, tuple[bool, str]]:
    """What doctor says, by what it speaks of."""
    return {line["subject"]: (line["ok"], line["advice"]) for line in machine("doctor", "--json").json()["lines"]}


def test_doctor_finds_the_tie_for_which_serve_would_not_start(connected: Any) -> None:
    settings = {"policy": ["maas360", "mattermost"], "connections": {"acme": {"vendor": "zendesk"}}}
    connected.write("policybridge.yaml", settings)
    ok, advice = lines(connected)["policies"]
    assert not ok
    assert advice.startswith("policy: found maas360 and mattermost, both with precedence 0")
    assert connected("serve").err.splitlines() == [advice], "the same words as at the start"
    connected.write("policybridge.yaml", settings | {"overrides": {"maas360": {"precedence": 1}}})
    assert lines(connected)["policies"] == (True, "no ticket is governed by two of them")


def test_doctor_says_what_became_of_the_accounts_file(connected: Any) -> None:
    acme = "accounts: {'5101': {name: Acme, contacts: [pat@acme.example]}}\n"
    path = connected.write("accounts.yaml", acme)
    settings = {"policy": "maas360", "accounts": "accounts.yaml", "connections": {"acme": {"vendor": "zendesk"}}}
    connected.write("policybridge.yaml", settings)
    assert lines(connected)["accounts"] == (True, "1 loaded")
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with closing(open_store(connected.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        running = Accounts(path)  # as a server that goes on meanwhile
        running.refresh(store, at)
        path.write_text(acme.replace("name", "nmae"))
        running.refresh(store, at.replace(hour=9))
        found = lines(connected)
        assert found["accounts, last change"] == (True, "2026-03-02 08:00 UTC: account 5101 added")
        ok, advice = found["accounts"]
        assert not ok
        assert "'nmae'" in advice
        ok, advice = found["accounts, in force"]
        assert not ok
        assert advice.startswith("the edit of 2026-03-02 09:00 UTC was rejected, and the accounts read before stay")
        path.write_text(acme.replace("Acme", "Acme Ltd"))
        assert lines(connected)["accounts, in force"][0], "fixed, and not yet read by the server"
        running.refresh(store, at.replace(hour=10))
    found = lines(connected)
    assert "accounts, in force" not in found
    assert found["accounts, last change"][1].endswith('account 5101: name "Acme" -> "Acme Ltd"')


def test_doctor_on_a_machine_on_which_nothing_is_configured(policybridge: Any) -> None:
    done = policybridge("doctor")
    assert done.code == Exit.FINDINGS
    assert "✗ policybridge.yaml: policybridge.yaml: cannot be read" in done.out
    assert "Traceback" not in done.err

    done = policybridge("doctor", POLICYBRIDGE_PORT="many")
    assert (done.code, done.out) == (Exit.FINDINGS, done.out)
    assert done.out.startswith("✗ settings: POLICYBRIDGE_PORT: found 'many'")
