"""The account: one desk with its people, tickets, clock and log; and its settings, one row per type."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, state


class Account(Base):
    """A desk of its own; nothing of one account is visible in another."""

    __tablename__ = "account"
    __account_key__ = "id"

    id: Mapped[int] = key()
    name: Mapped[str] = state(Text)
    domain: Mapped[str] = state(String(63), unique=True)  # the subdomain, "demo"
    mail_address: Mapped[str] = state(String(320), unique=True)  # where customers write to
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    archived_datetime: Mapped[datetime | None] = state(UtcDateTime)  # a classroom's reset opens a new account

    @property
    def is_active(self) -> bool:
        """Whether its people may log in and its timers run."""
        return self.deactivated_datetime is None and self.archived_datetime is None


class AccountSetting(AccountScoped, Base):
    """One setting, such as `business-hours`; saved searches are settings, too."""

    __tablename__ = "account_setting"
    __owner__ = ("account_id", "Account")
    __table_args__ = (UniqueConstraint("account_id", "type", "name"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    type: Mapped[str] = fixed(String(64))
    name: Mapped[str] = state(Text, default="")
    data: Mapped[dict[str, Any]] = state(Json)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
