"""The API's own tables: how full each key's bucket is, and what a repeated call is answered."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId, UtcDateTime
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_bucket",
        sa.Column("api_key_id", BigId, autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("filled_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("api_key_id", name=op.f("pk_api_bucket")),
    )
    op.create_table(
        "api_answer",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("api_key_id", BigId, nullable=False),
        sa.Column("word", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_answer_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_answer")),
        sa.UniqueConstraint("api_key_id", "word", name=op.f("uq_api_answer_api_key_id_word")),
        sqlite_autoincrement=True,
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table in ("api_bucket", "api_answer"):
            separate(connection, table)
        role = context.get_context().opts.get("app_role")
        let_the_application_in(connection, role, ("api_bucket", "api_answer"))
