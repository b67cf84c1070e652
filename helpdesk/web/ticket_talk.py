"""What is said on a ticket by hand: replies, internal notes, and the first message of a new one."""

from typing import Final, TypeVar

from flask import Response, g, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import customers, messages, tickets
from helpdesk.drafts import Draft, File
from helpdesk.forms.tickets import ComposerForm, NewTicketForm
from helpdesk.models import Account, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.changing import acting, held, me, needs
from helpdesk.web.directory import ticket_address
from helpdesk.web.formats import size
from helpdesk.web.htmx import wants_partial
from helpdesk.web.tickets import blueprint

#: Files of one message, together.
MOST_BYTES: Final = 20 * 2**20

Choosable = TypeVar("Choosable", User, Team)


@blueprint.post("/tickets/<number:ticket_id>/reply")
@needs("reply")
def reply(ticket_id: int) -> Response:
    """Answer the customer."""
    return _say(ticket_id, "Reply sent", public=True)


@blueprint.post("/tickets/<number:ticket_id>/note")
@needs("write note")
def note(ticket_id: int) -> Response:
    """Write down something that the customer never sees."""
    return _say(ticket_id, "Note added", public=False)


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
    files = _uploads()
    problem = _too_much(files)
    if problem:
        return _form(form, problem, 422)
    try:
        with acting() as session:
            number = _open(session, form, files).id
    except Refused as refusal:
        return _form(form, problem=f"{refusal} No ticket was opened.", status=409)
    answers.tell("Ticket opened")
    return make_response(redirect(ticket_address(number), 303))


def _say(ticket_id: int, said: str, *, public: bool) -> Response:
    form, files = ComposerForm(request.form), _uploads()
    problem = _problem(form, files)
    if problem:
        return _unsent(ticket_id, problem, form, 422)
    try:
        with acting() as session:
            ticket = held(session, ticket_id)
            draft = _draft(session, ticket, form.body_text.data or "", files, public=public)
            if public:
                messages.reply(ticket, draft, by=me())
            else:
                messages.note(ticket, draft, by=me())
    except Refused as refusal:
        return _unsent(ticket_id, str(refusal), form, 409)
    return answers.done(ticket_id, said, sent=True)


def _draft(session: Session, ticket: Ticket, text: str, files: list[File], *, public: bool) -> Draft:
    return Draft(
        sender=session.get_one(User, g.user.id),
        body_text=text.replace("\r\n", "\n").strip(),
        public=public,
        subject=ticket.subject,
        files=tuple(files),
    )


def _uploads() -> list[File]:
    return [
        File(
            name=_file_name(upload.filename),
            content_type=upload.mimetype or "application/octet-stream",
            content=upload.read(),
        )
        for upload in request.files.getlist("files")
        if upload.filename
    ]


def _file_name(given: str) -> str:
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable()).strip(" .") or "file"


def _problem(form: ComposerForm, files: list[File]) -> str | None:
    if not form.validate():
        return " ".join(str(error) for error in form.body_text.errors)
    if not (form.body_text.data or "").strip() and not files:
        return "The message is empty. Nothing was sent; write something or attach a file."
    return _too_much(files)


def _too_much(files: list[File]) -> str | None:
    total = sum(len(file.content) for file in files)
    if total <= MOST_BYTES:
        return None
    return (
        f"These files have {size(total)} together; a message takes up to 20 MB."
        " Nothing was sent: leave one out, or send a link."
    )


def _unsent(ticket_id: int, problem: str, form: ComposerForm, status: int) -> Response:
    if wants_partial():  # the text and the chosen files are still in the page
        return make_response(render_template("tickets/_composer_problem.html", problem=problem), status)
    page = answers.read(ticket_id)
    return answers.whole(page, composer_problem=problem, body_text=form.body_text.data, status=status)


def _form(form: NewTicketForm, problem: str | None = None, status: int = 200) -> Response:
    people = db.session.execute(
        select(User.id, User.name).where(User.account_id == g.account.id, User.active).order_by(User.name)
    )
    teams = db.session.execute(select(Team.id, Team.name).where(Team.account_id == g.account.id).order_by(Team.name))
    return make_response(
        render_template("tickets/new.html", form=form, problem=problem, people=people.all(), teams=teams.all()), status
    )


def _open(session: Session, form: NewTicketForm, files: list[File]) -> Ticket:
    account, by = session.get_one(Account, g.account.id), me()
    email = (form.email.data or "").strip()
    customer = customers.find(account, email) or customers.create(
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
    draft = _draft(session, ticket, form.body_text.data or "", files, public=public)
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
