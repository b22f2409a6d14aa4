"""Local helpdesks: the parts of Zendesk's and Odoo's APIs that the bridge uses, as real HTTP servers.

For the demo and for tests. A sandbox keeps the vendor's rules, also the inconvenient ones, so that the bridge
meets over real sockets what a real account would do to it. It knows nothing of the bridge. ``python -m bridge.sandbox
zendesk`` or ``... odoo`` starts one; :class:`bridge.sandbox.zendesk.process.ZendeskSandbox` and
:class:`bridge.sandbox.odoo.process.OdooSandbox` do so for a test.
"""
