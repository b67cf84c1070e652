"""A trainee's place in a classroom: an account of their own, and the trainer who may read its log."""

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped

from audit.base import AccountScoped, Base, BigId
from audit.columns import fixed, key


class Seat(AccountScoped, Base):
    """Whose account this is. Nobody is moved: a reset opens another account, with a seat of its own."""

    __tablename__ = "seat"
    __owner__ = ("account_id", "Account")
    __table_args__ = (Index("ix_seat_trainer_id_classroom", "trainer_id", "classroom"),)

    id: Mapped[int] = key()
    account_id: Mapped[int] = fixed(BigId, ForeignKey("account.id"), unique=True)
    trainer_id: Mapped[int] = fixed(BigId)  # a team member of another account, who may be gone by now
    classroom: Mapped[str] = fixed(String(16))
    number: Mapped[int] = fixed(Integer)
