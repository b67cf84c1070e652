"""Indexes for what acted, who set it off, and the ways that few desks use much: each holds few of all events."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_event_doer", ("actor_kind", "created_datetime", "actor_id", "type"), "actor_kind <> 'user'"),
    ("ix_event_initiator", ("initiator_id", "created_datetime", "type"), "initiator_id IS NOT NULL"),
    ("ix_event_source", ("source", "created_datetime", "type"), "source NOT IN ('web', 'email', 'automation')"),
)


def upgrade() -> None:
    for name, columns, held in _INDEXES:
        op.create_index(
            name, "event", ["account_id", *columns], sqlite_where=sa.text(held), postgresql_where=sa.text(held)
        )
