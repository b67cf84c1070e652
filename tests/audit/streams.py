"""A page that follows the log, read message by message."""

import re
from queue import Queue
from threading import Event, Thread
from typing import Any

from flask.testing import FlaskClient

from helpdesk import tickets
from tests.audit.site import LOG
from tests.desks import Desk

STREAM = {"Accept": "text/event-stream", "HX-Request": "true"}


class Stream:
    """What a browser is sent, for as long as it listens; each listens in a thread of its own, as a server has it."""

    def __init__(self, client: FlaskClient, *, last: object = None, of: int | None = None, **asked: Any) -> None:
        headers = {**STREAM, **({"Last-Event-ID": str(last)} if last is not None else {})}
        self.last = 0  #: what the browser would go on with
        self.text = ""
        self.status = 0
        self._answered, self._cut = Event(), Event()
        self._pieces: Queue[str | None] = Queue()
        log = f"{LOG}/of/{of}" if of is not None else LOG
        self._thread = Thread(target=self._listen, args=(client, f"{log}/live", asked, headers))
        self._thread.start()
        self._answered.wait(10)

    def message(self) -> str | None:
        """The next message, or None at the end."""
        text = self._pieces.get(timeout=10)
        if text is None:
            return None
        if found := re.match(r"id: (\d+)\n", text):
            self.last = int(found[1])
        self.text += text
        return text

    def upto(self, number: int) -> list[int]:
        """The events that came, in order, until the stream has passed this one."""
        ids: list[int] = []
        while self.last < number:
            text = self.message()
            assert text is not None, "the stream has ended"
            ids += reversed([int(row) for row in re.findall(r'<tr id="event-(\d+)"', text)])
        return ids

    def cut(self) -> None:
        """The connection breaks."""
        self._cut.set()
        self._thread.join(10)

    def _listen(self, client: FlaskClient, address: str, asked: dict[str, Any], headers: dict[str, str]) -> None:
        answer = client.get(address, query_string=asked, headers=headers, buffered=False)
        self.status = answer.status_code
        self._answered.set()
        for piece in answer.iter_encoded():
            if self._cut.is_set():
                break
            self._pieces.put(piece.decode())
        self._pieces.put(None)
        answer.close()


def close_some(desk: Desk, count: int = 1) -> list[int]:
    """Open and close tickets; answers the numbers of the closings."""
    ids = []
    for _ in range(count):
        ticket = desk.a_ticket()
        with desk.watched() as trail, desk.acting():
            tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
        ids.append(trail["ticket-closed"].id)
    return ids
