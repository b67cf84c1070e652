"""The letters that wait in the outbox, the links in them, and whom they are for."""

import re

from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.action import enter
from helpdesk import invitations
from helpdesk.models import Delivery, Role
from tests.desks import Desk

ANA = "ana@demo.example"
#: What is filled in under a link.
CHOSEN = {"password": "one that is new", "repeated": "one that is new"}


def invite(desk: Desk, email: str = "nora@demo.example") -> str:
    """Ada invites Nora; answers where the link leads."""
    with desk.acting():
        invitations.invite(desk.account, email=email, name="Nora New", role=Role.LITE, by=desk.by_admin)
    return newest_path(desk)


def text(response: TestResponse) -> str:
    """What a person reads."""
    return response.get_data(as_text=True)


def letters(desk: Desk) -> list[Delivery]:
    """What is queued for people's mailboxes, oldest first."""
    desk.session.rollback()
    enter(desk.session, None)
    return list(desk.session.scalars(select(Delivery).where(Delivery.kind == "mail").order_by(Delivery.id)))


def path_in(letter: Delivery) -> str:
    """Where the link in a letter leads."""
    found = re.search(r"https?://[^/\s]+(/\S+)", letter.payload["body_text"])
    assert found is not None
    return found[1]


def newest_path(desk: Desk) -> str:
    """Where the link in the newest letter leads."""
    return path_in(letters(desk)[-1])
