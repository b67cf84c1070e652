"""Customers and the addresses under which they write."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime
from audit.columns import derived, fixed, key, state


def _email_key(row: Mapping[str, Any]) -> str | None:
    return str(row["email"]).lower() if row["email"] else None


class Customer(AccountScoped, Base):
    """Somebody who writes to the desk; one per account stands for all customers that were deleted."""

    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("account_id", "email_key"),
        Index("ix_customer_created", "account_id", "created_datetime", "id"),
        Index("ix_customer_external", "account_id", "external_id"),
    )

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    email: Mapped[str | None] = state(String(320))
    email_key: Mapped[str | None] = derived(_email_key, String(320))
    name: Mapped[str | None] = state(Text)
    firstname: Mapped[str] = state(Text, default="")
    lastname: Mapped[str] = state(Text, default="")
    external_id: Mapped[str | None] = state(String(255))
    language: Mapped[str | None] = state(String(8))
    timezone: Mapped[str | None] = state(String(64))
    note: Mapped[str | None] = state(Text)
    data: Mapped[dict[str, Any] | None] = state(Json)
    data_version: Mapped[datetime | None] = state(UtcDateTime)
    meta: Mapped[dict[str, Any] | None] = state(Json)
    active: Mapped[bool] = state(Boolean, default=True)
    stands_for_deleted: Mapped[bool] = fixed(Boolean, default=False)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime] = state(UtcDateTime)

    channels: Mapped[list["CustomerChannel"]] = relationship(
        cascade="all, delete-orphan", order_by="CustomerChannel.id", back_populates="customer"
    )
    field_values: Mapped[list["CustomerFieldValue"]] = relationship(
        cascade="all, delete-orphan", order_by="CustomerFieldValue.id"
    )

    @property
    def display_name(self) -> str:
        """What a person reads: the name, else the address."""
        return self.name or self.email or f"Customer {self.id}"

    def audit_label(self) -> str:
        return self.name or self.email or ""


class CustomerChannel(AccountScoped, Base):
    """An address of a customer."""

    __tablename__ = "customer_channel"
    __owner__ = ("customer_id", "Customer")
    __table_args__ = (Index("ix_customer_channel_address", "account_id", "type", "address"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    customer_id: Mapped[int] = state(BigId, ForeignKey("customer.id"), index=True)
    type: Mapped[str] = fixed(String(32))  # "email", "phone", "chat"
    address: Mapped[str] = state(String(320))
    preferred: Mapped[bool] = state(Boolean, default=False)
    created_datetime: Mapped[datetime] = fixed(UtcDateTime)
    updated_datetime: Mapped[datetime | None] = state(UtcDateTime)
    deleted_datetime: Mapped[datetime | None] = state(UtcDateTime)

    customer: Mapped[Customer] = relationship(back_populates="channels")


class CustomerFieldValue(AccountScoped, Base):
    """What a customer has in a custom field."""

    __tablename__ = "customer_field_value"
    __owner__ = ("customer_id", "Customer")
    __table_args__ = (UniqueConstraint("customer_id", "custom_field_id"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"))
    customer_id: Mapped[int] = fixed(BigId, ForeignKey("customer.id"))
    custom_field_id: Mapped[int] = fixed(BigId, ForeignKey("custom_field.id"))
    value: Mapped[Any] = state(Json)
