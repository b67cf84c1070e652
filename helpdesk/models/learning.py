"""What people learn with: how far a lesson has come, and what somebody answered in a drill."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from audit.base import AccountScoped, Base, BigId, Json, UtcDateTime


class LessonRun(AccountScoped, Base):
    """A lesson on its way; it belongs to the sandbox it is played in: deed and progress are one commit."""

    __tablename__ = "lesson_run"
    __unlogged__ = "exercises"
    __table_args__ = (Index("ix_lesson_run_learner", "learner_id", "lesson", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    learner_id: Mapped[int] = mapped_column(BigId)  # a team member of the account from which it is looked at
    lesson: Mapped[str] = mapped_column(String(64))
    props: Mapped[dict[str, Any]] = mapped_column(Json)  # what the lesson's names stand for, by name
    steps: Mapped[list[Any]] = mapped_column(
        Json
    )  # of each step that was taken: what was guessed, where its events begin
    started_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time
    ended_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time


class DrillResult(AccountScoped, Base):
    """A drill that somebody was given, and once they have answered, how they did."""

    __tablename__ = "drill_result"
    __unlogged__ = "exercises"
    __table_args__ = (Index("ix_drill_result_user", "account_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))  # the trainee's
    user_id: Mapped[int] = mapped_column(BigId)
    drill: Mapped[str] = mapped_column(String(64))
    story: Mapped[str] = mapped_column(String(64))  # which of the drill's stories was played
    seed: Mapped[int] = mapped_column(BigId)  # who and what is in it
    sandbox_id: Mapped[int] = mapped_column(BigId)  # the account in which it was played, put away since
    played: Mapped[dict[str, Any]] = mapped_column(Json)  # where its events begin and end, and what its names stand for
    started_datetime: Mapped[datetime] = mapped_column(UtcDateTime)  # wall time
    answered_datetime: Mapped[datetime | None] = mapped_column(UtcDateTime)  # wall time
    score: Mapped[int | None] = mapped_column(Integer)
    of: Mapped[int] = mapped_column(Integer)  # how many questions it has
    # Of each question: {"asked", "given", "right", "is_right", "reason", "event_id"}, as they were then.
    answers: Mapped[list[Any] | None] = mapped_column(Json)
