"""Outgoing mail: what the demo's mail trap caught instead of delivering it."""

from typing import Final

from flask import Blueprint, Response, abort, current_app, g, make_response, render_template

from helpdesk.mail import trap
from helpdesk.mail.trap import CaughtMail
from helpdesk.web.changing import needs

#: How the Message-IDs of letters begin that hold a link with which one becomes somebody else.
WITH_KEYS: Final = ("invitation.", "password.")

#: Mails on the page.
MOST: Final = 200

blueprint = Blueprint("mailtrap", __name__)


@blueprint.get("/mail")
@needs("read outgoing mail")
def index() -> Response:
    """The newest mails."""
    mails = [mail for mail in trap.caught(g.account.mail_address, MOST) if _may_be_read(mail)]
    return make_response(
        render_template("mailtrap/index.html", mails=mails, opened=None, is_trapping=current_app.config["DESK"].trap)
    )


@blueprint.get("/mail/<mail_id>")
@needs("read outgoing mail")
def show(mail_id: str) -> Response:
    """One mail with its headers."""
    mail = trap.read(mail_id, g.account.mail_address)
    if mail is None or not _may_be_read(mail):
        abort(404, "This mail is no longer in the trap: newer ones took its place.")
    return make_response(render_template("mailtrap/show.html", mail=mail))


def _may_be_read(mail: CaughtMail) -> bool:
    return not (mail.message_id or "").startswith(WITH_KEYS) or bool(g.user.may("manage people"))
