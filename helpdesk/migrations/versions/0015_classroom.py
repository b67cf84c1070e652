"""The places of trainees in classrooms."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seat",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("trainer_id", BigId, nullable=False),
        sa.Column("classroom", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_seat_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("account_id", name=op.f("uq_seat_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_seat_trainer_id_classroom", "seat", ["trainer_id", "classroom"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        separate(connection, "seat")
        let_the_application_in(connection, context.get_context().opts.get("app_role"), ("seat",))
