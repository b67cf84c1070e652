"""What somebody was told and should look at: the page behind the bar's bell."""

from typing import Final

from flask import Blueprint, Response, g, make_response, render_template, url_for
from sqlalchemy import select

from audit.action import write_aside
from audit.db import db
from helpdesk import notices
from helpdesk.models import Notice
from helpdesk.web.changing import needs
from helpdesk.web.htmx import go_to

MOST: Final = 50

blueprint = Blueprint("notices", __name__)


@blueprint.get("/notices")
@needs("manage settings")
def index() -> Response:
    """The newest first."""
    mine = select(Notice).where(Notice.account_id == g.account.id, Notice.user_id == g.user.id)
    found = db.session.scalars(mine.order_by(Notice.id.desc()).limit(MOST)).all()
    return make_response(
        render_template("notices/index.html", notices=found, time_zone=g.account.time_zone, now=g.desk_clock.now)
    )


@blueprint.post("/notices/read")
@needs("manage settings")
def read() -> Response:
    """All are read."""
    session = db.session()
    write_aside(session, g.account.id)
    notices.read_all(session, g.user.id)
    session.commit()
    return go_to(url_for("notices.index"))
