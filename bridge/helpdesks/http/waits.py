"""Every timeout, pause and cache age of the helpdesk clients in one table. All are seconds."""

from __future__ import annotations

# One HTTP exchange
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0
"""Between two pieces of a response."""
BODY_TIMEOUT_S = 60.0
"""For the whole body of one response, however slowly it arrives."""
ODOO_CONNECT_TIMEOUT_S = 3.0
ODOO_READ_TIMEOUT_S = 40.0
"""Odoo retries a write that collides with another transaction for up to half a minute before it responds."""
ODOO_QUEUE_TIMEOUT_S = 20.0
"""How long a call waits for the calls ahead of it."""
RATE_LIMIT_WAIT_S = 2.0
"""How long a call may wait in its thread for a rate limit. For a longer wait the ticket goes back to the queue."""
PERSON_WAIT_S = 65.0
"""The same for a call for whose result a person waits: by then a limit of calls a minute allows more."""
INSTALL_WAIT_S = 600.0
"""How long one call of ``install`` may wait for rate limits in all: nobody's ticket waits for it."""

# Pauses after an error
UNREACHABLE_PAUSE_S = 15.0
"""After a vendor could not be reached."""
NEEDS_ADMIN_PAUSE_S = 300.0
"""When an administrator has to act first: refused credentials, a wrong address, a name that does not exist."""
RETRY_AFTER_S = 60.0
"""When a vendor sends 429 or 5xx without a usable ``Retry-After``."""
TOKEN_RETRY_AFTER_S = 30.0
"""When Zendesk issues no OAuth token now and does not say how long to wait."""
ODOO_AWAY_PAUSE_S = 60.0
"""When Odoo shows a web page instead of a response: starting up, maintenance."""

# How long something that was sent may still take effect
ODOO_COMMIT_S = 150.0
"""By then an unanswered write of Odoo has been committed or rolled back: by default Odoo ends a request after 120 s."""
ODOO_WEBHOOK_SETTLE_S = 8.0
"""Odoo before 19 sends webhooks inside the transaction, so the change may stay invisible for a few seconds.

Fixed for 19 in https://github.com/odoo/odoo/pull/216018.
"""
ODOO_POST_WITHIN_S = 30.0
"""How soon after its announcement in the log a message is posted, or else not at all."""
ODOO_MEET_S = 3.0
"""How long a new installation waits between announcing a message to the customer and posting it: a post that another
one began before it saw the announcement has ended by then."""
ODOO_MESSAGES_FRESH_S = 3.0
"""How long the list of messages on a ticket is trusted: another worker may have posted in the meantime."""
ZENDESK_SETTLE_S = 2.0
"""``updated_at`` has whole seconds, so a state read within its own second may not be the last one with that stamp."""

# Catch-up sweeps
FIRST_SWEEP_S = 300.0
"""How far back the first sweep looks. Zendesk excludes the last minute, see
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api
"""
RESTARTED_SWEEP_S = 24 * 3600.0
"""How far back a sweep looks when the vendor no longer accepts its cursor."""

# Caches
MISSING_NAMES_S = 10.0
"""The same while something that the configuration names is missing."""
CACHE_S = 600.0
"""People, organizations, stages, teams, tags: everything that rarely changes."""
CLOSED_TICKET_CACHE_S = 24 * 3600.0
"""Tickets that were merged into others: they are closed and never change again."""
