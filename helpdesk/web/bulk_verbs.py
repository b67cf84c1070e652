"""What is done to many tickets at once from a list, how it is taken back, and what came of it in a sentence."""

import uuid
from collections.abc import Iterable
from typing import Any, Final

from flask import Response, abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import bulk, jobs, marks, undoing
from helpdesk.bulk import DEEDS, Deed, Outcome
from helpdesk.models import Job, Macro, Tag, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, listing, shown
from helpdesk.web.changing import acting, me, needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.jobs import read as read_job
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import Shell, desk_clock
from helpdesk.web.shown import Shown
from helpdesk.web.snoozing import choices, chosen
from helpdesk.web.ticket_choices import MOST_TAGS
from helpdesk.web.tickets import blueprint

#: More tickets than these are not changed with one press, however many a view holds.
MOST: Final = 20_000
#: Reasons that a toast tells; the rest is counted.
REASONS: Final = 4

_NONE: Final = "Select at least one ticket first. Nothing was changed."


@blueprint.post("/tickets/bulk")
@needs("update ticket")
def change_many() -> Response:
    """Do something to all tickets that are selected."""
    listed, deed, given = _asked()
    if deed.name == "unread":
        return _mark_unread(listed)
    if not g.user.may(deed.needs):
        abort(403, f"Nothing was done: the role {g.user.role} may not do this. Ask an admin of the account.")
    if deed.name == "delete" and request.form.get("sure") != "yes":
        return _ask(listed)
    return _do(listed, deed, given)


@blueprint.get("/tickets/bulk/<any(snooze,assign,tags,more):menu>")
@needs("update ticket")
def bulk_menu(menu: str) -> Response:
    """What can be chosen for the tickets that are selected."""
    if not wants_partial():
        return make_response(redirect(url_for("tickets.index"), 303))
    session, account_id = db.session(), g.account.id
    context: dict[str, Any] = {"menu": menu}
    if menu == "snooze":
        clock = desk_clock(account_id)
        context |= {"choices": choices(clock.now, g.account.time_zone), "clock": clock}
    elif menu == "assign":
        context["members"] = _named(session, User, User.active)
        context["teams"] = _named(session, Team)
    elif menu == "tags":
        context["tags"] = session.scalars(
            select(Tag.name).where(Tag.account_id == account_id).order_by(Tag.name).limit(MOST_TAGS)
        ).all()
    else:
        context["macros"] = _named(session, Macro, Macro.archived_datetime.is_(None))
    return make_response(render_template("tickets/_bulk_menu.html", time_zone=g.account.time_zone, **context))


@blueprint.post("/tickets/undo")
@needs("update ticket")
def undo() -> Response:
    """Take back what somebody has just done; it is an action of its own."""
    context = _context(request.form.get("context", ""))
    done = undoing.steps(db.session(), context, g.user.id)
    given = {"context": str(context), "user_id": g.user.id}
    return _do(shown.of_page(), DEEDS["undo"], given, [step.ticket_id for step in done])


@blueprint.post("/tickets/<number:ticket_id>/unread")
def mark_unread(ticket_id: int) -> Response:
    """Let it look as if it had never been opened, to whoever asks, and go back to the list."""
    session = db.session()
    if session.get(Ticket, ticket_id) is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    marks.note_unread(session, g.account.id, g.user.id, [ticket_id])
    listed = shown.of_page()
    if not wants_partial():
        return make_response(redirect(listed.address(), 303))
    response = _rows(listed, [ticket_id], "info", f"Ticket {ticket_id} is unread again", closes=True)
    response.headers["HX-Push-Url"] = listed.address()
    return response


def _asked() -> tuple[Shown, Deed, dict[str, Any]]:
    """The list, the deed, and what was chosen for it: a button's value says both, as in "assign:7"."""
    name, _, choice = request.form.get("deed", "").partition(":")
    listed = shown.of(request.form) or abort(404, "There is no such view, or it is not shared with you.")
    if name == "unread":
        return listed, Deed("unread", "mark as unread", "unread", ""), {}
    deed = DEEDS.get(name)
    if deed is None or name == "undo":
        abort(422, "Choose what is to be done with the tickets. Nothing was changed.")
    return listed, deed, _given(deed, choice)


def _given(deed: Deed, choice: str) -> dict[str, Any]:
    if deed.name == "snooze":
        clock = desk_clock(g.account.id)
        return {"until": chosen(choice, request.form.get("until", ""), clock.now, g.account.time_zone).isoformat()}
    if deed.name in ("tag", "untag"):
        names = [name for name in request.form.get("names", "").split(",") if name.strip()]
        if not names:
            raise Refused("Write the name of a tag first. Nothing was changed.")
        return {"names": [" ".join(name.split()) for name in names]}
    if deed.name == "priority":
        return {"priority": choice}
    field = {"assign": "user_id", "assign-team": "team_id", "macro": "macro_id"}.get(deed.name)
    number = int(choice) if choice.isascii() and choice.isdigit() and len(choice) < 19 else 0
    return {field: number} if field else {}


def _numbers(session: Session, listed: Shown) -> list[int]:
    """The tickets that are meant: those whose boxes are ticked, or all of the list."""
    if request.form.get("all") == "yes":
        return listing.numbers_of(session, listed.condition(session), MOST)
    given = [text for text in request.form.getlist("ticket") if text.isascii() and text.isdigit() and len(text) < 20]
    return [number for number in dict.fromkeys(map(int, given)) if 0 < number <= LARGEST_ID][:MOST]


def _do(listed: Shown, deed: Deed, given: dict[str, Any], numbers: list[int] | None = None) -> Response:
    with acting() as session:
        wanted = _numbers(session, listed) if numbers is None else numbers
        if not wanted:
            raise Refused(_NONE if deed.name != "undo" else "There is nothing to undo.")
        verb = bulk.verb_for(session, deed, given, wanted[: bulk.AT_ONCE])
        if deed.name == "undo":
            jobs.note_undone(session, g.account.id, given["context"])
        if len(wanted) > bulk.AT_ONCE:
            title = f"{len(wanted):,} tickets: {deed.title}"
            params = {"title": title, "deed": deed.name, "given": given, "tickets": wanted}
            job_id = jobs.queue(session, g.account.id, bulk.JOB, params, by=me(), total=len(wanted)).id
            outcome = None
        else:
            outcome = bulk.do(session, deed, verb, wanted, by=me())
    return _later(job_id, deed, len(wanted)) if outcome is None else _done(listed, deed, outcome)


def _later(job_id: int, deed: Deed, count: int) -> Response:
    said = f"This takes a while: {count:,} tickets are being {deed.done}."
    if wants_partial():
        return _rows(None, [], "info", said, begun=read_job(db.session.get_one(Job, job_id)))
    answers.toast(said, [])
    return go_to(url_for("jobs.show", job_id=job_id))


def _done(listed: Shown, deed: Deed, outcome: Outcome) -> Response:
    undo, events = answers.undoable() if deed.name != "undo" else None, answers.written()
    said, why = bulk.sentence(deed, outcome), bulk.reasons(outcome)
    more = [*why[:REASONS], *([f"and {len(why) - REASONS} more reasons"] if len(why) > REASONS else [])]
    kind = "error" if outcome.refused else "done" if events else "info"
    if not wants_partial():
        answers.toast(" ".join([said, *more]), events, undo)
        return make_response(redirect(shown.of_page().address() if deed.name == "undo" else listed.address(), 303))
    touched = [*outcome.done, *outcome.unchanged, *outcome.missing]
    return _rows(listed, touched, kind, said, events=events, undo=undo, more=more)


def _rows(
    listed: Shown | None,
    numbers: Iterable[int],
    kind: str,
    said: str,
    **told: Any,
) -> Response:
    """The rows as they are now, the ticket that is open if it is one of them, the counts, and a toast."""
    session, wanted = db.session(), list(numbers)
    rows = listing.rows_of(session, g.user.id, wanted, listed.condition(session), listed.order) if listed else []
    open_ticket = shown.open_ticket() if not told.get("closes") else None
    page = answers.of_ticket(answers.read(open_ticket)) if open_ticket in {row.id for row in rows} else {}
    return make_response(
        render_template(
            "tickets/_bulk_answer.html",
            rows=rows,
            gone=sorted(set(wanted) - {row.id for row in rows}) if listed else [],
            shown=listed,
            open_ticket=open_ticket,
            now=desk_clock(g.account.id).now,
            time_zone=g.account.time_zone,
            views=Shell().views,
            current=shown.of_page().name or None,
            kind=kind,
            said=said,
            **told,
            **page,
        )
    )


def _mark_unread(listed: Shown) -> Response:
    session = db.session()
    numbers = _numbers(session, listed)
    if not numbers:
        raise Refused(_NONE)
    marks.note_unread(session, g.account.id, g.user.id, numbers)
    said = f"{len(numbers):,} ticket{'s are' if len(numbers) != 1 else ' is'} unread again"
    if wants_partial():
        return _rows(listed, numbers[: bulk.AT_ONCE], "info", said)
    answers.toast(said, [])
    return make_response(redirect(listed.address(), 303))


def _ask(listed: Shown) -> Response:
    """Ask before deleting for good, with numbers."""
    session = db.session()
    numbers = _numbers(session, listed)
    there = Ticket.account_id == g.account.id, Ticket.id.in_(numbers)
    count, messages = session.execute(
        select(func.count(), func.coalesce(func.sum(Ticket.messages_count), 0)).where(
            *there, Ticket.trashed_datetime.is_not(None)
        )
    ).one()
    response = sheet(
        "tickets/_bulk_delete.html",
        "Delete tickets",
        shown=listed,
        numbers=numbers,
        count=count,
        messages=messages,
        elsewhere=len(numbers) - count,
        is_all=request.form.get("all") == "yes",
    )
    if wants_partial():
        response.headers["HX-Retarget"] = "#dialog"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _named(session: Session, model: Any, *only: Any) -> list[Any]:
    names = select(model.id, model.name).where(model.account_id == g.account.id, *only)
    return list(session.execute(names.order_by(model.name, model.id).limit(500)))


def _context(written: str) -> uuid.UUID:
    try:
        return uuid.UUID(written)
    except ValueError:
        abort(404, "There is no such action to undo.")
