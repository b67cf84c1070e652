"""Jobs begin by the desk's clock and take turns by the one on the wall; calls to be tried again are found at once."""

import sqlalchemy as sa
from alembic import op

from audit.base import UtcDateTime

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("turn_datetime", UtcDateTime(), nullable=True))
    op.execute("UPDATE job SET turn_datetime = scheduled_datetime")
    again = sa.text("due_datetime IS NOT NULL")
    op.create_index(
        "ix_delivery_again", "delivery", ["account_id", "due_datetime"], sqlite_where=again, postgresql_where=again
    )
