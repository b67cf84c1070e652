"""How far lessons have come, and what was answered in drills."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId, Json, UtcDateTime
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0012"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("lesson_run", "drill_result")


def upgrade() -> None:
    op.create_table(
        "lesson_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("learner_id", BigId, nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("props", Json, nullable=False),
        sa.Column("steps", Json, nullable=False),
        sa.Column("started_datetime", UtcDateTime(), nullable=False),
        sa.Column("ended_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lesson_run_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_run")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lesson_run_account_id"), "lesson_run", ["account_id"])
    op.create_index("ix_lesson_run_learner", "lesson_run", ["learner_id", "lesson", "id"])
    op.create_table(
        "drill_result",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("drill", sa.String(length=64), nullable=False),
        sa.Column("story", sa.String(length=64), nullable=False),
        sa.Column("seed", BigId, nullable=False),
        sa.Column("sandbox_id", BigId, nullable=False),
        sa.Column("played", Json, nullable=False),
        sa.Column("started_datetime", UtcDateTime(), nullable=False),
        sa.Column("answered_datetime", UtcDateTime(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("answers", Json, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_drill_result_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_result")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drill_result_user", "drill_result", ["account_id", "user_id", "id"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table in TABLES:
            separate(connection, table)
        let_the_application_in(connection, context.get_context().opts.get("app_role"), TABLES)
