"""The ticking clock: every second it plays what fell due on each desk, sends what waits, and goes on with jobs."""

import logging
from datetime import UTC
from threading import Event
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from audit.action import enter
from automation import calls, deliveries, jobs, rules, timers, webhooks
from automation.deliveries import Route
from automation.nudges import Nudges
from automation.smtp import OpenSession
from helpdesk.models import Account

SECONDS_BETWEEN_TICKS: Final = 1

_log = logging.getLogger(__name__)

# It would note every tick that takes longer than a second; the next one then does the work of two.
logging.getLogger("apscheduler").setLevel(logging.ERROR)


class Scheduler:
    """Ticks in threads of its own until it is stopped.

    Nothing due is ever a job of APScheduler's: due things are rows, found anew with each tick, by any number of
    processes. Timers, rules, mail, calls and jobs tick apart, so that neither a slow server elsewhere nor a long job
    keeps a ticket asleep. Rules need not wait for their tick where the commit was made in this process.
    """

    def __init__(self, open_session: OpenSession, route: Route) -> None:
        self._open_session = open_session
        self._route = route
        self._is_stopping = Event()
        self._nudges = Nudges(self._obey)
        self._ticking = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(5)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in (self.play, self.obey, self.send, self.call, self.work):
            self._ticking.add_job(job, "interval", seconds=SECONDS_BETWEEN_TICKS, id=job.__name__)

    def start(self) -> None:
        """Begin to tick."""
        self._ticking.start()
        self._nudges.start()

    def stop(self) -> None:
        """Finish the tick that is being done, and begin no other."""
        self._is_stopping.set()
        self._nudges.stop()
        if self._ticking.running:
            self._ticking.shutdown(wait=True)

    def play(self) -> None:
        """One tick of the timers; trouble on one desk is no trouble on another."""
        for account_id in self._active_accounts():
            try:
                with self._open_session() as session:
                    timers.play_due(session, account_id)
            except Exception:
                _log.exception("What is due on account %d could not be played; the next tick tries again", account_id)

    def obey(self) -> None:
        """One tick of the rules, for what was committed elsewhere."""
        for account_id in self._active_accounts():
            self._obey(account_id)

    def _obey(self, account_id: int) -> None:
        try:
            with self._open_session() as session:
                rules.settle(session, account_id)
        except Exception:
            _log.exception("The rules of account %d could not run; the next tick tries again", account_id)

    def send(self) -> None:
        """One tick of the outbox."""
        try:
            deliveries.send_due(self._open_session, self._route)
        except Exception:
            _log.exception("Mail could not be sent; the next tick tries again")

    def call(self) -> None:
        """One tick of the webhooks: what was written is told to whoever wants to know it."""
        for account_id in self._active_accounts():
            try:
                with self._open_session() as session:
                    webhooks.follow(session, account_id)
            except Exception:
                _log.exception("The log of account %d could not be followed; the next tick tries again", account_id)
        try:
            calls.send_due(self._open_session)
        except Exception:
            _log.exception("Calls could not be made; the next tick tries again")

    def work(self) -> None:
        """One tick of the jobs."""
        try:
            jobs.run_due(self._open_session, self._is_stopping.is_set)
        except Exception:
            _log.exception("Jobs could not be worked on; the next tick tries again")

    def _active_accounts(self) -> list[int]:
        try:
            with self._open_session() as session:
                enter(session, None)
                active = select(Account.id).where(
                    Account.deactivated_datetime.is_(None), Account.archived_datetime.is_(None)
                )
                return list(session.scalars(active.order_by(Account.id)))
        except Exception:
            _log.exception("The database can't be reached; the next tick tries again")
            return []
