"""What surrounds a ticket: widgets in its side bar, integrations, satisfaction surveys, custom fields."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import fixed, key, secret, state, unlogged


class Widget(AccountScoped, Base):
    """A card beside a ticket, a customer or a user."""

    __tablename__ = "widget"

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    type: Mapped[str] = state(String(32))
    context: Mapped[str] = state(String(16), default="ticket")
    template: Mapped[dict[str, Any]] = state(Json)
    order: Mapped[int] = state(Integer, default=0)
    integration_id: Mapped[int | None] = state(BigId, ForeignKey("integration.id"))
    app_id: Mapped[str | None] = state(String(255))
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)

    def audit_label(self) -> str:
        # A program may give a title to the one part of it instead.
        whole = self.template or {}
        titles = (part.get("title") for part in [whole, *(whole.get("widgets") or [])] if "widgets" in part)
        return str(next(filter(None, titles), whole.get("title") or self.type))


class Integration(AccountScoped, Base):
    """A connection to another system: e-mail, HTTP, shop or chat. Its secrets are kept apart from its settings."""

    __tablename__ = "integration"

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    name: Mapped[str] = state(Text)
    type: Mapped[str] = fixed(String(32))
    description: Mapped[str | None] = state(Text)
    http: Mapped[dict[str, Any] | None] = state(Json)  # url, method, form, triggers; headers stand in `headers`
    headers: Mapped[dict[str, Any] | None] = secret(Json)
    hmac_secret: Mapped[str | None] = secret(Text)
    meta: Mapped[dict[str, Any] | None] = state(Json)
    decoration: Mapped[dict[str, Any] | None] = state(Json)
    application_id: Mapped[str | None] = state(String(255))
    business_hours_id: Mapped[int | None] = state(BigId)
    managed: Mapped[bool] = fixed(Boolean, default=False)
    created_by_user_id: Mapped[int | None] = fixed(BigId)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    locked_datetime: Mapped[datetime | None] = state(UtcDateTime)
    failures_in_a_row: Mapped[int] = unlogged("delivery rows", Integer, default=0)


class SatisfactionSurvey(AccountScoped, Base):
    """The question how it was, sent after a ticket was closed; one per ticket."""

    __tablename__ = "satisfaction_survey"
    __table_args__ = (
        UniqueConstraint("account_id", "ticket_id"),
        Index("ix_satisfaction_survey_due", "account_id", "should_send_datetime"),
    )

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    ticket_id: Mapped[int] = fixed(BigId)  # no foreign key: an answer outlives a ticket deleted for good
    customer_id: Mapped[int] = state(BigId)  # who is asked: moves with the ticket until it is sent, and with a merge
    answer_digest: Mapped[str | None] = secret(String(64))  # of the token in the link
    score: Mapped[int | None] = state(Integer)
    body_text: Mapped[str | None] = state(String(1000))
    meta: Mapped[dict[str, Any] | None] = state(Json)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    should_send_datetime: Mapped[datetime | None] = state(UtcDateTime)
    sent_datetime: Mapped[datetime | None] = state(UtcDateTime)
    scored_datetime: Mapped[datetime | None] = state(UtcDateTime)

    @property
    def is_waiting(self) -> bool:
        """Whether it will be sent when its time comes."""
        return self.should_send_datetime is not None and self.sent_datetime is None and self.scored_datetime is None

    def audit_label(self) -> str:
        return f"Survey on ticket {self.ticket_id}"


class CustomField(AccountScoped, Base):
    """A field of the account's own on tickets or customers."""

    __tablename__ = "custom_field"

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), index=True)
    object_type: Mapped[str] = fixed(String(16))
    label: Mapped[str] = state(String(255))
    description: Mapped[str | None] = state(String(1024))
    external_id: Mapped[str | None] = state(String(255))
    priority: Mapped[int] = state(Integer, default=0)
    required: Mapped[bool] = state(Boolean, default=False)
    requirement_type: Mapped[str] = state(String(16), default="visible")
    managed_type: Mapped[str | None] = state(String(32))
    definition: Mapped[dict[str, Any]] = state(Json)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    deactivated_datetime: Mapped[datetime | None] = state(UtcDateTime)
