"""The server as a process: on SQLite with its machines inside, on PostgreSQL apart from them; gone when told to go."""

import os
import signal
import smtplib
import socket
import time
import urllib.request
from pathlib import Path

import click
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from automation import serving
from helpdesk.models import Ticket
from tests.automation.processes import free_port, nobody_left, running, wait_for
from tests.desks import Desk
from tests.outside import outside

ROOT = Path(__file__).parents[2]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_embedded_server_serves_pages_and_mail_and_goes_when_told(
    desk: Desk, database_url: URL, tmp_path: Path, stop: signal.Signals
) -> None:
    desk.session.rollback()
    port, smtp_port = free_port(), free_port()
    with running("serve", database_url, port, smtp_port, tmp_path) as process:
        wait_for(port)
        wait_for(smtp_port)
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read() == b"desk"
        with smtplib.SMTP("127.0.0.1", smtp_port, local_hostname="localhost", timeout=20) as client:
            client.sendmail("dora@mail.example", ["support@demo.example"], b"Subject: Kettle\r\n\r\nHello")
        # As Ctrl-C does it: the whole group is told.
        os.killpg(process.pid, stop) if stop is signal.SIGINT else process.send_signal(stop)
        process.wait(20)  # whoever does not go is left to live for half a minute
        assert nobody_left(process.pid)
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
    assert desk.session.scalar(select(func.count()).where(Ticket.via == "email")) == 1


@on_sqlite
def test_an_open_page_does_not_keep_the_server(desk: Desk, database_url: URL, tmp_path: Path) -> None:
    desk.session.rollback()
    port, smtp_port = free_port(), free_port()
    with running("serve", database_url, port, smtp_port, tmp_path) as process:
        wait_for(smtp_port)
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # and never the rest
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        assert nobody_left(process.pid)


@on_sqlite
def test_one_server_at_a_time_on_the_embedded_database(desk: Desk, database_url: URL, tmp_path: Path) -> None:
    desk.session.rollback()
    smtp_port = free_port()
    with running("serve", database_url, free_port(), smtp_port, tmp_path):
        wait_for(smtp_port)
        with running("serve", database_url, free_port(), free_port(), tmp_path) as second:
            out, _ = second.communicate(timeout=20)
            assert second.returncode != 0
            assert "Stop it first" in out


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_on_postgresql_pages_and_machines_are_apart(desk: Desk, database_url: URL, tmp_path: Path) -> None:
    desk.session.rollback()
    port, smtp_port = free_port(), free_port()
    with (
        running("serve", database_url, port, free_port(), tmp_path) as server,
        running("work", database_url, port, smtp_port, tmp_path) as worker,
        running("work", database_url, port, smtp_port, tmp_path) as another,
    ):
        wait_for(port)
        for process in (worker, another):
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Working")
        wait_for(smtp_port)
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read() == b"desk"
        for process in (server, worker, another):
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        assert nobody_left(server.pid)
        assert nobody_left(worker.pid)


def test_a_port_in_use_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(click.ClickException, match=f"Port {port} .* is in use.* PORT={port + 1}"):
            serving.check_port("127.0.0.1", port, "PORT")
    serving.check_port("127.0.0.1", 0, "PORT")


def test_a_worker_whose_mail_port_is_taken_says_so(desk: Desk, database_url: URL, tmp_path: Path) -> None:
    desk.session.rollback()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with running("work", database_url, 0, taken.getsockname()[1], tmp_path) as process:
            out, _ = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "SMTP_PORT" in out


@on_sqlite
def test_a_server_refuses_a_log_that_is_not_protected(desk: Desk, database_url: URL, tmp_path: Path) -> None:
    desk.session.rollback()
    with outside(database_url) as run:
        run("DROP TRIGGER event_no_update")
    with running("serve", database_url, free_port(), free_port(), tmp_path) as process:
        output, _ = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "event_no_update" in output
