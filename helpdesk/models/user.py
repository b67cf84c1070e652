"""Team members, what their roles let them do, and their API keys."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import derived, fixed, key, secret, state, unlogged


class Role(StrEnum):
    """What a team member may do, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    LEAD = "lead"
    BASIC = "basic"
    LITE = "lite"
    OBSERVER = "observer"


class User(AccountScoped, Base):
    """A team member; their address is unique in the installation, so that a log-in needs no account name."""

    __tablename__ = "user"

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    email: Mapped[str] = state(String(320))
    email_key: Mapped[str] = derived(lambda row: str(row["email"]).lower(), String(320), unique=True)
    name: Mapped[str] = state(Text)
    role: Mapped[str] = state(String(16))
    active: Mapped[bool] = state(Boolean, default=True)
    bio: Mapped[str | None] = state(Text)
    country: Mapped[str | None] = state(String(2))
    language: Mapped[str | None] = state(String(8))
    timezone: Mapped[str | None] = state(String(64))
    external_id: Mapped[str | None] = state(String(255))
    meta: Mapped[dict[str, Any] | None] = state(Json)
    password_hash: Mapped[str | None] = secret(Text)
    invitation_digest: Mapped[str | None] = secret(String(64))
    invitation_expires: Mapped[datetime | None] = state(UtcDateTime)
    reset_digest: Mapped[str | None] = secret(String(64))
    reset_expires: Mapped[datetime | None] = state(UtcDateTime)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime] = state(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)

    @property
    def firstname(self) -> str:
        """The first word of the name."""
        return self.name.split(" ", 1)[0] if self.name else ""

    @property
    def lastname(self) -> str:
        """The last word of the name, if there is more than one."""
        words = self.name.split()
        return words[-1] if len(words) > 1 else ""


class ApiKey(AccountScoped, Base):
    """A key with which a program acts as its user; also an OAuth grant."""

    __tablename__ = "api_key"
    __table_args__ = (Index("ix_api_key_key_hash", "key_hash"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    user_id: Mapped[int] = fixed(BigId)
    name: Mapped[str] = state(Text)
    kind: Mapped[str] = fixed(String(16), default="key")  # or "oauth"
    prefix: Mapped[str] = fixed(String(16))  # the first characters, to tell keys apart
    key_hash: Mapped[str] = secret(String(64))
    refresh_hash: Mapped[str | None] = secret(String(64))
    scopes: Mapped[str | None] = state(Text)
    client_id: Mapped[str | None] = fixed(String(64))
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    expires_datetime: Mapped[datetime | None] = state(UtcDateTime)
    revoked_datetime: Mapped[datetime | None] = state(UtcDateTime)
    last_used_datetime: Mapped[datetime | None] = unlogged("last use", UtcDateTime)
