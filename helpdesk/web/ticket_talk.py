"""What is said on a ticket by hand: replies, internal notes, and the first message of a new one."""

from typing import TypeVar

from flask import Response, g, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import customers, messages, tickets
from helpdesk.forms.tickets import NewTicketForm
from helpdesk.models import Account, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, macro_reading
from helpdesk.web.changing import acting, held, me, needs
from helpdesk.web.composing import Composed, composed, draft_of, send
from helpdesk.web.directory import ticket_address
from helpdesk.web.htmx import wants_partial
from helpdesk.web.races import Stale
from helpdesk.web.tickets import blueprint

Choosable = TypeVar("Choosable", User, Team)


@blueprint.post("/tickets/<number:ticket_id>/reply")
@needs("reply")
def reply(ticket_id: int) -> Response:
    """Answer the customer."""
    return _say(ticket_id, public=True)


@blueprint.post("/tickets/<number:ticket_id>/note")
@needs("write note")
def note(ticket_id: int) -> Response:
    """Write down something that the customer never sees."""
    return _say(ticket_id, public=False)


@blueprint.get("/tickets/new")
@needs("create ticket")
def new() -> Response:
    """An empty form."""
    return _form(NewTicketForm())


@blueprint.post("/tickets/new")
@needs("create ticket")
def create() -> Response:
    """Open a ticket by hand."""
    form = NewTicketForm(request.form)
    if not form.validate():
        return _form(form, status=422)
    what = composed()
    if what.problem:
        return _form(form, what.problem, 422)
    try:
        with acting() as session:
            number = _open(session, form, what).id
    except Refused as refusal:
        return _form(form, problem=f"{refusal} No ticket was opened.", status=409)
    answers.tell("Ticket opened")
    return make_response(redirect(ticket_address(number), 303))


def _say(ticket_id: int, *, public: bool) -> Response:
    what = composed()
    if what.problem:
        return _unsent(ticket_id, what.problem, what, 422)
    try:
        with acting() as session:
            send(session, held(session, ticket_id), what, public=public)
    except (Refused, Stale) as refusal:
        return _unsent(ticket_id, str(refusal), what, 409)
    return answers.done(ticket_id, what.said if public else "Note added", sent=True)


def _unsent(ticket_id: int, problem: str, what: Composed, status: int) -> Response:
    if wants_partial():  # the text and the chosen files are still in the page
        return make_response(render_template("tickets/_composer_problem.html", problem=problem), status)
    page = answers.read(ticket_id)
    return answers.whole(
        page,
        composer_problem=problem,
        body_text=what.text,
        is_markdown=what.is_markdown,
        offer=_offer(page.ticket, what.macro_id),
        status=status,
    )


def _offer(ticket: Ticket, macro_id: int | None) -> macro_reading.Offer | None:
    return macro_reading.offer(db.session(), ticket, db.session.get_one(User, g.user.id), macro_id)


def _form(form: NewTicketForm, problem: str | None = None, status: int = 200) -> Response:
    people = db.session.execute(
        select(User.id, User.name).where(User.account_id == g.account.id, User.active).order_by(User.name)
    )
    teams = db.session.execute(select(Team.id, Team.name).where(Team.account_id == g.account.id).order_by(Team.name))
    return make_response(
        render_template("tickets/new.html", form=form, problem=problem, people=people.all(), teams=teams.all()), status
    )


def _open(session: Session, form: NewTicketForm, what: Composed) -> Ticket:
    account, by = session.get_one(Account, g.account.id), me()
    email = (form.email.data or "").strip()
    customer = customers.awaited(account, email) or customers.create(
        account, name=form.name.data or None, email=email, by=by
    )
    ticket = tickets.create(
        account,
        tickets.Opening(
            customer=customer,
            subject=form.subject.data,
            from_agent=True,
            assignee=_one(session, User, form.assignee.data),
            team=_one(session, Team, form.team.data),
            tags=tuple(name for name in (form.tags.data or "").split(",") if name.strip()),
        ),
        by=by,
    )
    public = form.kind.data == "reply"
    draft = draft_of(session, ticket, what, public=public)
    if public:
        messages.reply(ticket, draft, by=by)
    else:
        messages.note(ticket, draft, by=by)
    return ticket


def _one(session: Session, model: type[Choosable], number: str | None) -> Choosable | None:
    if not number:
        return None
    found = session.get(model, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None
    if found is None or found.account_id != g.account.id:
        raise Refused("Choose an assignee and a team of this account.")
    return found
