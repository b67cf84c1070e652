"""A process that is a crowd of programs: each opens tickets by API, one after another, on a connection that it keeps.

Started as `python -m bench.callers PORT HEADER CALLERS`. It answers each line "TICKETS" on its input with how many were
opened, how many calls went wrong, and how many seconds it took.
"""

import http.client
import json
import sys
import threading
import time
from typing import Final

TICKET: Final = {
    "customer": {"email": "carol@mail.example"},
    "subject": "Where is my order?",
    "messages": [{"channel": "email", "via": "api", "from_agent": False, "body_text": "My order has not arrived."}],
}


def main(port: str, header: str, callers: str) -> None:
    """Open as many as asked, until the input ends."""
    headers = {**dict([header.split(": ", 1)]), "Content-Type": "application/json"}
    for line in sys.stdin:
        each, statuses = int(line) // int(callers), list[int]()

        def call(each: int = each, statuses: list[int] = statuses) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
            for _ in range(each):
                connection.request("POST", "/api/tickets", json.dumps(TICKET), headers)
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            connection.close()

        crowd = [threading.Thread(target=call) for _ in range(int(callers))]
        started = time.perf_counter()
        for caller in crowd:
            caller.start()
        for caller in crowd:
            caller.join()
        opened = statuses.count(201)
        print(opened, len(statuses) - opened, time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
