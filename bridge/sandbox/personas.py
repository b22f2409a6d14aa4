"""The sample help desk: people by their roles, and what tickets are about; the same in every vendor's sandbox.

A row begins with the number that the local Zendesk uses as id; other sandboxes number for themselves.
"""

from __future__ import annotations

INTEGRATION = "bridge@vendor.example"
GROUPS = {
    "tier_1": (4101, "Support, tier 1"),
    "tier_2": (4102, "Support, tier 2"),
    "tier_3": (4103, "Support, tier 3"),
    "japanese": (4104, "Support, Japanese"),
}
ORGANIZATIONS = {
    "acme": (5101, "Acme", "acme.example"),
    "sample_bank": (5102, "Sample Bank", "bank.example"),
    "example_air": (5103, "Example Air", "air.example"),
    "nihon_sample": (5104, "Nihon Sample", "nihon.example"),
}
STAFF = {
    "integration": (6100, "Policybridge", INTEGRATION, "admin", ("tier_1", "tier_2", "tier_3", "japanese")),
    "agent_1": (6101, "Agent, tier 1", "agent1@vendor.example", "agent", ("tier_1",)),
    "agent_1b": (6102, "Second agent, tier 1", "agent1b@vendor.example", "agent", ("tier_1", "tier_2")),
    "agent_2": (6103, "Agent, tier 2", "agent2@vendor.example", "agent", ("tier_2",)),
    "agent_3": (6104, "Agent, tier 3", "agent3@vendor.example", "agent", ("tier_3",)),
    "agent_ja": (6105, "Agent, Japanese desk", "agent.ja@vendor.example", "agent", ("japanese", "tier_1")),
    "account_manager": (6110, "Account manager", "am@vendor.example", "agent", ("tier_1",)),
    "customer_service_manager": (6111, "Customer service manager", "csm@vendor.example", "agent", ("tier_1",)),
    "customer_service_director": (6112, "Customer service director", "csd@vendor.example", "agent", ("tier_1",)),
    "support_manager": (6113, "Support manager", "sm@vendor.example", "agent", ("tier_1",)),
    "coo": (6114, "Chief operating officer", "coo@vendor.example", "agent", ("tier_1",)),
}
CUSTOMERS = {
    "helpdesk_acme": (7101, "Help desk, Acme", "helpdesk@acme.example", "acme", "en-US"),
    "employee_acme": (7102, "Employee, Acme", "employee@acme.example", "acme", "en-US"),
    "helpdesk_bank": (7103, "Help desk, Sample Bank", "helpdesk@bank.example", "sample_bank", "en-GB"),
    "helpdesk_air": (7104, "Help desk, Example Air", "helpdesk@air.example", "example_air", "en-US"),
    "helpdesk_nihon": (7105, "Help desk, Nihon Sample", "helpdesk@nihon.example", "nihon_sample", "ja"),
}
FACTS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "affected": (3101, "Affected share", ("all", "significant", "small", "individual")),
    "impact": (3102, "Impact", ("catastrophic", "major", "significant", "minor")),
    "company": (3103, "Company", ()),
    "contact": (3104, "Contact", ()),
    "preferred_contact": (3105, "Preferred means of contact", ()),
    "device": (3106, "Device, operating system", ()),
    "username": (3107, "User or device name", ()),
    "devices_affected": (3108, "Devices affected", ()),
}
"""What customers say about a ticket: number, title, and the words to choose from, if it is not free text."""
