"""What programs say that became of a message: when it was sent, opened, deleted, and why it failed."""

import sqlalchemy as sa
from alembic import op

from audit.base import Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket_message", sa.Column("fate", Json, nullable=True))
