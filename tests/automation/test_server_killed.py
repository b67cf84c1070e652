"""The server killed in a burst of actions: what it had answered is there, and nothing is half-done."""

import http.client
import os
import re
import signal
import subprocess
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from helpdesk.models import TicketMessage
from tests.automation.processes import free_port, group_of, wait_for
from tests.desks import PASSWORD, Desk

#: Actions, how often the server is killed while they go on, and by how many they are done at a time.
SMALL = (400, 3)
FULL = (2000, 12)
HANDS = 6


@dataclass
class Burst:
    """People who write notes as fast as they can, and try again when nobody answers."""

    port: int
    ticket_ids: list[int]
    count: int
    cookie: str = ""
    token: str = ""
    answered: set[int] = field(default_factory=set)
    unanswered: int = 0
    odd_answers: list[int] = field(default_factory=list)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def log_in(self) -> None:
        """Ana comes in."""
        self._see(*self._request("GET", "/login"))
        form = {"email": "ana@demo.example", "password": PASSWORD, "csrf_token": self.token}
        status, headers, _ = self._request("POST", "/login", form)
        assert status in (200, 204, 303), status
        self._see(status, headers, "")
        self._see(*self._request("GET", f"/tickets/{self.ticket_ids[0]}"))

    def work(self) -> None:
        """One pair of hands, until all is done."""
        while (number := self._take()) is not None:
            ticket_id = self.ticket_ids[number % len(self.ticket_ids)]
            form = {"body_text": f"note {number}", "csrf_token": self.token}
            try:
                status = self._send(f"/tickets/{ticket_id}/note", form)
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                continue
            if status in (200, 303):
                self.answered.add(number)
            else:
                self.odd_answers.append(status)

    def _send(self, path: str, form: dict[str, str]) -> int:
        while True:
            try:
                return self._request("POST", path, form)[0]
            except ConnectionRefusedError:  # it is down, and has heard nothing
                time.sleep(0.05)

    def _take(self) -> int | None:
        with self._lock:
            self._next += 1
            return self._next if self._next <= self.count else None

    def _request(
        self, method: str, path: str, form: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
        try:
            line.request(method, path, urlencode(form or {}), headers)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            line.close()

    def _see(self, _status: int, headers: http.client.HTTPMessage, page: str) -> None:
        jar = dict(pair.split("=", 1) for pair in self.cookie.split("; ") if pair)
        for line in headers.get_all("Set-Cookie", []):
            name, _, value = line.split(";", 1)[0].partition("=")
            jar[name] = value
        self.cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        if found := re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page):
            self.token = found[1]


@pytest.mark.parametrize(
    ("database_url", "size"),
    [
        pytest.param("sqlite", SMALL, id="sqlite-small"),
        pytest.param("sqlite", FULL, id="sqlite-full", marks=pytest.mark.long),
        pytest.param("postgres", FULL, id="postgres-full", marks=[pytest.mark.long, pytest.mark.postgres]),
    ],
    indirect=["database_url"],
)
def test_a_killed_server_leaves_nothing_half_done(
    desk: Desk, database_url: URL, tmp_path: Path, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    count, kills = size
    numbers = [desk.a_ticket(f"Ticket {index}").id for index in range(12)]
    desk.session.rollback()
    burst = Burst(free_port(), numbers, count)
    environment = {
        "DATABASE_URL": database_url.render_as_string(hide_password=False),
        "HELPDESK_INSTANCE": str(tmp_path),
        "PORT": str(burst.port),
        "SMTP_PORT": str(free_port()),
        "SECRET_KEY": "only for tests",
    }
    serve = ["-c", "import sys, wsgi; sys.argv = ['helpdesk', 'serve']; wsgi.main()"]
    with ExitStack() as last:
        server = last.enter_context(group_of(serve, environment))
        wait_for(burst.port)
        burst.log_in()
        hands = [threading.Thread(target=burst.work) for _ in range(HANDS)]
        for hand in hands:
            hand.start()
        for kill in range(kills):
            wait_for_answers(burst, count * (kill + 1) // (kills + 1), hands)
            kill_all(server)
            server = last.enter_context(group_of(serve, environment))
            wait_for(burst.port)
        for hand in hands:
            hand.join(120)
    with capsys.disabled():
        print(f"\n  {len(burst.answered)} of {count} answered, {burst.unanswered} not, {kills} kills", end=" ")
    assert burst.odd_answers == []
    assert len(burst.answered) + burst.unanswered == count
    assert burst.unanswered <= count // 4
    check(desk, burst)


def wait_for_answers(burst: Burst, count: int, hands: list[threading.Thread]) -> None:
    """Until so many actions were tried."""
    while burst._next < count and any(hand.is_alive() for hand in hands):
        time.sleep(0.005)


def kill_all(server: "subprocess.Popen[str]") -> None:
    """kill -9, the whole group."""
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(10)


def check(desk: Desk, burst: Burst) -> None:
    """What was answered is there once, and every action has all of its events; replay is the fixture's."""
    desk.session.rollback()
    notes = desk.session.scalars(select(TicketMessage.body_text).where(TicketMessage.channel == "internal-note")).all()
    written = [int((text or "").removeprefix("note ")) for text in notes]
    assert len(written) == len(set(written))
    assert burst.answered <= set(written)
    assert len(written) <= len(burst.answered) + burst.unanswered
    by_context: dict[object, list[str]] = {}
    for event in desk.events_after():
        if event.source == "web" and event.user_id == desk.ana_id and event.object_type.startswith("Ticket"):
            by_context.setdefault(event.context, []).append(event.type)
    assert len(by_context) == len(written)
    assert {tuple(types) for types in by_context.values()} == {("ticket-message-created", "ticket-updated")}
