"""Runs the desk: web server and machines together on the embedded database, each by itself on PostgreSQL."""

import errno
import os
import signal
import socket
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any, Final

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from sqlalchemy.exc import OperationalError

from audit.db import db
from audit.log import LogUnguarded, check_guards
from audit.tail import tail
from automation import garbled
from automation.machines import MachineRoom
from helpdesk import embedded
from helpdesk.config import Config, require_secret
from helpdesk.mail.listener import CannotListen

#: A thread a stream: every open page holds one, and some are left for everything else (see `audit.tail.MOST`).
THREADS: Final = 256
PROCESSES: Final = 2  # on PostgreSQL; SQLite has one writer anyway
SECONDS_TO_STOP: Final = 3


def serve(app: Flask, tls: tuple[str, str] | None = None) -> None:
    """Serve pages until told to stop; on the embedded database with the scheduler and the mail server inside.

    `tls` are the files of a certificate and its key.
    """
    config: Config = app.config["DESK"]
    require_secret(config)
    _require_guards(app)
    with ExitStack() as held:
        if config.is_embedded:
            _hold_database(held, config)
            check_port(config.smtp_host, config.smtp_port, "SMTP_PORT")
        check_port(config.host, config.port, "PORT")
        _let_go_of_database(app)
        _Server(app, config, tls).run()


def work(app: Flask) -> None:
    """Run the machines in the foreground until told to stop."""
    require_secret(app.config["DESK"])
    _require_guards(app)
    room, stopped = MachineRoom(app), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        room.start()
    except CannotListen as error:
        raise click.ClickException(str(error)) from error
    click.echo("Working: timers, mail in, mail out. Ctrl-C stops it.")
    stopped.wait()
    room.stop()


def _require_guards(app: Flask) -> None:
    # Nobody works on a log that the database would let anybody change.
    try:
        with app.app_context(), db.engine.connect() as connection:
            check_guards(connection)
    except LogUnguarded as problem:
        raise click.ClickException(str(problem)) from problem
    except OperationalError as error:
        raise click.ClickException(f"The database does not answer as it should: {str(error.orig).strip()}") from error


def _hold_database(held: ExitStack, config: Config) -> None:
    try:
        held.enter_context(embedded.alone(config))
    except embedded.InUse as problem:
        raise click.ClickException(str(problem)) from problem


def check_port(host: str, port: int, variable: str) -> None:
    """Say in a sentence that a port can't be had; 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be had: {error.strerror}"
            raise click.ClickException(
                f"Port {port} on {host} {why}. Choose another one: {variable}={port + 1} in front of the command."
            ) from None


def _let_go_of_database(app: Flask) -> None:
    # Connections don't survive a fork.
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class _Worker(ThreadWorker):  # type: ignore[misc]
    """The process that answers; its machines and streams end as soon as it is told to."""

    room: MachineRoom | None = None

    def handle_exit(self, sig: int, frame: Any) -> None:
        if self.alive:
            Thread(target=self._let_go, name="stopping").start()
        super().handle_exit(sig, frame)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        if garbled.is_garbled(exc):
            garbled.answer(client, exc)
        else:
            super().handle_error(req, client, addr, exc)

    def _let_go(self) -> None:
        tail(self.wsgi).close()
        if self.room is not None:
            self.room.stop()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, set up from here."""

    def __init__(self, app: Flask, config: Config, tls: tuple[str, str] | None = None) -> None:
        self._app = app
        self._tls = tls
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        config = self._config
        host = f"[{config.host}]" if ":" in config.host else config.host
        settings: dict[str, Any] = {
            "bind": f"{host}:{config.port}",
            "worker_class": _Worker,
            "workers": 1 if config.is_embedded else max(PROCESSES, os.cpu_count() or 1),
            "threads": THREADS,
            "worker_connections": THREADS * 4,
            "graceful_timeout": SECONDS_TO_STOP,
            "timeout": 120,
            "keepalive": 15,
            "proc_name": "helpdesk",
            "loglevel": "warning",
            "control_socket_disable": True,
            "worker_tmp_dir": _memory_folder(),
            "post_request": lambda _worker, _request, environ, response: garbled.hear_out(response, environ),
            "post_worker_init": _start_machines if config.is_embedded else _no_machines,
            "worker_exit": _stop_machines,
        }
        if self._tls is not None:
            settings["certfile"], settings["keyfile"] = self._tls
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        garbled.install(self._app)
        return self._app


def _start_machines(worker: _Worker) -> None:
    worker.room = MachineRoom(worker.app.wsgi())
    try:
        worker.room.start()
    except CannotListen as error:
        worker.log.error("%s", error)
        raise SystemExit(4) from error  # gunicorn's word for: starting me again is no use


def _no_machines(_worker: _Worker) -> None:
    """On PostgreSQL the machines are processes of their own."""


def _stop_machines(_server: Any, worker: _Worker) -> None:
    if worker.room is not None:
        worker.room.stop()


def _memory_folder() -> str | None:
    # The workers' heartbeat is a file: on a slow disk it would stumble.
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
