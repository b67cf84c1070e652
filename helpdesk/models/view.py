"""Views: saved lists of tickets, private, shared or public."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, state


class View(AccountScoped, Base):
    """A list of tickets by filter, order and columns."""

    __tablename__ = "view"

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    name: Mapped[str] = state(Text, default="")
    slug: Mapped[str] = state(String(255), default="", words=None)
    type: Mapped[str] = fixed(String(32), default="ticket-list")
    category: Mapped[str] = fixed(String(16), default="user")  # or "system"
    visibility: Mapped[str] = state(String(16), default="public")
    owner_user_id: Mapped[int | None] = fixed(BigId, words=None)
    decoration: Mapped[dict[str, Any] | None] = state(Json, words="emoji")
    fields: Mapped[list[Any]] = state(Json, default=list, words="columns")
    filters: Mapped[str] = state(Text, default="", words="filter")
    filters_ast: Mapped[dict[str, Any] | None] = state(Json, words=None)
    order_by: Mapped[str] = state(String(64), default="updated_datetime")
    order_dir: Mapped[str] = state(String(4), default="desc")
    search: Mapped[str | None] = state(Text)
    section_id: Mapped[int | None] = state(BigId)
    position: Mapped[int] = state(Integer, default=0)
    shared_with_teams: Mapped[list[Any]] = state(Json, default=list)
    shared_with_users: Mapped[list[Any]] = state(Json, default=list)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)
