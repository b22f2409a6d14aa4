"""A local Odoo with the community helpdesk: the part of its external API that the bridge uses, over real sockets.

It speaks JSON-RPC as series 18 and 19 do, and JSON-2 as series 19 does, and answers as recorded servers answered, also
where that is inconvenient. ``python -m bridge.sandbox odoo --series 19 --port 0`` starts one;
:class:`bridge.sandbox.odoo.process.OdooSandbox` does so for a test.

The way of a call: a wire (:mod:`json2`, :mod:`jsonrpc`) -> :mod:`calls` (one transaction) -> a model (:mod:`model` and
what is built on it) -> rows (:mod:`tables`); at its end :mod:`automation` posts the webhooks.
"""
