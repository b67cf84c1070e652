"""Plays the demo world's agenda in order of time, within one transaction."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from automation.simulator import player
from helpdesk.models import Delivery


@dataclass
class Player(player.Player):
    """Acts on one account, and lets happen what is planned."""

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
        self.play_due(until)

    def deliver_all(self) -> None:
        """Nothing said in the past is mailed today: it has reached its readers, at the time when it was said."""
        for delivery in self.session.scalars(select(Delivery).where(Delivery.status == "queued")):
            delivery.status, delivery.attempts = "sent", 1
            delivery.sent_datetime, delivery.next_attempt_datetime = delivery.created_datetime, None
            delivery.payload = {}  # as is done with a letter that really went: its link is nobody's business
