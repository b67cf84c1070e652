"""Runs migrations on the connection that `helpdesk.migrations.upgrade` hands over."""

from alembic import context

import helpdesk.models  # noqa: F401  # the tables
from audit.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    app_role=context.config.attributes.get("app_role"),
    render_as_batch=False,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
