"""Rows of the API's own, which are nobody's history: rate limits, answers to repeat, codes of applications."""

from datetime import datetime

from sqlalchemy import Boolean, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from audit.base import AccountScoped, Base, BigId, UtcDateTime


class ApiBucket(AccountScoped, Base):
    """How full the leaky bucket of an API key is, where several processes count together."""

    __tablename__ = "api_bucket"
    __unlogged__ = "rate limits"

    api_key_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(BigId)
    level: Mapped[float] = mapped_column(Float)
    is_over: Mapped[bool] = mapped_column(Boolean)  # whether the last call was one too many
    filled_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time


class ApiAnswer(AccountScoped, Base):
    """What the first call with an `Idempotency-Key` was answered: a call that repeats it gets the same."""

    __tablename__ = "api_answer"
    __unlogged__ = "answers to repeat"
    __table_args__ = (UniqueConstraint("api_key_id", "word"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    api_key_id: Mapped[int] = mapped_column(BigId)
    word: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))  # of what was asked for
    status: Mapped[int | None] = mapped_column(Integer)  # None: done, and not answered yet
    body: Mapped[str | None] = mapped_column(Text)
    created_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time


class OauthCode(AccountScoped, Base):
    """What an application exchanges for a key, once, within minutes; kept so long, to know it if it comes again."""

    __tablename__ = "oauth_code"
    __unlogged__ = "sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(BigId)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(String(64))
    redirect_uri: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(Text)
    api_key_id: Mapped[int | None] = mapped_column(BigId)  # what it opened; None: it was not used yet
    expires_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time
