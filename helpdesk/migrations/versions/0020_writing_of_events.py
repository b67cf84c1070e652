"""PostgreSQL writes the events of an action in a function, which can be called together with the commit."""

from alembic import op

from audit.log import renew_functions

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        renew_functions(connection)
