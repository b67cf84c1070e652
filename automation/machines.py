"""The machine room: scheduler, mail server and, in the demo, mail trap; they start and stop together."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from flask import Flask
from sqlalchemy.orm import Session

from audit.db import db
from automation.deliveries import Route
from automation.scheduler import Scheduler
from automation.smtp import MailServer, OpenSession
from helpdesk.config import Config
from helpdesk.mail import trap
from helpdesk.mail.listener import Listener

_log = logging.getLogger(__name__)

_LOOPBACK: Final = "127.0.0.1"


class MachineRoom:
    """All machines of one process."""

    def __init__(self, app: Flask) -> None:
        self._config: Config = app.config["DESK"]
        self._open_session = sessions_of(app)
        self._mail_server = MailServer(self._config, self._open_session)
        self._trap: Listener | None = None
        self._scheduler: Scheduler | None = None
        self._stopping = Lock()

    def start(self) -> None:
        """Start them; raises CannotListen."""
        self._mail_server.start()
        self._scheduler = Scheduler(self._open_session, self._route())
        self._scheduler.start()
        _log.info("Mail for the desk is taken in on %s:%d", self._config.smtp_host, self._mail_server.port)

    def stop(self) -> None:
        """Stop them, each after what it is just doing; once is enough."""
        with self._stopping:
            self._mail_server.stop()
            if self._scheduler is not None:
                self._scheduler.stop()
            if self._trap is not None:
                self._trap.stop()

    def _route(self) -> Route:
        if not self._config.trap:
            return Route(self._config.outgoing_host, self._config.outgoing_port)
        self._trap = trap.listen(_LOOPBACK)
        return Route(_LOOPBACK, self._trap.port, is_trap=True)


def sessions_of(app: Flask) -> OpenSession:
    """How machines, which have no request, get a session of the application."""

    @contextmanager
    def open_session() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    return open_session
