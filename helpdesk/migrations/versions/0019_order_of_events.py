"""PostgreSQL sees with one look that the events of one action are in order."""

from alembic import op

from audit.log import renew_functions

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        renew_functions(connection)
