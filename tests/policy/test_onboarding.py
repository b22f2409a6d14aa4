"""What people are told of an onboarding stage that was left out."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.account import Account
from bridge.decision import Finding, Severity, Tag
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy

from .ticket_simulation import CREATED, TicketSimulation

oncleversoft = load_policy("oncleversoft")
STAGES = ("study", "sla_established", "contract_signed", "support_initiated", "internal_testing")


def found(onboarding: Any, *skips: str) -> tuple[bool, list[Finding]]:
    """Whether a ticket of such an account is marked, and what is reported."""
    overrides = {"onboarding": {"may_skip": list(skips)}} if skips else {}
    account = Account(name="Acme", onboarding=onboarding, overrides=overrides)
    decision = evaluate(TicketSimulation.fresh(oncleversoft).ticket, account, oncleversoft, CREATED)
    marked = any(desired.target == Tag("policy_onboarding") for desired in decision.desired)
    return marked, [finding for finding in decision.findings if finding.code == "onboarding_skipped"]


@pytest.mark.parametrize("reached", range(len(STAGES)))
def test_stages_in_their_order_are_nothing_to_report(reached: int) -> None:
    assert found(STAGES[: reached + 1]) == (reached < STAGES.index("support_initiated"), [])
    assert found(STAGES[reached]) == (reached < STAGES.index("support_initiated"), [])


def test_an_account_of_which_nothing_is_known_is_left_alone() -> None:
    assert found(None) == found(()) == (False, [])


def test_a_stage_that_was_left_out_is_a_warning_that_says_what_to_do() -> None:
    marked, (finding,) = found(["study", "contract_signed", "support_initiated"])
    assert marked
    assert (finding.severity, finding.cite.clause) == (Severity.WARNING, "OC-06")
    assert finding.because == (
        "onboarding is at support initiated, without sla established: the account counts as before sla established; "
        "add the completed stages to its onboarding, or allow the omission in the account: "
        "overrides: {onboarding: {may_skip: [sla_established]}}"
    )


def test_what_an_override_allows_stays_in_view() -> None:
    marked, (finding,) = found(["study", "contract_signed", "support_initiated"], "sla_established")
    assert not marked
    assert finding.severity is Severity.INFO
    assert finding.because.endswith("without sla established: an override of the account allows this")


def test_the_override_itself_is_named_in_the_explanation() -> None:
    account = Account(name="Acme", onboarding="study", overrides={"onboarding": {"may_skip": ["study"]}})
    rules = evaluate(TicketSimulation.fresh(oncleversoft).ticket, account, oncleversoft, CREATED).rules
    (terms,) = (rule for rule in rules if rule.rule == "contract terms")
    assert terms.because == "the contract of Acme replaces onboarding"
