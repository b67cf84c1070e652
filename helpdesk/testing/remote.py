"""A desk that runs elsewhere, over REST: a throw-away account on it, and the events of that account."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from helpdesk.testing.sequence import Events

SECONDS: Final = 60.0
#: How often a call that came too soon is made again.
TRIES: Final = 20


class DeskError(Exception):
    """The desk said no; the message has its words."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


@dataclass(frozen=True)
class RemoteDesk:
    """An account, and the key of its owner."""

    url: str
    email: str
    api_key: str
    made: Mapping[str, Any] = field(default_factory=dict)  #: what the desk said of it: users, team_id, customer_id …

    @classmethod
    def open(cls, url: str, key: str) -> "RemoteDesk":
        """Open a throw-away account whose clock stands still."""
        email, _, secret = key.partition(":")
        made = cls(url.rstrip("/"), email, secret).call("POST", "/api/desk/accounts", {"rate": 0})
        owner = next(user for user in made["users"] if user["role"] == "owner")
        return cls(url.rstrip("/"), owner["email"], owner["api_key"], made)

    def throw_away(self) -> None:
        """Archive it."""
        self.call("DELETE", "/api/desk/accounts")

    def settle(self) -> int:
        """Wait until all that was due is done and all rules have run; answers the newest event's number."""
        for _ in range(TRIES):
            settled = self.call("POST", "/api/desk/settle", {})
            if settled["is_settled"]:
                return int(settled["last_event_id"])
        raise DeskError(200, "the desk did not settle")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API; what came too soon is called again. Raises DeskError."""
        for _ in range(TRIES):
            try:
                return self._call(method, path, body)
            except urllib.error.HTTPError as error:
                said = error.read().decode("utf-8", "replace")
                if error.code != 429:
                    raise DeskError(error.code, said) from error
                time.sleep(float(error.headers.get("Retry-After", 1)))
        raise DeskError(429, "the desk was busy for too long")

    def _call(self, method: str, path: str, body: Any) -> Any:
        secret = base64.b64encode(f"{self.email}:{self.api_key}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            words = answer.read()
        return json.loads(words) if words else None


class RemoteEvents(Events):
    """The account's log, read when it is asked for, after the desk has settled."""

    def __init__(self, account: RemoteDesk) -> None:
        self._account = account
        self._after = account.settle()

    @property
    def types(self) -> list[str]:
        """All that was written since the test began."""
        self._account.settle()
        return [event["type"] for event in self._read() if event["id"] > self._after]

    def everything(self) -> list[str]:
        """All types that the account has ever seen."""
        return [event["type"] for event in self._read()]

    def clear(self) -> None:
        """Forget what was written so far."""
        self._after = self._account.settle()

    def _read(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        asked = {"order_by": "created_datetime:asc", "limit": "100"}
        while True:
            page = self._account.call("GET", f"/api/events?{urlencode(asked)}")
            found += page["data"]
            cursor = page["meta"]["next_cursor"]
            if cursor is None:
                return found
            asked["cursor"] = cursor
