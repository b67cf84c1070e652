"""What all tables share: the declarative base, and column types that mean the same on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

#: The columns by which things are called, the first that is there.
NAMED_BY = ("name", "subject", "label", "email")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

#: Ids run to 2**63 - 1 on both databases; SQLite only numbers an INTEGER primary key by itself.
BigId = BigInteger().with_variant(Integer(), "sqlite")

#: JSON values are replaced, never edited in place: the witness could not see an edit.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970 in UTC; the moment must carry a time zone."""
    return (moment - EPOCH) // MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The UTC moment that lies this many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=count)


def from_driver(value: Any) -> datetime:
    """A moment as the database's driver hands it over: an integer in SQLite, a datetime in PostgreSQL."""
    return value.astimezone(UTC) if isinstance(value, datetime) else from_microseconds(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC with microseconds: an integer in SQLite (less index than text), timestamptz in PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without time zone: {value!r}")
        return value.astimezone(UTC) if dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else from_microseconds(value)

    def process_literal_param(self, value: datetime | None, dialect: Dialect) -> str:
        if value is None:
            return "NULL"
        return f"'{value.isoformat()}'" if dialect.name == "postgresql" else str(to_microseconds(value))


class Base(DeclarativeBase):
    """The base of every mapped class."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    #: (column that holds the owner's id, the owner's class name): such rows are claimed by their owner's event.
    __owner__: tuple[str, str] | None = None
    #: The column that names the account; the account itself is its own.
    __account_key__: str = "account_id"
    #: Why no column of this table is in the log, where that is so for the whole table.
    __unlogged__: str | None = None

    def audit_label(self) -> str:
        """The object's name as the log keeps it, so that a row still reads after a deletion."""
        for name in NAMED_BY:
            value = getattr(self, name, None)
            if value:
                return str(value)
        return ""


class AccountScoped:
    """Mixed into every model that belongs to an account: reads through the ORM see the entered account's rows only."""

    account_id: Mapped[int] = mapped_column(BigId)
