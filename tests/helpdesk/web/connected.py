"""What tests of integrations, widgets, shop and chat share: something connected, and a system that answers."""

from typing import Any

from sqlalchemy import select

from helpdesk import integrations
from helpdesk.models import Integration
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser

#: What people type who mean no good, or write otherwise.
HOSTILE = [
    "x" * 10_000, "🎁🎁", "مرحبا بالعالم", "<script>alert(1)</script>", "{{7*7}} {% raw %}",
    "'; DROP TABLE widget; --", "a\r\nBcc: x@y.example",
]  # fmt: skip


def newest(desk: Desk, model: Any) -> Any:
    """The row that was made last."""
    desk.session.rollback()
    return desk.session.scalars(
        select(model).order_by(model.id.desc()).execution_options(populate_existing=True)
    ).first()


def connect(desk: Desk, type_: str, name: str = "One", **more: Any) -> Integration:
    """Something connected by the verb."""
    with desk.acting():
        number = integrations.create(desk.account, type_, name, by=desk.by_admin, **more).id
    return desk.session.get_one(Integration, number)


def key_of(desk: Desk, type_: str) -> str:
    """The public address of a fresh shop or chat."""
    return integrations.public_key(connect(desk, type_)) or ""


def order_at(browser: Browser, key: str, email: str = "carol@mail.example") -> str:
    """Somebody buys a mug; answers the address of the order."""
    response = browser.post(f"/shop/{key}", **{"harbour-mug": "1", "email": email, "name": "Carol"})
    assert response.status_code == 303
    return str(response.headers["Location"])


def written(browser: Browser, key: str, **form: str) -> Any:
    """The visitor writes."""
    return browser.post(f"/chat/{key}", **{"name": "Dora", "text": "Hi <b>", **form})
