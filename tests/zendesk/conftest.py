"""A local Zendesk over real sockets, and connections to it."""

from collections.abc import Callable
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.decision import Action, Citation, Plan
from bridge.decision.records import ActionName, parse_action
from bridge.helpdesks.zendesk.helpdesk import ZendeskHelpdesk, connect
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from mappings.connection import Connection

IDS = seeds.connection()
CITE = Citation(pack="maas360", version="1", clause="MA-14")


@pytest.fixture
def ids() -> dict[str, int]:
    """Ids of the sandbox's groups, fields and statuses by name."""
    return IDS


@pytest.fixture
def sandbox(zendesk_process: ZendeskSandbox) -> ZendeskSandbox:
    """A Zendesk account as on its first day, whose stamps are far from its answers' dates: nothing changes just now."""
    zendesk_process.reset()
    zendesk_process.advance(3600)
    return zendesk_process


@pytest.fixture
def wiring() -> dict[str, Any]:
    """What an admin of the sandbox's account would write into policybridge.yaml."""
    facts = {
        fact: {"field": IDS[f"facts.{fact}"], "values": seeds.option_tags(fact)} for fact in ("affected", "impact")
    }
    return {
        "vendor": "zendesk",
        "mode": "enforce",
        "tiers": {tier: IDS[f"groups.tier_{tier}"] for tier in (1, 2, 3)},
        "groups": {"japanese": IDS["groups.japanese"]},
        "statuses": _named("statuses."),
        "facts": facts | {"company": {"field": IDS["facts.company"]}},
        "fields": _named("fields."),
        "marks": {"escalation": {"tag": "request_escalation"}},
    }


def _named(table: str) -> dict[str, int]:
    return {name.removeprefix(table): number for name, number in IDS.items() if name.startswith(table)}


@pytest.fixture
def oauth(sandbox: ZendeskSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a bridge that is connected by OAuth."""
    for name in ("ZENDESK_EMAIL", "ZENDESK_API_TOKEN", "ZENDESK_SUBDOMAIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZENDESK_URL", sandbox.url)
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_ID", sandbox.client_id)
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET", sandbox.client_secret)


@pytest.fixture
def helpdesk(oauth: None, wiring: dict[str, Any]) -> ZendeskHelpdesk:
    return connect("acme", Connection.model_validate(wiring))


@pytest.fixture
def act() -> Callable[..., Action]:
    """An action of clause MA-14."""

    def make(action: ActionName, value: str | int, key: str, **more: Any) -> Action:
        return parse_action(action, value, key=key, cite=CITE, **more)

    return make


@pytest.fixture
def plan(act: Callable[..., Action]) -> Callable[..., Plan]:
    """A plan from tuples (action, value, key)."""

    def make(*actions: Any) -> Plan:
        return Plan(actions=tuple(a if isinstance(a, Action) else act(*a) for a in actions))

    return make
