"""What the contract of a customer changes, with every vendor: its end in mid-case, contacts, languages, terms."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .conftest import VendorScenario
from .policy_words import COMPLETION, clocks, laid_over, said

UTC = {"time_zone": "UTC"}
PERIOD = {"clause": "MA-01", "expired_tag": "support_expired", "note": "expired", "if_late": "act"}
RENEWAL = {"before": "30d", "tag": "renewal_due", "notify": ["account_manager"], "if_late": "act"}
TEXTS = {"expired": "Support has ended ({clause}): {reason}."}
LATER = COMPLETION | {"targets": {"high": "3d"}}
"""A clock that is due after midnight, whatever the time of day."""


def last_day(now: datetime) -> str:
    """Today in UTC, so that support ends at midnight."""
    return f"{now.astimezone(ZoneInfo('UTC')):%Y-%m-%d}"


def until_after_midnight(now: datetime) -> float:
    return (timedelta(days=1, minutes=1) - timedelta(hours=now.hour, minutes=now.minute)).total_seconds()


@laid_over(support_period=PERIOD | {"open_tickets": "end", "renewal": RENEWAL}, clocks=[LATER], templates=TEXTS)
def test_a_contract_that_ends_in_mid_case_ends_its_clocks_and_reminders(scenario: VendorScenario) -> None:
    now = scenario.vendor.now()
    scenario.agree(**UTC, support={"ends": last_day(now)})
    number = scenario.vendor.open("Console slow", affected="significant")
    scenario.vendor.answer(number, "Since when?")
    scenario.settle()
    assert "policy_renewal_due" in scenario.see(number).tags
    assert scenario.vendor.roles["account_manager"] in scenario.vendor.called_upon(number)
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(seconds=until_after_midnight(now))
    assert [clock.state for clock in clocks(scenario, number, "completion")] == ["cancelled"]
    seen = scenario.see(number)
    assert "policy_support_expired" in seen.tags
    assert "Support has ended (MA-01): support ends " in said(seen)
    scenario.later(days=8)
    seen = scenario.see(number)
    assert (list(seen.public), seen.status) == (["Since when?"], "customer_update_required")


@laid_over(support_period=PERIOD | {"open_tickets": "go_on"}, clocks=[LATER], templates=TEXTS)
def test_a_ticket_from_before_the_end_is_served_until_it_is_solved(scenario: VendorScenario) -> None:
    now = scenario.vendor.now()
    scenario.agree(**UTC, support={"ends": last_day(now)})
    early = scenario.vendor.open("Console slow", affected="significant")
    scenario.settle()
    scenario.later(seconds=until_after_midnight(now))
    late = scenario.vendor.open("Console slow again", affected="significant")
    scenario.settle()
    assert [clock.state for clock in clocks(scenario, early, "completion")] == ["running"]
    assert clocks(scenario, late, "completion") == []
    expired = {number: "policy_support_expired" in scenario.see(number).tags for number in (early, late)}
    assert expired == {early: False, late: True}


@laid_over(
    contact_list={"note": "not_listed", "changes_clause": "MA-23"},
    language={"clause": "MA-02", "languages": ["ja"], "tag": "language_not_agreed"},
    onboarding={
        "clause": "MA-23",
        "before": "support_initiated",
        "tag": "not_onboarded",
        "may_skip": ["sla_established"],
    },
    contract_terms={"clause": "MA-23"},
    templates={"not_listed": "Not a contact ({clause}): {reason}."},
)
def test_contacts_language_onboarding_and_terms_of_an_account(scenario: VendorScenario) -> None:
    words = {"language_not_agreed", "not_onboarded", "redirect_helpdesk"}
    ours = {f"policy_{word}" for word in words}
    text = "Nobody in our office can enrol a new device, and we have no idea why that is"
    scenario.agree(contacts=["somebody.else@example.com"], onboarding="study")
    before = scenario.vendor.open("Console down", affected="individual", text=text)
    scenario.settle()
    seen = scenario.see(before)
    assert (ours & seen.tags, seen.priority) == (ours, "low")
    assert "is not a contact of" in said(seen)
    terms = {"severity": {"levels": {"low": "normal"}}}
    stages = ["study", "contract_signed", "support_initiated"]
    scenario.agree(agreed_languages=["en"], onboarding=stages, overrides=terms)
    after = scenario.vendor.open("Console down again", affected="individual", text=text)
    scenario.settle()
    seen = scenario.see(after)
    assert (ours & seen.tags, seen.priority) == (set(), "normal")
    decision = scenario.reviews(after)[-1].decision
    assert decision
    [because] = [rule.because for rule in decision.rules if rule.rule == "contract terms"]
    assert because.endswith("replaces severity, languages")
