"""Who has read what when the demo begins: all but the last hours, so that what is unread looks as after a break."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import marks
from helpdesk.models import Ticket, User

#: What customers wrote in this time before the end, nobody has looked at yet.
BREAK: Final = timedelta(hours=3)


def read_up(session: Session, account_id: int, until: datetime) -> None:
    """Mark for every team member what they have read."""
    people = session.scalars(select(User.id).where(User.account_id == account_id).order_by(User.id)).all()
    written = Ticket.last_received_message_datetime
    read = select(Ticket.id).where(Ticket.account_id == account_id, (written < until - BREAK) | written.is_(None))
    tickets = session.scalars(read.order_by(Ticket.id)).all()
    session.rollback()
    for number in people:
        marks.note_all_read(session, account_id, number, tickets, until)
