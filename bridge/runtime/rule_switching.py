"""Switching a helpdesk's own rules off, and on again: recorded before it is done, so that it can be undone.

What was seen when a rule was examined must still be there; a rule that somebody has edited since stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.errors import BridgeError
from bridge.helpdesks.rule_switch import RuleSwitch
from bridge.ports.audit import audit_entry
from bridge.ports.examined_rules import ExaminedRule
from bridge.ports.store import Store
from mappings.native_rules import Source


@dataclass(frozen=True)
class Switched:
    """What became of one rule."""

    rule: ExaminedRule
    problem: str = ""
    """Why it was left as it is; empty: it was switched."""
    remark: str = ""


@dataclass(frozen=True)
class RuleSwitching:
    """The rules of one connection."""

    store: Store
    switch: RuleSwitch
    who: str

    def switch_off(self, rules: Iterable[ExaminedRule], now: datetime) -> Iterator[Switched]:
        """Switch off what is still as it was examined. Raises :mod:`bridge.errors`; what was done stays recorded."""
        for rule in rules:
            digest = self.switch.digest(_source(rule))
            if digest != rule.digest:
                what = "was changed" if digest else "was deleted"
                yield Switched(rule, f"it {what} after it was examined; run `policybridge conflicts` again")
                continue
            intended = replace(rule, switched_off_at=now)
            self.store.record_switch(intended)
            try:
                after = self.switch.switch(_source(rule), on=False)
            except BridgeError:
                if self.switch.digest(_source(rule)) == rule.digest:
                    self.store.record_switch(rule)
                raise
            done = replace(intended, digest_off=after)
            self.store.record_switch(
                done, audit_entry("rule_off", f"{rule} switched off by {self.who}", rule.detail, now)
            )
            yield Switched(done)

    def restore(self, rules: Iterable[ExaminedRule], now: datetime) -> Iterator[Switched]:
        """Switch on again what was switched off, unless somebody has edited it since."""
        for rule in rules:
            source, back = _source(rule), replace(rule, switched_off_at=None, digest_off="")
            digest = self.switch.digest(source)
            if not digest or self.switch.is_on(source):
                remark = "somebody has switched it on already" if digest else "it was deleted"
                self.store.record_switch(back, audit_entry("rule_on", f"{rule}: {remark}", "", now))
                yield Switched(back, remark=remark)
            elif rule.digest_off and digest != rule.digest_off:
                yield Switched(rule, "it was changed after it was switched off; switch it on in the helpdesk")
            else:
                self.switch.switch(source, on=True)
                entry = audit_entry("rule_on", f"{rule} switched on again by {self.who}", "", now)
                self.store.record_switch(back, entry)
                yield Switched(back)


def _source(rule: ExaminedRule) -> Source:
    return Source(rule.kind, rule.id, rule.title)
