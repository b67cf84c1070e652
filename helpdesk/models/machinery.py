"""Rows that are nobody's history: log-in sessions, read marks, deliveries, cursors, jobs, a shop's own orders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime


class LoginSession(AccountScoped, Base):
    """A browser in which somebody is logged in; ruled by wall time."""

    __tablename__ = "login_session"
    __unlogged__ = "sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(BigId, index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    remote_addr: Mapped[str | None] = mapped_column(String(64))


class ReadMark(AccountScoped, Base):
    """Up to when somebody has read a ticket, and when its page was last open before them."""

    __tablename__ = "read_mark"
    __unlogged__ = "read marks"
    __table_args__ = (UniqueConstraint("user_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int] = mapped_column(BigId, index=True)
    read_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # desk time
    read_messages: Mapped[int] = mapped_column(Integer, default=0)
    seen_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time


class Delivery(AccountScoped, Base):
    """Something on its way out (a mail, a webhook): queued in the transaction, sent at least once with a stable id."""

    __tablename__ = "delivery"
    __unlogged__ = "delivery rows"
    __table_args__ = (
        Index("ix_delivery_due", "status", "next_attempt_datetime"),
        Index(
            "ix_delivery_again",
            "account_id",
            "due_datetime",
            sqlite_where=text("due_datetime IS NOT NULL"),
            postgresql_where=text("due_datetime IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # "mail", "webhook"
    stable_id: Mapped[str] = mapped_column(String(255), unique=True)
    ticket_id: Mapped[int | None] = mapped_column(BigId, index=True)
    ticket_message_id: Mapped[int | None] = mapped_column(BigId, index=True)
    integration_id: Mapped[int | None] = mapped_column(BigId)
    recipient: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(16), default="queued")  # queued, sent, failed
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    next_attempt_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time
    due_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # desk time: of a call, when to try again
    sent_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EchoCall(AccountScoped, Base):
    """What the echo page received: a call that somebody sent there to see it arrive."""

    __tablename__ = "echo_call"
    __unlogged__ = "delivery rows"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    method: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(Json)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[int] = mapped_column(Integer)  # what it was answered
    received_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time


class ShopReport(AccountScoped, Base):
    """A report of a shop that came in by its webhook: the same one is taken once."""

    __tablename__ = "shop_report"
    __unlogged__ = "delivery rows"
    __table_args__ = (UniqueConstraint("integration_id", "report_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    integration_id: Mapped[int] = mapped_column(BigId)
    report_id: Mapped[str] = mapped_column(String(64))
    received_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time


class Notice(AccountScoped, Base):
    """Something that a team member was told: by mail, and on their page until they have read it."""

    __tablename__ = "notice"
    __unlogged__ = "read marks"
    __table_args__ = (Index("ix_notice_user", "user_id", "read_datetime", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    user_id: Mapped[int] = mapped_column(BigId)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    path: Mapped[str | None] = mapped_column(Text)
    created_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # desk time
    read_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time


class RuleCursor(AccountScoped, Base):
    """How far a machine that follows the log has read."""

    __tablename__ = "rule_cursor"
    __unlogged__ = "cursors"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[int] = mapped_column(BigId, default=0)


class RuleRun(AccountScoped, Base):
    """That a rule acted on a ticket in a chain, which it does once."""

    __tablename__ = "rule_run"
    __unlogged__ = "cursors"
    __table_args__ = (UniqueConstraint("rule_id", "context", "ticket_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    rule_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int] = mapped_column(BigId)
    context: Mapped[UUID] = mapped_column(Uuid)


class Job(AccountScoped, Base):
    """A long piece of work, done in the background and resumable."""

    __tablename__ = "job"
    __unlogged__ = "jobs"
    __table_args__ = (Index("ix_job_due", "status", "scheduled_datetime"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    type: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(32), default="pending")
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    info: Mapped[dict[str, Any] | None] = mapped_column(Json)
    meta: Mapped[dict[str, Any] | None] = mapped_column(Json)
    user_id: Mapped[int | None] = mapped_column(BigId)
    created_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    scheduled_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # desk time: when it is to begin
    turn_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time: when somebody may work on it next
    started_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_requested_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time


class ShopOrder(AccountScoped, Base):
    """An order in the simulated shop: another system's data, of which the desk only logs what the shop reports."""

    __tablename__ = "shop_order"
    __unlogged__ = "another system's data"
    __table_args__ = (
        UniqueConstraint("integration_id", "number"),
        Index("ix_shop_order_customer", "account_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    integration_id: Mapped[int] = mapped_column(BigId)
    customer_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[str] = mapped_column(String(32))
    items: Mapped[list[Any]] = mapped_column(Json)  # [{"name", "quantity", "price_cents"}]
    amount_cents: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    status: Mapped[str] = mapped_column(String(16), default="paid")  # paid, fulfilled, cancelled, refunded
    created_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refunded_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)
