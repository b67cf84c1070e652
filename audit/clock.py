"""The desk clock: each account's own time, which rules the domain and only runs forward."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Float, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.base import AccountScoped, Base, BigId, UtcDateTime


class DeskClock(AccountScoped, Base):
    """Where a desk's time was anchored, and how fast it has run since: 1 is real, 60 an hour a minute, 0 frozen."""

    __tablename__ = "desk_clock"
    __unlogged__ = "the clock's anchor"

    account_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    anchor_wall: Mapped[datetime] = mapped_column(UtcDateTime)
    anchor_desk: Mapped[datetime] = mapped_column(UtcDateTime)
    rate: Mapped[float] = mapped_column(Float, default=1.0)


def wall_now() -> datetime:
    """The time on the wall: rules sessions, rate limits, recorded times."""
    return datetime.now(UTC)


def desk_now(session: Session, account_id: int | None) -> datetime:
    """The time on the account's desk clock; the wall's, where no clock was set."""
    wall = wall_now()
    if account_id is None:
        return wall
    clock = DeskClock.__table__.c
    row: Any = session.execute(
        select(clock.anchor_wall, clock.anchor_desk, clock.rate).where(clock.account_id == account_id)
    ).first()
    return wall if row is None else reading(row.anchor_wall, row.anchor_desk, row.rate)


def reading(anchor_wall: datetime, anchor_desk: datetime, rate: float) -> datetime:
    """What a clock that was anchored so shows at this moment."""
    return anchor_desk + max(wall_now() - anchor_wall, timedelta(0)) * rate


def set_clock(session: Session, account_id: int, *, desk: datetime, rate: float) -> None:
    """Anchor the account's clock: desk time `desk` at this very moment, running `rate` times as fast as the wall's."""
    clock = session.get(DeskClock, account_id)
    if clock is None:
        clock = DeskClock(account_id=account_id)
        session.add(clock)
    clock.anchor_wall, clock.anchor_desk, clock.rate = wall_now(), desk, rate
