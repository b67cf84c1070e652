"""What a shop reports to the desk by its signed webhook: an order placed, fulfilled, called off, or paid back.

The simulated shop signs its reports as a real one would, and hands them in at the same door: nothing is believed that
was not signed with the shop's secret, is older than a few minutes, or came before.
"""

import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select

from audit import jsons
from audit.action import now
from audit.actors import Actor
from audit.clock import wall_now
from audit.ledger import record
from helpdesk import customers, integrations, notices
from helpdesk.events import ORDER_CANCELLED, ORDER_REFUNDED
from helpdesk.models import Account, Integration, ShopOrder, ShopReport
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

PLACED: Final = "orders/placed"
FULFILLED: Final = "orders/fulfilled"
CANCELLED: Final = "orders/cancelled"
REFUNDED: Final = "orders/refunded"
TOPICS: Final = (PLACED, FULFILLED, CANCELLED, REFUNDED)

SIGNATURE: Final = "X-Shop-Signature"
TIMESTAMP: Final = "X-Shop-Timestamp"
#: How old a report may be, and how far ahead the shop's clock: who listens in can't hand it in later.
FRESH: Final = timedelta(minutes=5)
LARGEST: Final = 64 * 1024
DEAREST: Final = 10**9  # cents


class Unbelieved(Refused):
    """Nobody can tell that the shop said this; the message says why."""


def send(integration: Integration, topic: str, order: ShopOrder) -> None:
    """Report what the simulated shop has done to an order."""
    if not integration.hmac_secret:  # connected before shops had one
        integrations.renew_secret(integration, by=Actor.system("shop"))
    facts = {"number": order.number, "amount": amount(order.amount_cents), "currency": order.currency}
    message = {"id": uuid.uuid4().hex, "topic": topic, "order": facts}
    body = json.dumps(message).encode()
    take(integration, body, signed(integration, body))


def signed(integration: Integration, body: bytes) -> dict[str, str]:
    """The headers of a report: when it was signed, and HMAC-SHA256 over that, a full stop and the body."""
    at = str(int(wall_now().timestamp()))
    return {TIMESTAMP: at, SIGNATURE: _signature(integration, at, body)}


def take(integration: Integration, body: bytes, headers: Mapping[str, str]) -> bool:
    """Take in a report; False if it was taken in before. Raises Unbelieved, or Refused if it makes no sense."""
    _verify(integration, body, headers)
    report = _read(body)
    if _came_before(integration, report["id"]):
        return False
    _apply(integration, report["topic"], report["order"])
    return True


def facts_of(order: ShopOrder) -> dict[str, Any]:
    """What the log keeps of an order: its number and amount."""
    return {"order_number": order.number, "amount": amount(order.amount_cents), "currency": order.currency}


def amount(cents: int) -> str:
    """ "24.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


# ---- Whether it is the shop's


def _verify(integration: Integration, body: bytes, headers: Mapping[str, str]) -> None:
    if integration.deactivated_datetime is not None:
        raise Refused(f"{integration.name} is switched off, so nothing was taken in.")
    if not integration.hmac_secret:
        raise Unbelieved(f"{integration.name} has no signing secret yet. An admin makes one on its page.")
    at, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not (at.isascii() and at.isdecimal() and len(at) < 12):
        raise Unbelieved(f"{TIMESTAMP} is missing: the time of signing, in seconds since 1970.")
    if abs(wall_now() - datetime.fromtimestamp(int(at), UTC)) > FRESH:
        raise Unbelieved("The report is too old, or the shop's clock is wrong: it is taken within five minutes.")
    if not hmac.compare_digest(_signature(integration, at, body).encode(), given.encode()):
        raise Unbelieved(f"{SIGNATURE} does not fit. Nothing was taken in.")


def _signature(integration: Integration, at: str, body: bytes) -> str:
    digest = hmac.new((integration.hmac_secret or "").encode(), f"{at}.".encode() + body, sha256)
    return f"sha256={digest.hexdigest()}"


def _came_before(integration: Integration, report_id: str) -> bool:
    session = session_of(integration)
    same = select(ShopReport.id).where(
        ShopReport.account_id == integration.account_id,
        ShopReport.integration_id == integration.id,
        ShopReport.report_id == report_id,
    )
    if session.scalar(same) is not None:
        return True
    session.add(
        ShopReport(
            account_id=integration.account_id,
            integration_id=integration.id,
            report_id=report_id,
            received_datetime=wall_now(),
        )
    )
    return False


# ---- What it says


def _read(body: bytes) -> dict[str, Any]:
    try:
        report = jsons.read(body)
        order = report["order"]
        told = {
            "id": _text(report["id"], 64),
            "topic": report["topic"],
            "order": {
                "number": _text(order["number"], 32),
                "cents": round(float(order["amount"]) * 100),
                "currency": _text(order.get("currency", "EUR"), 3),
                "name": _text(order.get("name") or "-", 200),
                "email": str(order.get("email") or "")[:320],
            },
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Refused(
            'A report is JSON such as {"id": "…", "topic": "orders/cancelled",'
            ' "order": {"number": "1001", "amount": "24.00", "currency": "EUR"}}. Nothing was taken in.'
        ) from error
    if told["topic"] not in TOPICS:
        raise Refused(f"The topic of a report is one of {', '.join(TOPICS)}. Nothing was taken in.")
    if not 0 <= told["order"]["cents"] <= DEAREST:
        raise Refused("The amount of an order lies between 0 and ten million. Nothing was taken in.")
    return told


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str | int) or not 0 < len(str(value)) <= longest:
        raise ValueError
    return str(value)


def _apply(integration: Integration, topic: str, facts: dict[str, Any]) -> None:
    """Bring the shop's books up to date, and write what belongs into the log: each once."""
    order, at = _order(integration, facts), now(session_of(integration))
    by = Actor.integration(integration)
    if topic == FULFILLED and order.status == "paid":
        order.status = "fulfilled"
    elif topic == CANCELLED and order.cancelled_datetime is None and order.refunded_datetime is None:
        order.status, order.cancelled_datetime = "cancelled", at
        record(ORDER_CANCELLED, integration, by=by, data=facts_of(order))
        _tell_admins(order, integration, "was cancelled")
    elif topic == REFUNDED and order.refunded_datetime is None:
        order.status, order.refunded_datetime = "refunded", at
        record(ORDER_REFUNDED, integration, by=by, data=facts_of(order))
        _tell_admins(order, integration, "was refunded")


def _order(integration: Integration, facts: dict[str, Any]) -> ShopOrder:
    """The order in the books; what a shop reports of one that is not known yet is put down."""
    session = session_of(integration)
    order = session.scalar(
        select(ShopOrder).where(
            ShopOrder.account_id == integration.account_id,
            ShopOrder.integration_id == integration.id,
            ShopOrder.number == facts["number"],
        )
    )
    if order is not None:
        return order
    if not facts["email"]:
        raise Refused(f"Nobody knows order {facts['number']} here. Say whose it is: its email. Nothing was taken in.")
    account = session.get_one(Account, integration.account_id)
    buyer = customers.awaited(account, facts["email"])
    if buyer is None:
        name = None if facts["name"] == "-" else facts["name"]
        buyer = customers.create(account, name=name, email=facts["email"], by=Actor.integration(integration))
        session.flush()
    order = ShopOrder(
        account_id=account.id,
        integration_id=integration.id,
        customer_id=buyer.id,
        number=facts["number"],
        items=[],
        amount_cents=facts["cents"],
        currency=facts["currency"],
        status="paid",
        created_datetime=now(session),
    )
    session.add(order)
    session.flush()
    return order


def _tell_admins(order: ShopOrder, integration: Integration, what: str) -> None:
    account = session_of(integration).get_one(Account, integration.account_id)
    items = "\n".join(f"  {item['quantity']} × {item['name']}" for item in order.items)
    total = f"{amount(order.amount_cents)} {order.currency}"
    notices.to_admins(
        account,
        purpose="order",
        subject=f"Order {order.number} {what}: {total}",
        text=f"{integration.name} reports that order {order.number} {what}.\n\n{items}\n\nIn all {total}.",
        path=f"/settings/integrations/{integration.id}",
    )
