"""Calls wait by the desk's clock; echoes, a shop's reports and notices are kept; orders are fulfilled."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId, Json, UtcDateTime
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0006"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("echo_call", "shop_report", "notice")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("due_datetime", UtcDateTime(), nullable=True))
    op.create_table(
        "echo_call",
        *_every_table("echo_call"),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("received_datetime", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "shop_report",
        *_every_table("shop_report"),
        sa.Column("integration_id", BigId, nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("received_datetime", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("integration_id", "report_id", name=op.f("uq_shop_report_integration_id_report_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice",
        *_every_table("notice"),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("read_datetime", UtcDateTime(), nullable=True),
        sqlite_autoincrement=True,
    )
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_account_id"), table, ["account_id"], unique=False)
    op.create_index("ix_notice_user", "notice", ["user_id", "read_datetime", "id"], unique=False)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('desk.account', 'all', true)")
        for table in TABLES:
            separate(connection, table)
        let_the_application_in(connection, context.get_context().opts.get("app_role"), TABLES)
    # What had left the shop is called as its own trade calls it.
    connection.exec_driver_sql("UPDATE shop_order SET status = 'fulfilled' WHERE status = 'shipped'")


def _every_table(name: str) -> tuple[sa.Column[int] | sa.Constraint, ...]:
    return (
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{name}_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
