"""Macros on a ticket's page: one is chosen for the reply that is being written, or applied at once."""

from flask import Response, abort, g, make_response, render_template, request
from sqlalchemy import select

from audit.db import db
from helpdesk import macros, markdown
from helpdesk.forms.tickets import LONGEST_TEXT
from helpdesk.models import Macro, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, macro_reading, reading
from helpdesk.web.changing import acting, held, me, needs
from helpdesk.web.composing import held_macro
from helpdesk.web.htmx import wants_partial
from helpdesk.web.races import Stale, refuse_stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.tickets import blueprint


@blueprint.get("/tickets/<number:ticket_id>/compose")
@needs("reply")
def compose(ticket_id: int) -> Response:
    """The ticket with a macro chosen and its reply written, not sent; the fragment is the chosen macro alone."""
    session, number = db.session(), request.args.get("macro", 0, type=int)
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    number = number if 0 < number <= LARGEST_ID else 0
    both = select(User, Macro).outerjoin(Macro, Macro.id == number).where(User.id == g.user.id)
    user, _held = session.execute(both).one()  # one question: a whole page asks enough of them
    offer = macro_reading.offer(session, ticket, user, number or None)
    if offer is None:
        abort(404, "This macro is not there any more. Choose another one.")
    if wants_partial():
        return make_response(render_template("tickets/_chosen_macro.html", ticket=ticket, offer=offer))
    reply = offer.reply
    return answers.whole(
        reading.read_page(session, ticket, g.account.time_zone),
        offer=offer,
        body_text=reply.text if reply else None,
        is_markdown=reply.markdown if reply else None,
    )


@blueprint.post("/tickets/<number:ticket_id>/apply-macro")
@needs("update ticket")
def apply_macro(ticket_id: int) -> Response:
    """Let a macro do its actions now; the reply that it writes is not sent."""
    number = request.form.get("macro_id", 0, type=int)
    try:
        with acting() as session:
            ticket, macro = held(session, ticket_id), held_macro(session, number)
            refuse_stale(session, ticket, request.form.get("row_version"), g.user.id)
            macros.apply(macro, ticket, by=me())
            name = macro.name
    except (Refused, Stale) as refusal:
        return answers.refused(ticket_id, str(refusal), request.form.get("body_text"))
    return answers.done(ticket_id, f"“{name}” applied")


@blueprint.post("/tickets/preview")
@needs("write note")
def preview_markdown() -> Response:
    """How a Markdown text will look; nothing happens."""
    text = request.form.get("body_text", "")[:LONGEST_TEXT]
    return make_response(render_template("tickets/_markdown.html", html=markdown.to_html(text)))
