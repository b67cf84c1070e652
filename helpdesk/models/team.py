"""Teams and who is in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, state


class Team(AccountScoped, Base):
    """A group of team members to whom tickets can be assigned."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    name: Mapped[str] = state(Text)
    description: Mapped[str | None] = state(Text)
    decoration: Mapped[dict[str, Any] | None] = state(Json, words="emoji")  # {"emoji": …}
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)

    members: Mapped[list["TeamMember"]] = relationship(
        cascade="all, delete-orphan", order_by="TeamMember.id", back_populates="team"
    )

    @property
    def emoji(self) -> str:
        """The sign before its name, if it has one."""
        return str((self.decoration or {}).get("emoji") or "")


class TeamMember(AccountScoped, Base):
    """A team member's place in a team."""

    __tablename__ = "team_member"
    __owner__ = ("team_id", "Team")
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    team_id: Mapped[int] = fixed(BigId, ForeignKey("team.id"))
    user_id: Mapped[int] = fixed(BigId, ForeignKey("user.id"), index=True)

    team: Mapped[Team] = relationship(back_populates="members")
