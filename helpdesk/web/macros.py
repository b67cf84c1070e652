"""The pages of macros: the list, the editor with its preview, archive and delete; and what the composer offers."""

from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import literal, select, union_all
from werkzeug.datastructures import MultiDict

from audit.db import db
from helpdesk import macros
from helpdesk.forms.macros import MacroForm, Rows
from helpdesk.languages import LANGUAGES
from helpdesk.macro_actions import METHODS, in_words
from helpdesk.models import Account, Macro, Team, User
from helpdesk.placeholders import FILTERS, VARIABLES, Words
from helpdesk.refusals import Refused
from helpdesk.tickets import PRIORITIES
from helpdesk.web import answers, macro_reading, reading, trail
from helpdesk.web.answers import Press
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock

blueprint = Blueprint("macros", __name__)

LONGEST_SEARCH: Final = 100

_LATE: Final = (
    "Somebody else has changed this macro since you opened it, so nothing was saved. What you typed is still here:"
    " look at the event trail, and save again if it still fits."
)


@blueprint.get("/settings/macros")
@needs("read")
def index() -> Response:
    """The macros in use, or those put away; the fragment is the list while you type."""
    archived = request.args.get("tab") == "archived"
    wanted = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    session = db.session()
    template = "macros/_list.html" if wants_partial() else "macros/index.html"
    return make_response(
        render_template(
            template,
            macros=macro_reading.lines(session, g.account.id, wanted, archived=archived),
            archived=archived,
            others=macro_reading.count(session, g.account.id, archived=not archived),
            wanted=wanted,
            now=desk_clock(g.account.id).now,
            time_zone=g.account.time_zone,
        )
    )


@blueprint.get("/settings/macros/new")
@needs("manage macros")
def new() -> Response:
    """An empty macro, which writes a reply to begin with."""
    rows = Rows()
    rows.rearrange("add:setResponseText")
    return _editor(None, MacroForm(), rows)


@blueprint.post("/settings/macros/new")
@needs("manage macros")
def create() -> Response:
    """Make a macro; or draw its editor again, with another row or a row less."""
    form, rows = MacroForm(request.form), Rows.sent(request.form)
    if wish := request.form.get("do"):
        rows.rearrange(wish)
        return _editor(None, form, rows)
    problem = _problem(form, rows)
    if problem is not None:
        return _editor(None, form, rows, problem, 422)
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id)
            number = macros.create(
                account,
                form.name.data or "",
                rows.actions(),
                intent=form.intent.data,
                language=form.language.data,
                by=me(),
            ).id
    except Refused as refusal:
        return _editor(None, form, rows, f"{refusal} The macro was not made.", 409)
    answers.tell("Macro created")
    return go_to(url_for("macros.show", macro_id=number))


@blueprint.get("/settings/macros/<number:macro_id>")
@needs("read")
def show(macro_id: int) -> Response:
    """A macro: its editor for those who may change it, else what it does in words."""
    macro = _read(macro_id)
    rows = Rows.of(macro.actions)
    if g.user.may("manage macros"):
        return _editor(macro, MacroForm(obj=macro), rows)
    names = macros.names_for(db.session(), g.account.id, macro.actions)
    does = [in_words(action, names) for action in macro.actions]
    return make_response(render_template("macros/show.html", macro=macro, does=does, **_beside(macro, rows)))


@blueprint.post("/settings/macros/<number:macro_id>")
@needs("manage macros")
def update(macro_id: int) -> Response:
    """Save a macro; or draw its editor again, with another row or a row less."""
    form, rows = MacroForm(request.form), Rows.sent(request.form)
    if wish := request.form.get("do"):
        rows.rearrange(wish)
        return _editor(_read(macro_id), form, rows)
    problem = _problem(form, rows)
    if problem is not None:
        return _editor(_read(macro_id), form, rows, problem, 422)
    try:
        with acting() as session:
            macro = held_row(session, Macro, macro_id, "macro")
            if request.form.get("version", str(macro.version)) != str(macro.version):
                raise Refused(_LATE)
            macros.update(
                macro,
                form.name.data or "",
                rows.actions(),
                intent=form.intent.data,
                language=form.language.data,
                by=me(),
            )
    except Refused as refusal:
        return _editor(_read(macro_id), form, rows, str(refusal), 409)
    answers.tell("Macro saved")
    return go_to(url_for("macros.show", macro_id=macro_id))


@blueprint.post("/settings/macros/preview")
@needs("read")
def preview() -> Response:
    """What the macro in the editor would write on a ticket; nothing happens."""
    rows = Rows.sent(request.form)
    return make_response(render_template("macros/_preview.html", **_previewed(rows, request.form)))


@blueprint.post("/settings/macros/<number:macro_id>/archive")
@needs("manage macros")
def archive(macro_id: int) -> Response:
    """Put it away."""
    with acting() as session:
        macros.archive(held_row(session, Macro, macro_id, "macro"), by=me())
    answers.tell("Macro archived", undo_by=Press(url_for("macros.unarchive", macro_id=macro_id)))
    return go_to(url_for("macros.index"))


@blueprint.post("/settings/macros/<number:macro_id>/unarchive")
@needs("manage macros")
def unarchive(macro_id: int) -> Response:
    """Bring it back."""
    try:
        with acting() as session:
            macros.unarchive(held_row(session, Macro, macro_id, "macro"), by=me())
    except Refused as refusal:
        macro = _read(macro_id)
        said = f"{refusal} Rename one of the two, then bring it back."
        return _editor(macro, MacroForm(obj=macro), Rows.of(macro.actions), said, 409)
    answers.tell("Macro brought back", undo_by=Press(url_for("macros.archive", macro_id=macro_id)))
    return go_to(url_for("macros.show", macro_id=macro_id))


@blueprint.get("/settings/macros/<number:macro_id>/delete")
@needs("manage macros")
def confirm_delete(macro_id: int) -> Response:
    """Ask before it is gone."""
    macro = _read(macro_id)
    used = macros.usage(db.session(), g.account.id, [macro_id]).get(macro_id, 0)
    rules = [f"“{rule.name}”" for rule in macros.rules_using(macro)]
    consequences = [
        f"It was applied {used:,} time{'s' if used != 1 else ''}. What it did to tickets stays.",
        "Nobody can choose it any more. If you may want it again, archive it instead.",
    ]
    if rules:
        consequences = [f"It can't be deleted: it is applied by the rule {', '.join(rules)}. Change that first."]
    return sheet(
        "layout/_confirm.html",
        macro.name,
        address=url_for("macros.delete", macro_id=macro_id),
        question=f"Delete the macro “{macro.name}”?",
        consequences=consequences,
        act=None if rules else "Delete it",
        back=url_for("macros.show", macro_id=macro_id),
    )


@blueprint.post("/settings/macros/<number:macro_id>/delete")
@needs("manage macros")
def delete(macro_id: int) -> Response:
    """Remove it for good."""
    try:
        with acting() as session:
            macros.delete(held_row(session, Macro, macro_id, "macro"), by=me())
    except Refused as refusal:
        macro = _read(macro_id)
        return _editor(macro, MacroForm(obj=macro), Rows.of(macro.actions), str(refusal), 409)
    answers.tell("Macro deleted")
    return go_to(url_for("macros.index"))


@blueprint.get("/macros/pick")
@needs("read")
def pick() -> Response:
    """The macros that can be chosen on a ticket, with its values: a fragment for the composer, else a page."""
    number = request.args.get("ticket", 0, type=int)
    session = db.session()
    ticket = reading.read_ticket(session, number) if 0 < number <= LARGEST_ID else None
    if ticket is None:
        abort(404, "There is no such ticket, so there are no values to fill in.")
    wanted = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    offers = macro_reading.offers(session, ticket, session.get_one(User, g.user.id), wanted)
    template = "macros/_offers.html" if wants_partial() else "macros/pick.html"
    return make_response(render_template(template, ticket=ticket, offers=offers, wanted=wanted))


def _problem(form: MacroForm, rows: Rows) -> str | None:
    """Why it can't be saved, beside what stands beside the fields; None if it can."""
    is_fine = form.validate()
    rows.actions()
    if not rows.rows:
        return "A macro that does nothing helps nobody. Add an action first."
    return None if is_fine and rows.is_fine else "Not saved yet: look at what is marked below."


def _editor(
    macro: Macro | None, form: MacroForm, rows: Rows, problem: str | None = None, status: int = 200
) -> Response:
    people, teams = _holders()
    words = {
        "macro": macro,
        "form": form,
        "rows": rows,
        "problem": problem,
        "intents": macros.INTENTS,
        "languages": LANGUAGES,
        "people": people,
        "teams": teams,
        "priorities": PRIORITIES,
        "methods": METHODS,
        "variables": VARIABLES,
        "filters": FILTERS,
    }
    if wants_partial() and request.form.get("do"):
        return make_response(render_template("macros/_form.html", **words, **_previewed(rows, request.form)), status)
    return make_response(render_template("macros/edit.html", **words, **_beside(macro, rows)), status)


def _holders() -> tuple[list[Any], list[Any]]:
    """The people and the teams to whom a macro may assign."""
    people, teams = (
        select(literal(kind).label("kind"), model.id.label("id"), model.name.label("name")).where(
            model.account_id == g.account.id
        )
        for kind, model in (("user", User), ("team", Team))
    )
    found = db.session.execute(union_all(people.where(User.active), teams).order_by("name", "id")).all()
    return [row for row in found if row.kind == "user"], [row for row in found if row.kind == "team"]


def _beside(macro: Macro | None, rows: Rows) -> dict[str, object]:
    """What stands beside the editor: the preview, how often it was used, its trail."""
    session, clock, found = db.session(), desk_clock(g.account.id), dict[str, object]()
    if macro is not None:
        now = clock.now.astimezone(zone(g.account.time_zone))
        found["usage"] = macros.usage(session, g.account.id, [macro.id]).get(macro.id, 0)
        found["trail"] = trail.trail_of_object(session, "Macro", macro.id, now)
    return {**found, "now": clock.now, "time_zone": g.account.time_zone, **_previewed(rows, request.values)}


def _previewed(rows: Rows, form: MultiDict[str, str]) -> dict[str, object]:
    """The texts of the rows on the ticket that was chosen, else on the one that changed last."""
    session, given = db.session(), form.get("ticket", "").strip().lstrip("#")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    ticket = reading.read_ticket(session, number if given else macro_reading.newest_ticket(g.account.id))
    shown: dict[str, object] = {"ticket": ticket, "ticket_given": given or (str(ticket.id) if ticket else "")}
    if ticket is not None:
        words = Words.of(ticket, session.get_one(User, g.user.id))
        shown["texts"] = macro_reading.texts([_rough(row.kind, row.values) for row in rows.rows], words)
    return shown


def _rough(kind: str, values: dict[str, str]) -> dict[str, object]:
    # Half-written actions are previewed, too.
    return {"name": kind, "arguments": values}


def _read(macro_id: int) -> Macro:
    macro = db.session.get(Macro, macro_id)
    if macro is None or macro.account_id != g.account.id:
        abort(404, f"There is no macro {macro_id} here: it was deleted, or never existed in this account.")
    return macro
