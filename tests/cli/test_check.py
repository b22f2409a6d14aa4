"""``policybridge check``."""

from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.policy.load import SHIPPED, packs
from bridge.yamlio.document import read

GIVEN = """
policy: maas360
overrides:
  maas360:
    roles: {support_manager: lead@vendor.example}
    plan_roles: {premium: {account_manager: gold@vendor.example}}
connections: {zendesk: {vendor: zendesk, mode: shadow}}
"""
MAAS360 = (SHIPPED / "maas360.yaml").read_text()


def test_all_shipped_packs_are_checked_and_their_contents_listed(policybridge: Any) -> None:
    done = policybridge("check")
    assert done.code == Exit.OK
    assert [line for line in done.out.splitlines() if line.startswith("✓ maas360 1: 24 clauses, 2 clocks, ")]
    assert done.out.count("✓") == len(packs())


def test_check_as_json(policybridge: Any) -> None:
    done = policybridge("check", "maas360", "--json")
    assert done.code == Exit.OK
    (found,) = done.json()
    assert found["contents"] == {
        "clauses": 24,
        "clocks": 2,
        "escalation_stages": 9,
        "waiting_rules": 2,
        "interpretations": 8,
    }
    assert (found["pack"], found["version"], found["valid"]) == ("maas360", "1", True)
    assert "error" not in {problem["level"] for problem in found["problems"]}
    assert found["file"].endswith("maas360.yaml")


def vacant(policybridge: Any, pack: object) -> list[str]:
    """What check says of roles that nobody fills."""
    problems = policybridge("check", pack, "--json").json()[0]["problems"]
    return [problem["message"] for problem in problems if problem["code"] == "PB502"]


def test_roles_that_the_pack_leaves_to_accounts_are_named(policybridge: Any) -> None:
    (note,) = vacant(policybridge, "maas360")
    assert "account_manager, " in note
    assert "assignee" not in note

    filled = "".join(
        f"\n  {role}: {role}@vendor.example" for role in read(SHIPPED / "maas360.yaml").value["role_directory"]
    )
    pack = policybridge.write("filled.yaml", f"{MAAS360}\nroles:{filled}\n")
    assert vacant(policybridge, pack) == []

    found = policybridge("check", "--config", policybridge.write("policybridge.yaml", GIVEN), "--json").json()[0]
    (note,) = [problem["message"] for problem in found["problems"] if problem["code"] == "PB502"]
    assert "account_manager (except in premium)" in note
    assert "support_manager" not in note


def test_each_error_has_file_line_column_and_what_is_allowed(policybridge: Any) -> None:
    text = MAAS360.replace("affected: all}", "affected: everybody}").replace("periodic: true", "periodc: true")
    pack = policybridge.write("mine.yaml", text)
    done = policybridge("check", pack)
    assert done.code == Exit.FINDINGS
    line = 1 + next(n for n, found in enumerate(text.splitlines()) if "periodc" in found)
    (reported,) = [found for found in done.out.splitlines() if found.startswith(f"{pack}:")]
    assert reported.startswith(f"{pack}:{line}:5 ")
    assert "'periodc'" in reported
    assert "allowed: " in reported
    assert "did you mean 'periodic'?" in reported

    as_json = policybridge("check", pack, "--json")
    assert as_json.code == Exit.FINDINGS
    (found,) = as_json.json()
    (problem,) = found.pop("problems")
    assert found == {"pack": str(pack), "file": str(pack), "version": None, "valid": False, "contents": {}}
    assert reported == f"{problem['where']}: {problem['message']}"
    assert (problem["code"], problem["level"], problem["line"], problem["column"]) == ("PB002", "error", line, 5)

    mended = policybridge.write("mine.yaml", text.replace("periodc", "periodic"))
    (problem,) = policybridge("check", mended, "--json").json()[0]["problems"]
    assert problem["code"] == "PB109"
    assert "found 'everybody'; allowed: all, significant, small, individual" in problem["message"]


def test_a_pack_needs_a_calendar_even_if_its_clocks_run_always(policybridge: Any) -> None:
    """The first calendar is the default of every clock."""
    before, _, after = OWN.partition("calendars:")
    pack = policybridge.write("mine.yaml", f"{before}calendars: {{}}\n{after.partition(chr(10))[2]}")
    done = policybridge("check", pack)
    assert done.code == Exit.FINDINGS
    assert "calendars: PB002 found {}; allowed: at least 1 item" in done.out


def test_one_bad_pack_does_not_hide_the_good_ones(policybridge: Any) -> None:
    pack = policybridge.write("bad.yaml", "pack: bad\n")
    done = policybridge("check", pack, "maas360")
    assert done.code == Exit.FINDINGS
    assert f"✗ {pack}" in done.out
    assert "✓ maas360" in done.out


@pytest.mark.parametrize("name", ["maas306", "nowhere.yaml"])
def test_a_pack_that_is_not_there_is_a_wrong_command_line(policybridge: Any, name: str) -> None:
    done = policybridge("check", name)
    assert done.code == Exit.UNUSABLE
    assert len(done.err.splitlines()) == 1
    assert name in done.err
    assert "maas360" in done.err  # what there is
    assert "Traceback" not in done.err


def test_where_the_configuration_names_packs_only_those_are_checked(policybridge: Any) -> None:
    policybridge.write("own.yaml", MAAS360.replace("pack: maas360", "pack: own"))
    policybridge.write("policybridge.yaml", f"policy: [own.yaml]\n{WIRED}")
    names = [found["pack"] for found in policybridge("check", "--json").json()]
    assert names == ["own", "policybridge.yaml"]


def test_an_invalid_configuration_is_reported_with_its_place(policybridge: Any) -> None:
    policybridge.write("policybridge.yaml", "policy: maas360\nconnections:\n  acme: {vendor: zendsk}\n")
    done = policybridge("check")
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith("policybridge.yaml:3:")
    assert "zendesk" in done.err


WIRED = (
    "connections: {acme: {vendor: zendesk, groups: {japanese: 1, sales: 2}, tiers: {3: 3}, "
    "statuses: {in_progress: 4, customer_update_required: 5}}}\n"
)
"""A connection with everything that both packs need."""
TWO = f"policy: [maas360, mattermost]\n{WIRED}"


def test_ambiguous_packs_are_reported_with_their_place_and_the_fix(policybridge: Any) -> None:
    policybridge.write("policybridge.yaml", TWO)
    done = policybridge("check")
    assert done.code == Exit.FINDINGS
    assert "✗ policybridge.yaml" in done.out.splitlines()
    (tie,) = (line for line in done.out.splitlines() if "PB004" in line)
    assert tie.startswith("policybridge.yaml:1:9 policy: PB004 found maas360 and mattermost, both with precedence 0")
    assert "`mattermost: {applies_when: {brand: OTHER}}`" in tie
    *packs_found, whole = policybridge("check", "--json").json()
    assert all(found["valid"] for found in packs_found)
    assert (whole["pack"], whole["valid"]) == ("policybridge.yaml", False)
    assert [problem["code"] for problem in whole["problems"] if problem["level"] == "error"] == ["PB004"]

    policybridge.write("policybridge.yaml", f"{TWO}overrides: {{mattermost: {{precedence: 1}}}}\n")
    assert policybridge("check").code == Exit.OK


def test_invalid_overrides_are_reported_at_their_place(policybridge: Any) -> None:
    policybridge.write("policybridge.yaml", f"{TWO}overrides:\n  mattermost: {{precedence: 1, clokcs: []}}\n")
    done = policybridge("check", "--config", "policybridge.yaml", "maas360")
    assert done.code == Exit.FINDINGS
    assert "✓ maas360" in done.out
    [problem] = [line for line in done.out.splitlines() if line.startswith("policybridge.yaml:")]
    assert problem.startswith("policybridge.yaml:4:15 overrides.mattermost: PB003 ")
    assert "'clokcs'" in problem
    assert "did you mean 'clocks'?" in problem


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "overrides: {maas360: {clocks: [{name: nope, remove: true}]}}",
            "overrides.maas360.clocks[0].name: PB003 nothing to remove: found 'nope'; "
            "allowed: first_response, status_update",
        ),
        (
            "overrides: {maas360: {closure: {clausse: null}}}",
            "overrides.maas360.closure.clausse: PB003 nothing to remove: found 'clausse'; allowed: clause, "
            "confirmation_solves, if_unconfirmed; did you mean 'clause'?",
        ),
        ("overrides: {maas360: {nonsense: null}}", "nonsense: PB003 nothing to remove: found 'nonsense'"),
        (
            "rollout: [{mode: off}, {tag: x, mode: off}]",
            "rollout[1]: PB006 it can never match, because an earlier rule",
        ),
        ("rollout: [{group: japan, mode: off}]", "rollout[0]: PB006 group: found 'japan'; allowed: "),
    ],
)
def test_what_is_not_there_cannot_be_removed_or_matched(policybridge: Any, line: str, message: str) -> None:
    policybridge.write("policybridge.yaml", f"policy: maas360\n{line}\n{WIRED}")
    done = policybridge("check", "--config", "policybridge.yaml")
    assert done.code == Exit.FINDINGS
    assert message in done.out


@pytest.mark.parametrize("share", ["0 %", "101 %"])
def test_a_share_of_nobody_or_of_more_than_all_is_one_line(policybridge: Any, share: str) -> None:
    policybridge.write("policybridge.yaml", f"policy: maas360\nrollout: [{{share: {share}, mode: enforce}}]\n{WIRED}")
    done = policybridge("check")
    assert done.code == Exit.UNUSABLE
    assert done.err == (
        f"policybridge.yaml:2:19 rollout[0].share: found '{share}'; allowed: a whole percentage from 1 to 100\n"
    )


def test_a_time_in_the_future_is_refused_as_by_the_server(policybridge: Any) -> None:
    start = "connections: {a: {vendor: odoo, in_force_since: 2999-01-01T00:00:00Z}}"
    policybridge.write("policybridge.yaml", f"policy: maas360\n{start}\n")
    done = policybridge("check", "--config", "policybridge.yaml")
    assert done.code == Exit.FINDINGS
    assert (
        "connections.a.in_force_since: PB007 found 2999-01-01 00:00 UTC, which is in the future; allowed:" in done.out
    )


def test_a_token_of_a_channel_in_the_accounts_file_is_a_warning(policybridge: Any) -> None:
    roles = [
        f"'{key}': {{roles: {{coo: '{contact}'}}}}" for key, contact in enumerate(("env:COO", *["slack://c/c"] * 5))
    ]
    policybridge.write("accounts.yaml", f"accounts: {{{', '.join(roles)}}}\n")
    policybridge.write("policybridge.yaml", f"policy: maas360\naccounts: accounts.yaml\n{WIRED}")
    done = policybridge("check", "--config", "policybridge.yaml")
    assert done.code == Exit.OK
    (line,) = [line for line in done.out.splitlines() if "PB008" in line]
    assert "warning: PB008 found the URL of a channel, with its token, in 1: coo, 2: coo, 3: coo and 2 more;" in line
    assert "slack" not in line


def test_a_rule_for_an_account_that_the_file_does_not_have_is_a_warning(policybridge: Any) -> None:
    policybridge.write("accounts.yaml", "accounts: {'5101': {name: Acme}}\n")
    rules = "rollout: [{account: [Acme, '5101'], mode: shadow}, {account: Acmee, mode: off}]"
    policybridge.write("policybridge.yaml", f"policy: maas360\naccounts: accounts.yaml\n{rules}\n{WIRED}")
    done = policybridge("check", "--config", "policybridge.yaml")
    assert done.code == Exit.OK
    (line,) = [line for line in done.out.splitlines() if "PB006" in line]
    assert "rollout[1]: warning: PB006 found account 'Acmee', which accounts.yaml does not have; " in line
    assert "did you mean 'Acme'? Otherwise " in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("policy: maas360\nconnections: {}", "connections: found {}; allowed: at least 1 item"),
        (
            "policy: maas360\nconnections: {a: {vendor: freshdesk}}",
            "a.vendor: found 'freshdesk'; allowed: odoo",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named_in_plain_words(policybridge: Any, text: str, message: str) -> None:
    policybridge.write("policybridge.yaml", text)
    assert message in policybridge("check", "--config", "policybridge.yaml").err


def test_a_short_token_is_counted_in_characters(policybridge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBRIDGE_CONSOLE_TOKEN", "short")
    expected = "POLICYBRIDGE_CONSOLE_TOKEN: found a value that cannot be used; allowed: at least 15 characters"
    assert expected in policybridge("check").err


def test_another_configuration_can_be_checked(policybridge: Any) -> None:
    policybridge.write("policybridge.yaml", f"policy: maas360\n{WIRED}")
    policybridge.write("next.yaml", TWO)
    assert policybridge("check").code == Exit.OK
    assert policybridge("check", "--config", "next.yaml").code == Exit.FINDINGS
    assert policybridge("check", "maas360", "mattermost").code == Exit.OK, "packs alone know no configuration"
    missing = policybridge("check", "--config", "nowhere.yaml")
    assert (missing.code, missing.out) == (Exit.UNUSABLE, "")


OWN = """
pack: own
title: Own
version: "1"
effective: 2026-01-01
ticket_types: [incident]
facts: {affected: {type: choice, values: [all, some]}}
calendars: {always: {clause: O-1, hours: always}}
severity:
  clause: O-1
  levels: {high: high}
  rows: [{level: high, when: {affected: [all, some]}}]
reactions:
  - {name: money, clause: O-1, when: {affected: all}, group: accounting, notify: [coo], message: question}
escalation:
  stages: [{clause: O-1, level: high, stage: 1, after: 1h, tier: 2}]
waiting:
  - {name: wait, kind: reminders, clause: O-1, statuses: [waiting_development], close_after: 5d}
role_directory: [coo]
templates:
  severity: "{level}"
  notify: "{reason}"
  escalated: "{reason}"
  question: "Is it urgent? {approval_link}"
clauses: {O-1: {heading: All, text: All}}
"""
CARRIED = """
policy: own.yaml
connections:
  desk:
    vendor: zendesk
    facts: {affected: {field: 1, values: {all_users: all, some_users: some}}}
    groups: {accounting: 1}
    tiers: {2: 2}
    statuses: {waiting_development: 3}
    notify: {coo: "mailto://coo@example.com"}
"""


def test_a_connection_that_carries_every_word_of_its_pack_is_valid(policybridge: Any) -> None:
    policybridge.write("own.yaml", OWN)
    policybridge.write("policybridge.yaml", CARRIED)
    policybridge.environment["POLICYBRIDGE_PUBLIC_URL"] = "https://bridge.example.com"
    done = policybridge("check")
    assert done.code == Exit.OK, done.out


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("    groups: {accounting: 1}\n", "group accounting"),
        ("    tiers: {2: 2}\n", "tier 2"),
        ("    statuses: {waiting_development: 3}\n", "status waiting_development"),
    ],
)
def test_a_word_that_a_connection_cannot_carry_is_an_error(policybridge: Any, line: str, word: str) -> None:
    policybridge.write("own.yaml", OWN)
    policybridge.write("policybridge.yaml", CARRIED.replace(line, ""))
    policybridge.environment["POLICYBRIDGE_PUBLIC_URL"] = "https://bridge.example.com"
    done = policybridge("check")
    assert done.code == Exit.FINDINGS
    (problem,) = (each for each in done.out.splitlines() if "PB005" in each)
    assert problem.startswith("policybridge.yaml:")
    assert word in problem


def test_a_link_without_an_address_is_an_error(policybridge: Any) -> None:
    policybridge.write("own.yaml", OWN)
    policybridge.write("policybridge.yaml", CARRIED)
    done = policybridge("check")
    assert done.code == Exit.FINDINGS
    (problem,) = (each for each in done.out.splitlines() if "PB005" in each)
    assert "(question)" in problem
    assert "POLICYBRIDGE_PUBLIC_URL" in problem


@pytest.mark.parametrize(
    ("mode", "rollout", "is_error"),
    [
        ("shadow", "", False),
        ("comment_only", "", True),
        ("enforce", "", True),
        ("shadow", "rollout: [{tag: pilot, mode: enforce}]\n", True),
        ("shadow", "rollout: [{pack: own, connection: desk, mode: comment_only}]\n", True),
        ("shadow", "rollout: [{tag: pilot, mode: off}]\n", False),
    ],
)
def test_a_role_that_nobody_fills_is_an_error_once_a_connection_writes(
    policybridge: Any, mode: str, rollout: str, is_error: bool
) -> None:
    policybridge.write("own.yaml", OWN)
    carried = CARRIED.replace('    notify: {coo: "mailto://coo@example.com"}\n', f"    mode: {mode}\n")
    policybridge.write("policybridge.yaml", carried + rollout)
    policybridge.environment["POLICYBRIDGE_PUBLIC_URL"] = "https://bridge.example.com"
    done = policybridge("check")
    assert done.code == (Exit.FINDINGS if is_error else Exit.OK), done.out
    (problem,) = (each for each in done.out.splitlines() if "PB005" in each)
    assert ("warning: " in problem) is not is_error
    assert "role coo" in problem


@pytest.mark.parametrize(
    ("mail", "contact", "warns"),
    [
        ("", "coo@example.com", True),
        ("", "slack://T/B/c", False),
        ("    mail: mailto://smtp\n", "coo@example.com", False),
    ],
    ids=["no mail server", "a channel", "a mail server"],
)
def test_a_digest_by_mail_needs_a_mail_server(policybridge: Any, mail: str, contact: str, warns: bool) -> None:
    digest = f'roles: {{coo: "{contact}"}}\ndigests: [{{name: daily, clause: O-1, notify: [coo], at: 08:00}}]\n'
    policybridge.write("own.yaml", OWN + digest)
    line = '    notify: {coo: "mailto://coo@example.com"}\n'
    policybridge.write("policybridge.yaml", CARRIED.replace(line, mail))
    policybridge.environment["POLICYBRIDGE_PUBLIC_URL"] = "https://bridge.example.com"
    done = policybridge("check")
    assert done.code == Exit.OK, done.out
    assert ("name the mail server for digests under mail" in done.out) is warns


def test_a_translation_into_a_word_that_no_policy_knows_is_an_error(policybridge: Any) -> None:
    policybridge.write("own.yaml", OWN)
    policybridge.write("policybridge.yaml", CARRIED.replace("all_users: all", "all_users: everybody"))
    policybridge.environment["POLICYBRIDGE_PUBLIC_URL"] = "https://bridge.example.com"
    done = policybridge("check")
    assert done.code == Exit.FINDINGS
    (problem,) = (each for each in done.out.splitlines() if "PB005" in each)
    assert "found 'everybody', which no policy knows; allowed: all, some" in problem


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (
            "    marks: {approvals: {no_gate: {approve: {tag: x}}}}",
            "marks.approvals.no_gate: warning: PB005 found 'no_gate'",
        ),
        (
            "    fields: {severty: 9}",
            "fields.severty: warning: PB005 found 'severty', which no policy uses; did you mean",
        ),
        ("    organizations: {roles: {boss: {field: boss}}}", "organizations.roles.boss: warning: PB005 found 'boss'"),
    ],
)
def test_a_name_of_a_connection_that_no_policy_uses_is_a_warning(policybridge: Any, line: str, named: str) -> None:
    policybridge.write("own.yaml", OWN)
    policybridge.write("policybridge.yaml", f"{CARRIED}{line}\n")
    policybridge.environment["POLICYBRIDGE_PUBLIC_URL"] = "https://bridge.example.com"
    done = policybridge("check")
    assert done.code == Exit.OK, done.out
    (problem,) = (each for each in done.out.splitlines() if "PB005" in each)
    assert named in problem
    assert problem.endswith("orrect the name, or leave it out")
