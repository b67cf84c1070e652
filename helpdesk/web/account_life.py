"""Switching the account off, for its owner; `auth` lets them switch it on again."""

from flask import Blueprint, Response, current_app, g, url_for
from flask import session as cookie
from sqlalchemy import func, select

from audit.db import db
from helpdesk import accounts
from helpdesk.models import Account, Ticket, User
from helpdesk.web import answers, logins
from helpdesk.web.changing import acting, me, needs
from helpdesk.web.htmx import go_to
from helpdesk.web.sheets import sheet

blueprint = Blueprint("account_life", __name__)


@blueprint.get("/settings/account/deactivate")
@needs("deactivate account")
def confirm_deactivate() -> Response:
    """Ask, and say what follows."""
    return sheet(
        "layout/_confirm.html",
        "Deactivate the account",
        address=url_for("account_life.deactivate"),
        question=f"Deactivate {g.account.name}?",
        consequences=_consequences(),
        act="Deactivate",
        keep="Keep it on",
        back=_back(),
    )


@blueprint.post("/settings/account/deactivate")
@needs("deactivate account")
def deactivate() -> Response:
    """Switch it off; everybody is logged out, who did it first of all."""
    with acting() as session:
        account = session.get_one(Account, g.account.id, with_for_update=True)
        accounts.deactivate(account, by=me())
    events = answers.written()
    cookie.clear()
    answers.toast("The account is deactivated. Log in as its owner to switch it on again.", events)
    response = go_to(url_for("auth.log_in"))
    response.delete_cookie(logins.COOKIE, httponly=True, samesite="Lax")
    return response


def _consequences() -> list[str]:
    session = db.session()
    members = session.scalar(select(func.count()).select_from(User).where(User.account_id == g.account.id)) or 0
    waiting = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.account_id == g.account.id, Ticket.snooze_datetime.is_not(None))
    )
    everybody = (
        "You are logged out, and can't" if members == 1 else f"All {members} team members are logged out, and can't"
    )
    return [
        f"{everybody} log in until you, its owner, switch it on again.",
        f"Mail to {g.account.mail_address} is refused: its senders get it back.",
        f"Timers rest: {_snoozed(waiting or 0)}, and the trash is not emptied.",
        "Nothing is deleted.",
    ]


def _snoozed(count: int) -> str:
    if count == 0:
        return "no snoozed ticket comes back"
    return f"{count:,} snoozed ticket{'s come' if count != 1 else ' comes'} back only afterwards"


def _back() -> str:
    return url_for("account.show" if "account.show" in current_app.view_functions else "tickets.index")
