"""Orders of the simulated shop, who looks at a ticket just now, and room below the views that people make."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId, Json, UtcDateTime
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: The numbers up to here are the system views', the same in every account.
_SYSTEM_VIEWS = 100


def upgrade() -> None:
    op.add_column("read_mark", sa.Column("seen_datetime", UtcDateTime(), nullable=True))
    op.create_table(
        "shop_order",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("integration_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("cancelled_datetime", UtcDateTime(), nullable=True),
        sa.Column("refunded_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_shop_order_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order")),
        sa.UniqueConstraint("integration_id", "number", name=op.f("uq_shop_order_integration_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shop_order_customer", "shop_order", ["account_id", "customer_id"], unique=False)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        separate(connection, "shop_order")
        let_the_application_in(connection, context.get_context().opts.get("app_role"), ("shop_order",))
        sequence = "pg_get_serial_sequence('view', 'id')"
        connection.exec_driver_sql(f"SELECT setval({sequence}, greatest({_SYSTEM_VIEWS}, nextval({sequence})))")
    else:
        connection.exec_driver_sql(f"UPDATE sqlite_sequence SET seq = max(seq, {_SYSTEM_VIEWS}) WHERE name = 'view'")
        connection.exec_driver_sql(
            "INSERT INTO sqlite_sequence (name, seq)"
            f" SELECT 'view', {_SYSTEM_VIEWS} WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'view')"
        )
