"""The conditions of an installation: everything that has to work, what it means when it does not, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Condition(StrEnum):
    """One thing that has to work, of the whole installation or of each connection."""

    DATABASE = "database"
    RECORDS = "records"
    POLICIES = "policies"
    REVIEWS = "reviews"
    CALLS = "calls"
    ACCESS = "access"
    CLOCK = "clock"
    SETUP = "setup"
    WRITES = "writes"
    SOLE_WRITER = "sole_writer"
    SWEEP = "sweep"
    WEBHOOKS = "webhooks"
    NATIVE_RULES = "native_rules"
    DIGESTS = "digests"

    @property
    def label(self) -> str:
        """What has to work, for people."""
        return _CONDITIONS[self].label

    @property
    def failure(self) -> str:
        """The opposite of the label, for people."""
        return _CONDITIONS[self].failure

    @property
    def advice(self) -> str:
        """What to do when it does not."""
        return _CONDITIONS[self].advice

    @property
    def is_of_connection(self) -> bool:
        """Whether each connection has its own."""
        return _CONDITIONS[self].is_of_connection

    @property
    def patience(self) -> int:
        """How many failures in a row make it fail: a few may be about single tickets."""
        return _CONDITIONS[self].patience

    @property
    def is_needed(self) -> bool:
        """Whether the installation is not ready without it."""
        return _CONDITIONS[self].is_needed


@dataclass(frozen=True)
class _Meaning:
    label: str
    failure: str
    advice: str
    is_of_connection: bool = True
    patience: int = 1
    is_needed: bool = True


_CONDITIONS = {
    Condition.DATABASE: _Meaning(
        "database can be written",
        "The database cannot be written",
        "check that the database is running and has space, and that its files may be written",
        is_of_connection=False,
    ),
    Condition.RECORDS: _Meaning(
        "reviews can be recorded",
        "A review cannot be recorded",
        "report this bug with the error in the log; the ticket is tried again",
        is_of_connection=False,
    ),
    Condition.POLICIES: _Meaning(
        "a policy is loaded",
        "No policy is loaded",
        "name one under policy in policybridge.yaml",
        is_of_connection=False,
    ),
    Condition.REVIEWS: _Meaning(
        "due tickets are reviewed",
        "Due tickets are not reviewed",
        "check that `policybridge serve` is running",
        is_of_connection=False,
    ),
    Condition.CALLS: _Meaning(
        "the helpdesk answers",
        "The helpdesk does not answer",
        "check the network and the helpdesk's status page; tickets wait and are reviewed once it answers",
        patience=3,
    ),
    Condition.ACCESS: _Meaning(
        "the helpdesk accepts our credentials",
        "The helpdesk refuses access",
        "run `policybridge doctor` and renew the credentials or their rights; tickets wait until they work",
    ),
    Condition.CLOCK: _Meaning(
        "our clock and the helpdesk's agree",
        "Our clock is not confirmed by the helpdesk's",
        "check that the helpdesk answers, and set this machine's clock (NTP); nothing is written meanwhile, and "
        "writing resumes by itself",
    ),
    Condition.SETUP: _Meaning(
        "everything that is configured exists in the helpdesk",
        "Something configured does not exist",
        "create it again or correct policybridge.yaml; `policybridge doctor` names what is missing",
    ),
    Condition.WRITES: _Meaning(
        "writes succeed",
        "Writes are refused",
        "give the integration user the right to change tickets; tickets wait until a write succeeds",
        patience=3,
    ),
    Condition.SOLE_WRITER: _Meaning(
        "no other installation writes",
        "Another installation writes",
        "stop the one that is not to continue, and run `policybridge takeover` where the other one runs",
    ),
    Condition.SWEEP: _Meaning(
        "the sweep finds changed tickets",
        "The sweep fails",
        "run `policybridge doctor`; changes without a webhook are found later",
    ),
    Condition.WEBHOOKS: _Meaning(
        "webhooks arrive",
        "Webhooks do not arrive",
        "run `policybridge doctor` and check the webhook in the helpdesk; the sweep finds changes meanwhile, later",
        patience=3,
        is_needed=False,
    ),
    Condition.NATIVE_RULES: _Meaning(
        "no rule of the helpdesk acts against a policy",
        "A rule of the helpdesk acts against a policy",
        "run `policybridge conflicts`; it shows what each rule does, and what to do about it",
        is_needed=False,
    ),
    Condition.DIGESTS: _Meaning(
        "digests are sent",
        "A digest cannot be sent",
        "correct mail or notify of the connection, or the contact of the role; it is tried again every two minutes",
        is_needed=False,
    ),
}


@dataclass(frozen=True)
class ConditionState:
    """What is recorded of one condition."""

    condition: Condition
    connection: str = ""
    """Empty: of the whole installation."""
    succeeded_at: datetime | None = None
    """When it last succeeded, give or take a few seconds."""
    failing_since: datetime | None = None
    failures: int = 0
    """Failures in a row."""
    detail: str = ""
    """What happened last."""

    @property
    def is_failing(self) -> bool:
        return self.failures >= self.condition.patience


class ConditionStore(Protocol):
    """Keeps what last succeeded and what fails, for all processes; what cannot be saved, for this one."""

    def succeeded(self, condition: Condition, at: datetime, connection: str = "") -> None:
        """Note a success; saved every few seconds, and at once if it ends a failure. Never raises."""

    def failed(self, condition: Condition, at: datetime, detail: str, connection: str = "") -> ConditionState:
        """Note a failure, and return what it has come to. Never raises."""

    def conditions(self) -> Sequence[ConditionState]:
        """Everything that is recorded. Never raises."""

    def condition(self, condition: Condition, connection: str = "") -> ConditionState:
        """What is recorded of one condition; nothing yet counts as well. Never raises."""

    def clock_problem(self) -> str:
        """Why this machine's clock is not to be trusted beside other hosts; empty: it agrees with the database's."""
