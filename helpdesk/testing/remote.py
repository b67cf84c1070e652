"""A desk that runs elsewhere, over REST: a throw-away account on it, and the events of that account."""

import base64
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
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
    """An account, and a key to it."""

    url: str
    email: str
    api_key: str
    id: int = 0
    opener: str = ""  #: the key with which it was opened

    @classmethod
    def open(cls, url: str, key: str, name: str) -> "RemoteDesk":
        """Open a throw-away account."""
        email, _, secret = key.partition(":")
        made = cls(url.rstrip("/"), email, secret).call("POST", "/api/desk/accounts", {"name": name[:100]})
        return cls(url.rstrip("/"), made["email"], made["api_key"], made["id"], key)

    def throw_away(self) -> None:
        """Archive it."""
        email, _, secret = self.opener.partition(":")
        RemoteDesk(self.url, email, secret).call("DELETE", f"/api/desk/accounts/{self.id}")

    def settle(self) -> int:
        """Wait until all that was due is done and all rules have run; answers the newest event's number."""
        settled = self.call("POST", "/api/desk/settle", {})
        return int(settled["last_event_id"])

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
