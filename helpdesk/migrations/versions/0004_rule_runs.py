"""Which rule acted on which ticket in which chain: each does it once."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("rule_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("context", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_rule_run_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_run")),
        sa.UniqueConstraint("rule_id", "context", "ticket_id", name=op.f("uq_rule_run_rule_id_context_ticket_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rule_run_account_id"), "rule_run", ["account_id"], unique=False)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        separate(connection, "rule_run")
        let_the_application_in(connection, context.get_context().opts.get("app_role"), ("rule_run",))
