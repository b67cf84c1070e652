"""Messages of a ticket and the files attached to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, relationship

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import file_digest, fixed, key, state
from helpdesk.models.ticket import Ticket


class TicketMessage(AccountScoped, Base):
    """Something said in a ticket: by the customer, by an agent in public, or as an internal note.

    Who said it is kept by number and name, without a foreign key: messages outlive their senders.
    """

    __tablename__ = "ticket_message"
    __owner__ = ("ticket_id", "Ticket")
    __table_args__ = (
        Index("ix_ticket_message_thread", "ticket_id", "created_datetime", "id"),
        Index("ix_ticket_message_mail", "account_id", "message_id"),
        Index("ix_ticket_message_created", "account_id", "created_datetime", "id"),
    )

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    ticket_id: Mapped[int] = state(BigId, ForeignKey("ticket.id"))
    public: Mapped[bool] = fixed(Boolean, default=True)
    from_agent: Mapped[bool] = fixed(Boolean)
    channel: Mapped[str] = state(String(64))
    via: Mapped[str] = state(String(64))
    sender_user_id: Mapped[int | None] = fixed(BigId)
    sender_customer_id: Mapped[int | None] = fixed(BigId)
    sender_name: Mapped[str] = fixed(Text, default="")
    sender_address: Mapped[str | None] = fixed(String(320))
    source: Mapped[dict[str, Any] | None] = state(Json)  # {"type", "from", "to", "cc", "bcc"} as on the wire
    subject: Mapped[str | None] = state(String(998))
    body_text: Mapped[str | None] = state(Text, words="text")
    body_html: Mapped[str | None] = state(Text)
    stripped_text: Mapped[str | None] = state(Text, words=None)
    stripped_html: Mapped[str | None] = state(Text, words=None)
    stripped_signature: Mapped[str | None] = state(Text)
    message_id: Mapped[str | None] = fixed(String(255))  # the mail's Message-ID, without brackets
    in_reply_to: Mapped[str | None] = fixed(String(255))
    is_automatic: Mapped[bool] = fixed(Boolean, default=False)  # a machine's answer; never answered by one
    external_id: Mapped[str | None] = state(String(255))
    integration_id: Mapped[int | None] = fixed(BigId)
    rule_id: Mapped[int | None] = fixed(BigId)
    intents: Mapped[list[Any] | None] = state(Json)
    macros: Mapped[list[Any] | None] = state(Json)
    actions: Mapped[list[Any] | None] = state(Json)
    mention_ids: Mapped[list[Any] | None] = state(Json)
    headers: Mapped[dict[str, Any] | None] = state(Json)
    meta: Mapped[dict[str, Any] | None] = state(Json)
    imported: Mapped[bool] = fixed(Boolean, default=False)
    fate: Mapped[dict[str, Any] | None] = state(Json, words="what became of it")  # as programs say, by field
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)

    ticket: Mapped[Ticket] = relationship(back_populates="messages")
    attachments: Mapped[list["Attachment"]] = relationship(
        cascade="all, delete-orphan", order_by="Attachment.id", back_populates="message"
    )

    def audit_label(self) -> str:
        return self.subject or " ".join((self.stripped_text or self.body_text or "").split())[:80]


class Attachment(AccountScoped, Base):
    """A file attached to a message; its bytes are stored once, by digest."""

    __tablename__ = "attachment"
    __owner__ = ("ticket_message_id", "TicketMessage")

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    ticket_message_id: Mapped[int] = fixed(BigId, ForeignKey("ticket_message.id"), index=True)
    name: Mapped[str] = fixed(String(255))
    content_type: Mapped[str] = fixed(String(255))
    size: Mapped[int] = fixed(Integer)
    digest: Mapped[str] = file_digest()
    content_id: Mapped[str | None] = fixed(String(255))  # by which an HTML body shows it inline
    public: Mapped[bool] = fixed(Boolean, default=True)
    extra: Mapped[dict[str, Any] | str | None] = state(Json)

    message: Mapped[TicketMessage] = relationship(back_populates="attachments")
