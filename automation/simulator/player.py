"""Plays actions on a desk one after the other in one transaction, and what falls due in between at its own time."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from sqlalchemy.orm import Session

from audit.action import Action, Source, begin
from audit.ledger import seal, sealed_since
from automation import rules, timers
from helpdesk.events import RULE_CREATED, RULE_UPDATED, SATISFACTION_SURVEY_CREATED, TICKET_SNOOZED, TICKET_TRASHED

#: After these, something falls due that did not before.
_SETS_TIMERS: Final = frozenset(
    type_.name for type_ in (SATISFACTION_SURVEY_CREATED, TICKET_SNOOZED, TICKET_TRASHED, RULE_CREATED, RULE_UPDATED)
)


@dataclass
class Player:
    """Acts on one account; nothing is visible to anybody else before the transaction ends."""

    session: Session
    rng: Random
    account_id: int | None = None  #: None until it is opened
    written: Counter[str] = field(default_factory=Counter)
    _due: datetime | None = None  #: when something falls due next

    @contextmanager
    def acting(
        self, at: datetime, source: Source, *, context: uuid.UUID | None = None, remote_addr: str | None = None
    ) -> Iterator[Action]:
        """One action, after all that fell due before it."""
        self.play_due(at)
        chain = context or self.context()
        yield begin(self.session, self.account_id, source=source, at=at, context=chain, remote_addr=remote_addr)
        self._seal()

    def context(self) -> uuid.UUID:
        """The name of a new chain."""
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def play_due(self, upto: datetime) -> list[int]:
        """Let happen what falls due by then; answers to which tickets."""
        touched: list[int] = []
        # Asking the database before every action would cost a tenth of the time.
        while self.account_id is not None and self._due is not None and self._due <= upto:
            played = timers.play_next(self.session, self.account_id, upto, self.context)
            touched += [each.ticket_id for each in played if each.ticket_id]
            self._seal()
            self.look_ahead()
        return touched

    def look_ahead(self) -> None:
        """Find out when something falls due next: others may have seen to that, too."""
        assert self.account_id is not None
        first = timers.upcoming(self.session, self.account_id, 1)
        self._due = first[0].at if first else None

    def finish(self) -> None:
        """Before the transaction ends: rules have met all that happened, also what concerned none of them."""
        assert self.account_id is not None
        rules.catch_up(self.session, self.account_id)

    def _seal(self) -> None:
        seal(self.session)
        told = sealed_since(self.session)
        if self.account_id is not None and told:
            self._let_rules_act(self.account_id, told)
            told += sealed_since(self.session)
        types = [type_ for _number, type_ in told]
        self.written.update(types)
        if not _SETS_TIMERS.isdisjoint(types):
            self.look_ahead()

    def _let_rules_act(self, account_id: int, told: list[tuple[int, str]]) -> None:
        # Mostly nobody listens: then the cursor stays where it is, until something is of interest or all is over.
        types = {type_ for _number, type_ in told}
        if not rules.CHANGE_WHO_LISTENS.isdisjoint(types):
            rules.pass_over(self.session, account_id, told[0][0] - 1)
        if rules.is_heard(self.session, account_id, types):
            rules.catch_up(self.session, account_id)
