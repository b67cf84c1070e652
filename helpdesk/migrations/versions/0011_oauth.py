"""Codes that applications exchange for a key."""

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId, UtcDateTime
from helpdesk.migrations.accounts import let_the_application_in, separate

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oauth_code",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_oauth_code_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_code_code_hash")),
        sqlite_autoincrement=True,
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        separate(connection, "oauth_code")
        let_the_application_in(connection, context.get_context().opts.get("app_role"), ("oauth_code",))
