"""Macros, applied by agents, and rules, applied by the desk."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, state, unlogged


class Macro(AccountScoped, Base):
    """A set of actions with a name; the version goes up with each change of wording."""

    __tablename__ = "macro"

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    name: Mapped[str] = state(Text)
    version: Mapped[int] = state(Integer, default=1)
    actions: Mapped[list[Any]] = state(Json, default=list)  # [{"name", "title", "type", "arguments"}]
    external_id: Mapped[str | None] = state(String(255))
    intent: Mapped[str | None] = state(String(64))
    language: Mapped[str | None] = state(String(8))
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    archived_datetime: Mapped[datetime | None] = state(UtcDateTime)


class Rule(AccountScoped, Base):
    """What the desk does by itself when something happens or a time comes; a draft is a suggestion not yet taken up."""

    __tablename__ = "rule"
    __table_args__ = (Index("ix_rule_priority", "account_id", "priority", "id"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    name: Mapped[str] = state(Text)
    version: Mapped[int] = state(Integer, default=1)
    description: Mapped[str | None] = state(Text)
    code: Mapped[str] = state(Text)
    code_ast: Mapped[dict[str, Any] | None] = state(Json, words=None)  # follows the code
    event_types: Mapped[str | None] = state(Text, words="set off by")  # comma-separated
    schedule: Mapped[str | None] = state(String(255))  # a cron line
    priority: Mapped[int] = state(Integer, default=0)
    is_draft: Mapped[bool] = state(Boolean, default=False)
    suggested_ticket_id: Mapped[int | None] = fixed(BigId)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    failures_in_a_row: Mapped[int] = unlogged("cursors", Integer, default=0)
    next_run_datetime: Mapped[datetime | None] = unlogged("cursors", UtcDateTime)
