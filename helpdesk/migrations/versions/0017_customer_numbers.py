"""A customer's number in another system is found at once: no two customers have the same."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_external", "customer", ["account_id", "external_id"])
