"""Plays actions on a desk in order of time, within one transaction, and what falls due in between at its own time."""

import heapq
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import Action, Source, begin, current
from audit.ledger import seal, sealed_since
from automation import timers
from helpdesk.events import SATISFACTION_SURVEY_CREATED
from helpdesk.models import Delivery, SatisfactionSurvey


@dataclass
class Player:
    """Acts on one account; nothing is visible to anybody else before the transaction ends."""

    session: Session
    rng: Random
    account_id: int | None = None  #: None until it is opened
    written: Counter[str] = field(default_factory=Counter)
    _alarms: list[datetime] = field(default_factory=list)
    _agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _planned: int = 0

    def plan(self, at: datetime, act: Callable[[datetime], None]) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._agenda, (at, self._planned, act))
        self._planned += 1

    def play(self, until: datetime, progress: Callable[[datetime], None]) -> None:
        """Let everything happen that is planned by then, also what is planned while it happens."""
        while self._agenda and self._agenda[0][0] <= until:
            at, _number, act = heapq.heappop(self._agenda)
            act(at)
            progress(at)
        self._play_due(until)

    @contextmanager
    def acting(
        self, at: datetime, source: Source, *, context: uuid.UUID | None = None, remote_addr: str | None = None
    ) -> Iterator[Action]:
        """One action, after all that fell due before it."""
        self._play_due(at)
        chain = context or self.context()
        yield begin(self.session, self.account_id, source=source, at=at, context=chain, remote_addr=remote_addr)
        self._seal()

    def context(self) -> uuid.UUID:
        """The name of a new chain."""
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def remind(self, at: datetime) -> None:
        """Something falls due then: a snooze ends, the trash is emptied, a survey is sent."""
        heapq.heappush(self._alarms, at)

    def _play_due(self, upto: datetime) -> None:
        # Asking the database before every action would cost a tenth of the time.
        if self.account_id is None or not self._alarms or self._alarms[0] > upto:
            return
        while self._alarms and self._alarms[0] <= upto:
            heapq.heappop(self._alarms)
        while timers.play_next(self.session, self.account_id, upto, self.context):
            self._seal()

    def _seal(self) -> None:
        seal(self.session)
        written = Counter(type_ for _number, type_ in sealed_since(self.session))
        self.written.update(written)
        if written[SATISFACTION_SURVEY_CREATED.name]:
            surveys = select(SatisfactionSurvey.should_send_datetime).order_by(SatisfactionSurvey.id.desc())
            self.remind(self.session.scalar(surveys.limit(1)) or current(self.session).at)

    def deliver_all(self) -> None:
        """Nothing said in the past is mailed today: it has reached its readers, at the time when it was said."""
        for delivery in self.session.scalars(select(Delivery).where(Delivery.status == "queued")):
            delivery.status, delivery.attempts = "sent", 1
            delivery.sent_datetime, delivery.next_attempt_datetime = delivery.created_datetime, None
            delivery.payload = {}  # as is done with a letter that really went: its link is nobody's business
