"""What the log learns of the desk: who looks, who is in the team, where things are, what time it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import g, url_for
from sqlalchemy import select

from audit.clock import desk_now
from audit.db import db
from audit.directory import Member, Viewer
from helpdesk import settings
from helpdesk.models import Account, AccountSetting, Ticket, TicketMessage, User


class HelpdeskDirectory:
    """The desk's side of the log's port."""

    def viewer(self) -> Viewer | None:
        """Who is looking; None if nobody is logged in."""
        if g.get("user") is None:
            return None
        return Viewer(g.account.id, g.user.id, g.user.name, g.user.may("read audit log"))

    def accounts(self) -> list[tuple[int, str]]:
        """All accounts, archived ones too, as number and domain; the first is the demo's."""
        return [
            (row.id, row.domain) for row in db.session.execute(select(Account.id, Account.domain).order_by(Account.id))
        ]

    def members(self, account_id: int) -> list[Member]:
        """The account's team members of today."""
        found = db.session.execute(
            select(User.id, User.name).where(User.account_id == account_id).order_by(User.name, User.id)
        )
        return [Member(row.id, row.name) for row in found]

    def links(self, account_id: int, objects: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """Addresses of tickets and messages that still exist."""
        wanted = set(objects)
        found = {("Ticket", number): ticket_address(number) for number in self._tickets(account_id, wanted)}
        for message, ticket in self._messages(account_id, wanted):
            found["TicketMessage", message] = f"{ticket_address(ticket)}#message-{message}"
        return found

    def time_zone(self, account_id: int) -> str:
        """The account's time zone, an IANA name."""
        if g.get("account") is not None and g.account.id == account_id:
            name: str = g.account.time_zone
            return name
        return str(self._setting(account_id, "business-hours").get("timezone") or "UTC")

    def longest_period(self, account_id: int) -> timedelta | None:
        """The longest period that the audit page may cover; None for any."""
        days = self._setting(account_id, "audit-log").get("longest_period_days")
        return timedelta(days=days) if days is not None else None

    def now(self, account_id: int) -> datetime:
        """The time on the account's desk clock."""
        return desk_now(db.session(), account_id)

    def _tickets(self, account_id: int, wanted: set[tuple[str, int]]) -> list[int]:
        numbers = [number for kind, number in wanted if kind == "Ticket"]
        if not numbers:
            return []
        return list(
            db.session.scalars(select(Ticket.id).where(Ticket.account_id == account_id, Ticket.id.in_(numbers)))
        )

    def _messages(self, account_id: int, wanted: set[tuple[str, int]]) -> list[tuple[int, int]]:
        numbers = [number for kind, number in wanted if kind == "TicketMessage"]
        if not numbers:
            return []
        found = db.session.execute(
            select(TicketMessage.id, TicketMessage.ticket_id).where(
                TicketMessage.account_id == account_id, TicketMessage.id.in_(numbers)
            )
        )
        return [(row.id, row.ticket_id) for row in found]

    def _setting(self, account_id: int, type_: str) -> dict[str, Any]:
        data = db.session.scalar(
            select(AccountSetting.data).where(AccountSetting.account_id == account_id, AccountSetting.type == type_)
        )
        return dict(data) if data is not None else dict(settings.DEFAULTS[type_])


def ticket_address(number: int) -> str:
    """The page of a ticket."""
    return url_for("tickets.show", ticket_id=number)
