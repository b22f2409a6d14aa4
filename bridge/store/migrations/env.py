"""Run by Alembic; the connection comes from :func:`bridge.store.migrate.upgrade`, already in its transaction."""

from alembic import context

from bridge.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
