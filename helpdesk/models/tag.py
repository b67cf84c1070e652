"""Tags."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, state


class Tag(AccountScoped, Base):
    """A word that is put on tickets; its name is case-sensitive."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    name: Mapped[str] = state(String(256))
    description: Mapped[str | None] = state(String(1024))
    decoration: Mapped[dict[str, Any] | None] = state(Json, words="colour")  # {"color": "#rrggbb"}
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)

    @property
    def color(self) -> str | None:
        """The colour that somebody chose for it."""
        return (self.decoration or {}).get("color")
