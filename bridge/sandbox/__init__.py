"""A local Zendesk: the part of the Support API that the bridge uses, as a real HTTP server of its own process.

For the demo and for tests. It keeps the vendor's rules, also the inconvenient ones, so that the bridge meets over real
sockets what a real account would do to it. ``python -m bridge.sandbox zendesk --port 0`` starts one;
:class:`bridge.sandbox.process.ZendeskSandbox` does so for a test. A local Odoo is in :mod:`bridge.sandbox.odoo`.
"""

from __future__ import annotations

from bridge.sandbox.zendesk.seeds import connection

__all__ = ["connection"]
