"""What an HTTP integration sends: address, headers, body and signature, with a ticket's values filled in; and when."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from audit.action import now
from audit.clock import wall_now
from helpdesk import lookups, outgoing
from helpdesk.integrations import FORM_BODY, JSON_BODY
from helpdesk.models import Delivery, Integration
from helpdesk.outgoing import Call
from helpdesk.sessions import session_of


def call_of(integration: Integration, values: dict[str, Any], own_headers: dict[str, str] | None = None) -> Call:
    """The whole call; raises Unsendable."""
    http = integration.http or {}
    url, body = outgoing.address(str(http.get("url")), values), body_of(integration, values)
    return Call(
        str(http.get("method") or "POST"),
        url,
        headers_of(integration, values, body, http.get("request_content_type"), own_headers),
        body,
    )


def queue(
    integration: Integration, trigger: str, reason: str, values: dict[str, Any], ticket_id: int | None
) -> Delivery:
    """Queue a call, with everything filled in now; the reason makes its stable id."""
    http, session = integration.http or {}, session_of(integration)
    values = {"trigger": trigger, **values}
    status, error, url = "queued", None, str(http.get("url"))
    try:
        url = outgoing.address(url, values)
    except outgoing.Unsendable as problem:
        status, error = "failed", str(problem)
    delivery = Delivery(
        account_id=integration.account_id,
        kind="webhook",
        stable_id=f"webhook.{integration.id}.{trigger}.{reason}",
        ticket_id=ticket_id,
        integration_id=integration.id,
        recipient=url,
        payload={
            "trigger": trigger,
            "method": http.get("method", "POST"),
            "content_type": http.get("request_content_type"),
            "body": body_of(integration, values).decode(),
        },
        status=status,
        last_error=error,
        created_datetime=now(session),
        next_attempt_datetime=wall_now() if status == "queued" else None,
    )
    session.add(delivery)
    return delivery


def body_of(integration: Integration, values: dict[str, Any]) -> bytes:
    """What a call carries: the template, filled; without one, all there is."""
    http = integration.http or {}
    if http.get("method") in ("GET", "HEAD"):
        return b""
    form = http.get("form")
    filled = lookups.fill_json(form, values) if form is not None else values
    if http.get("request_content_type") == FORM_BODY:
        pairs = {name: lookups.plain(value) for name, value in filled.items()} if isinstance(filled, dict) else {}
        return urlencode(pairs).encode()
    return json.dumps(filled, ensure_ascii=False, default=lookups.plain).encode()


def headers_of(
    integration: Integration,
    values: dict[str, Any],
    body: bytes,
    content_type: str | None,
    own: dict[str, str] | None = None,
) -> dict[str, str]:
    """The integration's own headers, filled, and those of the desk, which come first; raises Unsendable."""
    first = {"User-Agent": "helpdesk-webhooks", **(own or {})}
    if body:
        first["Content-Type"] = content_type or JSON_BODY
    first |= signature(integration.hmac_secret, body)
    taken = {name.lower() for name in first}
    given = outgoing.headers(integration.headers or {}, values)
    return {**first, **{name: value for name, value in given.items() if name.lower() not in taken}}


def signature(secret: str | None, body: bytes) -> dict[str, str]:
    """By which the other side knows who calls: HMAC-SHA256 over the time, a full stop and the body."""
    if not secret:
        return {}
    at = str(int(wall_now().timestamp()))
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Desk-Timestamp": at, "X-Desk-Signature": f"sha256={digest}"}
