"""Keyed digests: how the log speaks of secrets without saying them, and of long texts without repeating them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select

from audit.columns import Kind
from audit.log import log_state

#: Texts of more than this many bytes stand in the log by digest.
LONG: Final = 4096

_keys: WeakKeyDictionary[Engine, bytes] = WeakKeyDictionary()


def digest_key(connection: Connection) -> bytes:
    """The installation's key for digests, made once by the first migration."""
    key = _keys.get(connection.engine)
    if key is None:
        key = bytes.fromhex(connection.execute(select(log_state.c.digest_key)).scalar_one())
        _keys[connection.engine] = key
    return key


def digest(key: bytes, content: str) -> str:
    """A keyed digest (HMAC-SHA256, hexadecimal): equal for equal texts, and no help in guessing them."""
    return hmac.new(key, content.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def encode(key: bytes, kind: Kind, value: Any, long_texts: dict[str, str]) -> Any:
    """A column's value as `changes` holds it; long texts are put into `long_texts` by digest."""
    if value is None:
        return None
    if kind == "secret":
        return {"$secret": digest(key, _secret_words(value))}
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    content = value if isinstance(value, str) else _canonical(value)
    if len(content) <= LONG // 4 or len(content.encode("utf-8", "surrogatepass")) <= LONG:
        return value
    name = digest(key, content)
    long_texts[name] = content
    return {"$text": name}


def _secret_words(value: Any) -> str:
    if isinstance(value, (bool, int, float)):
        return repr(value)
    return value if isinstance(value, str) else _canonical(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
