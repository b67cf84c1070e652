"""A code of OAuth that was used is kept until it is too old: brought a second time, it shuts what it opened."""

import sqlalchemy as sa
from alembic import op

from audit.base import BigId

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("oauth_code", sa.Column("api_key_id", BigId, nullable=True))
