"""Outgoing mail: what the demo's mail trap caught instead of delivering it."""

from typing import Final

from flask import Blueprint, Response, abort, current_app, g, make_response, render_template

from helpdesk.mail import trap
from helpdesk.web.changing import needs

#: Mails on the page.
MOST: Final = 200

blueprint = Blueprint("mailtrap", __name__)


@blueprint.get("/mail")
@needs("read outgoing mail")
def index() -> Response:
    """The newest mails."""
    mails = trap.caught(g.account.mail_address, MOST)
    return make_response(
        render_template("mailtrap/index.html", mails=mails, opened=None, is_trapping=current_app.config["DESK"].trap)
    )


@blueprint.get("/mail/<mail_id>")
@needs("read outgoing mail")
def show(mail_id: str) -> Response:
    """One mail with its headers."""
    mail = trap.read(mail_id, g.account.mail_address)
    if mail is None:
        abort(404, "This mail is no longer in the trap: newer ones took its place.")
    return make_response(render_template("mailtrap/show.html", mail=mail))
