"""The ticket, the tags on it, its custom fields, and the numbers that lead to it after a merge."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, state
from helpdesk.models.customer import Customer
from helpdesk.models.tag import Tag
from helpdesk.models.team import Team
from helpdesk.models.user import User

if TYPE_CHECKING:
    from helpdesk.models.extras import SatisfactionSurvey
    from helpdesk.models.message import TicketMessage


class Ticket(AccountScoped, Base):
    """A conversation with a customer: open or closed (snoozed: closed until a date), with spam and trash as marks."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_list", "account_id", "updated_datetime", "id"),
        Index("ix_ticket_created", "account_id", "created_datetime", "id"),
        Index("ix_ticket_snooze", "account_id", "snooze_datetime"),
        Index("ix_ticket_trash", "account_id", "trashed_datetime"),
        Index("ix_ticket_customer", "customer_id"),
        Index("ix_ticket_assignee", "account_id", "assignee_user_id"),
        Index("ix_ticket_team", "account_id", "assignee_team_id"),
    )

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    row_version: Mapped[int] = state(Integer, default=1)
    subject: Mapped[str | None] = state(String(998))
    status: Mapped[str] = state(String(8), default="open")
    priority: Mapped[str] = state(String(8), default="normal")
    channel: Mapped[str] = state(String(64))
    via: Mapped[str] = fixed(String(64))
    from_agent: Mapped[bool] = fixed(Boolean, default=False)
    language: Mapped[str | None] = state(String(8))
    spam: Mapped[bool] = state(Boolean, default=False)
    customer_id: Mapped[int] = state(BigId, ForeignKey("customer.id"))
    assignee_user_id: Mapped[int | None] = state(BigId, ForeignKey("user.id"))
    assignee_team_id: Mapped[int | None] = state(BigId, ForeignKey("team.id"), words="team")
    external_id: Mapped[str | None] = state(String(255))
    meta: Mapped[dict[str, Any] | None] = state(Json)
    summary: Mapped[str | None] = state(Text)
    excerpt: Mapped[str | None] = state(String(200), words=None)
    messages_count: Mapped[int] = state(Integer, default=0)
    imported: Mapped[bool] = fixed(Boolean, default=False)
    excluded_from_csat: Mapped[bool] = state(Boolean, default=False)
    excluded_from_auto_merge: Mapped[bool] = state(Boolean, default=False)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime] = state(UtcDateTime)
    opened_datetime: Mapped[datetime | None] = state(UtcDateTime)
    last_message_datetime: Mapped[datetime | None] = state(UtcDateTime, words=None)
    last_received_message_datetime: Mapped[datetime | None] = state(UtcDateTime, words=None)
    closed_datetime: Mapped[datetime | None] = state(UtcDateTime)
    snooze_datetime: Mapped[datetime | None] = state(UtcDateTime)
    trashed_datetime: Mapped[datetime | None] = state(UtcDateTime)

    # The ledger counts row_version itself, so that the log sees it; SQLAlchemy only checks it.
    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    # To look at only: verbs set the numbers, and a thousand tickets flush the faster.
    customer: Mapped[Customer] = relationship(viewonly=True)
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_user_id], viewonly=True)
    team: Mapped[Team | None] = relationship(foreign_keys=[assignee_team_id], viewonly=True)
    survey: Mapped["SatisfactionSurvey | None"] = relationship(
        viewonly=True, primaryjoin="foreign(SatisfactionSurvey.ticket_id) == Ticket.id"
    )
    messages: Mapped[list["TicketMessage"]] = relationship(
        cascade="all, delete-orphan",
        order_by="TicketMessage.created_datetime, TicketMessage.id",
        back_populates="ticket",
    )
    tag_links: Mapped[list["TicketTag"]] = relationship(
        cascade="all, delete-orphan", order_by="TicketTag.id", back_populates="ticket"
    )
    aliases: Mapped[list["TicketAlias"]] = relationship(cascade="all, delete-orphan", order_by="TicketAlias.id")
    field_values: Mapped[list["TicketFieldValue"]] = relationship(
        cascade="all, delete-orphan", order_by="TicketFieldValue.id"
    )

    @property
    def tags(self) -> list[Tag]:
        """The tags on it, in the order in which they were put on."""
        return [link.tag for link in self.tag_links]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status == "open"

    @property
    def is_snoozed(self) -> bool:
        """Whether it is closed until a date."""
        return self.snooze_datetime is not None

    @property
    def is_trashed(self) -> bool:
        """Whether it lies in the trash."""
        return self.trashed_datetime is not None

    def audit_label(self) -> str:
        return self.subject or ""


class TicketTag(AccountScoped, Base):
    """A tag on a ticket."""

    __tablename__ = "ticket_tag"
    __owner__ = ("ticket_id", "Ticket")
    __table_args__ = (UniqueConstraint("ticket_id", "tag_id"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    ticket_id: Mapped[int] = fixed(BigId, ForeignKey("ticket.id"))
    tag_id: Mapped[int] = fixed(BigId, ForeignKey("tag.id"), index=True)

    ticket: Mapped[Ticket] = relationship(back_populates="tag_links")
    tag: Mapped[Tag] = relationship()


class TicketAlias(AccountScoped, Base):
    """The number of a ticket that was merged into this one."""

    __tablename__ = "ticket_alias"
    __owner__ = ("ticket_id", "Ticket")
    __table_args__ = (UniqueConstraint("account_id", "former_id"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    ticket_id: Mapped[int] = state(BigId, ForeignKey("ticket.id"), index=True)
    former_id: Mapped[int] = fixed(BigId, words="former ticket")


class TicketFieldValue(AccountScoped, Base):
    """What a ticket has in a custom field."""

    __tablename__ = "ticket_field_value"
    __owner__ = ("ticket_id", "Ticket")
    __table_args__ = (UniqueConstraint("ticket_id", "custom_field_id"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    ticket_id: Mapped[int] = fixed(BigId, ForeignKey("ticket.id"))
    custom_field_id: Mapped[int] = fixed(BigId, ForeignKey("custom_field.id"))
    value: Mapped[Any] = state(Json)
