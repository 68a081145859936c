"""Called by Alembic; the connection comes from `upgrade`."""

from alembic import context

from comity_node.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
