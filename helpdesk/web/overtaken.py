"""Two people who edit one thing at once: who was late learns who was first, and may save again knowing it."""

from flask import g, request
from sqlalchemy.orm import Session

from audit.clock import wall_now
from audit.log import event_table
from audit.sessions import scoped
from helpdesk.web.formats import ago
from helpdesk.web.races import Stale

_event = event_table.c


def refuse_overtaken(session: Session, object_type: str, number: int, what: str, field: str = "seen") -> None:
    """Raise Stale if somebody else has changed it since the form was drawn, whose field holds its newest event."""
    seen = request.form.get(field, "")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 19):
        return
    since = session.execute(
        scoped(session, _event.user_id, _event.actor_name, _event.recorded_datetime, table=event_table)
        .where(_event.object_type == object_type, _event.object_id == number, _event.id > int(seen))
        .order_by(_event.id.desc())
        .limit(20)
    ).all()
    others = [event for event in since if event.user_id != g.user.id]
    if others:
        who = f"{others[0].actor_name[:1].upper()}{others[0].actor_name[1:]}"
        when = ago(others[0].recorded_datetime, wall_now())
        raise Stale(
            f"{who} changed this {what} {'just now' if when == 'now' else f'{when} ago'}, so your change was not made."
            " What you typed is still here: look at the event trail, and save again if it still fits."
        )
