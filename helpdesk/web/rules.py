"""The pages of rules: the list in the order in which they run, the builder with its code, and the trial on a ticket."""

from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy.orm import Session, joinedload
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from audit.db import db
from helpdesk import rule_runs, rules
from helpdesk.models import Account, Rule, Ticket, TicketTag
from helpdesk.refusals import Refused
from helpdesk.rules import LONGEST_DESCRIPTION, LONGEST_NAME, Shape, shape_of
from helpdesk.web import answers, macro_reading, reading, rule_draft, rule_reading
from helpdesk.web.answers import Press
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.rule_builder import Desk
from helpdesk.web.rule_draft import Draft
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import trail_of_object

#: What a rule may ask of the ticket that it is tried on, in one question.
_TRIED: Final = (
    joinedload(Ticket.customer),
    joinedload(Ticket.assignee),
    joinedload(Ticket.team),
    joinedload(Ticket.tag_links).joinedload(TicketTag.tag),
    joinedload(Ticket.field_values),
)

blueprint = Blueprint("rules", __name__)

LATE: Final = (
    "Somebody else has changed this rule since you opened it, so nothing was saved. What you typed is still here:"
    " look at the event trail, and save again if it still fits."
)

#: With what a new rule begins: what comes in, and what one looks for in it.
USUAL: Final = Shape(
    name="",
    code="if (contains(ticket.subject, 'refund')) {\n    Action('addTags', {tags: 'refund'});\n}",
    event_types=("ticket-created",),
)


class RuleForm(Form):
    """What a rule is called, and what it is for."""

    name = StringField(
        "Name",
        [
            DataRequired("Give the rule a name, such as “Refunds go to Care”."),
            Length(max=LONGEST_NAME, message=f"A name has at most {LONGEST_NAME} characters."),
        ],
    )
    description = TextAreaField(
        "What it is for",
        [Length(max=LONGEST_DESCRIPTION, message=f"A description has at most {LONGEST_DESCRIPTION:,} characters.")],
    )


# ---- The list


@blueprint.get("/settings/rules")
@needs("read")
def index() -> Response:
    """The rules in the order in which they run, and what the desk suggests."""
    return make_response(render_template("rules/index.html", **_listed()))


@blueprint.post("/settings/rules/<number:rule_id>/move")
@needs("manage rules")
def move(rule_id: int) -> Response:
    """Let it run before the one above it, or after the one below."""
    with acting() as session:
        held_row(session, Rule, rule_id, "rule")
        order = [rule for rule in rules.in_order(session, g.account.id) if not rule.is_draft]
        place = next((place for place, rule in enumerate(order) if rule.id == rule_id), None)
        other = None if place is None else place - 1 if request.form.get("way") == "up" else place + 1
        if place is not None and other is not None and 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
            rules.set_priorities(session.get_one(Account, g.account.id), _priorities(order), by=me())
    events = answers.written()
    said = "Rule moved" if events else "It runs there already, so no event was written."
    if not wants_partial():
        answers.toast(said, events)
        return go_to(url_for("rules.index"))
    kind = "done" if events else "info"
    return make_response(render_template("rules/_moved.html", said=said, events=events, kind=kind, **_listed()))


def _priorities(order: list[Rule]) -> dict[int, int]:
    """Priorities for this order that change as few rules as can be."""
    found: dict[int, int] = {}
    for rule, below in zip(reversed(order), [None, *reversed(order)][:-1], strict=True):
        least = found[below.id] + (rule.id > below.id) if below is not None else rule.priority
        found[rule.id] = max(rule.priority, least)
    return found


def _listed() -> dict[str, Any]:
    session = db.session()
    used, drafts = rule_reading.lines(session, g.account.id)
    newest = None if used or drafts else reading.read_ticket(session, macro_reading.newest_ticket(g.account.id))
    return {
        "rules": used,
        "drafts": drafts,
        "is_full": len(drafts) >= rules.MOST_SUGGESTED,
        "newest": newest,
        "now": desk_clock(g.account.id).now,
        "time_zone": g.account.time_zone,
    }


# ---- Making one


@blueprint.get("/settings/rules/new")
@needs("manage rules")
def new() -> Response:
    """A rule to begin with, or one made from what a ticket is like."""
    session, desk = db.session(), _desk()
    number = request.args.get("ticket", 0, type=int)
    ticket = _ticket(session, number) if 0 < number <= LARGEST_ID else None
    if number and ticket is None:
        abort(404, f"There is no ticket {number} here, so no rule can be made from it.")
    shape = rule_reading.from_ticket(ticket) if ticket is not None else USUAL
    return _editor(None, rule_draft.of_shape(session, shape, desk), desk)


@blueprint.post("/settings/rules/new")
@needs("manage rules")
def create() -> Response:
    """Make a rule; a button of the builder only shows the form again."""
    desk = _desk()
    draft = rule_draft.of_form(db.session(), request.form, desk)
    if request.form.get("do"):
        return _editor(None, draft, desk)
    if problem := _problem(draft):
        return _editor(None, draft, desk, problem, 422)
    try:
        with acting() as session:
            number = rules.create(session.get_one(Account, g.account.id), draft.shape, by=me()).id
    except Refused as refusal:
        return _editor(None, draft, desk, f"{refusal} No rule was made.", 409)
    answers.tell("Rule created")
    return go_to(url_for("rules.show", rule_id=number))


@blueprint.post("/settings/rules/draft")
@needs("manage rules")
def settle() -> Response:
    """Rows, code, schedule and trial in step, after one of them was edited."""
    desk = _desk()
    number = request.form.get("rule_id", "")
    rule = _found(int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None
    draft = rule_draft.of_form(db.session(), request.form, desk)
    source = request.args.get("source", "")
    return make_response(render_template("rules/_settled.html", source=source, **_context(rule, draft, desk)))


# ---- One rule


@blueprint.get("/settings/rules/<number:rule_id>")
@needs("read")
def show(rule_id: int) -> Response:
    """One rule with its builder; who may not change it reads what it does."""
    rule, desk = _read(rule_id), _desk()
    draft = rule_draft.of_shape(db.session(), shape_of(rule), desk)
    if g.user.may("manage rules"):
        return _editor(rule, draft, desk)
    try:
        does = rule_runs.words_of(db.session(), rule.code)
    except Refused:
        does = []
    return make_response(render_template("rules/read.html", does=does, **_context(rule, draft, desk)))


@blueprint.post("/settings/rules/<number:rule_id>")
@needs("manage rules")
def update(rule_id: int) -> Response:
    """Save a rule, and take it up if it was a suggestion; a button of the builder only shows the form again."""
    desk = _desk()
    draft = rule_draft.of_form(db.session(), request.form, desk)
    if request.form.get("do"):
        return _editor(_read(rule_id), draft, desk)
    if problem := _problem(draft):
        return _editor(_read(rule_id), draft, desk, problem, 422)
    try:
        with acting() as session:
            rule = held_row(session, Rule, rule_id, "rule")
            if request.form.get("version", str(rule.version)) != str(rule.version):
                raise Refused(LATE)
            was_draft = rule.is_draft
            (rules.take_up if was_draft else rules.update)(rule, draft.shape, by=me())
    except Refused as refusal:
        return _editor(_read(rule_id), draft, desk, str(refusal), 409)
    answers.tell("The suggestion is a rule now" if was_draft else "Rule saved")
    return go_to(url_for("rules.show", rule_id=rule_id))


@blueprint.post("/settings/rules/<number:rule_id>/switch")
@needs("manage rules")
def switch(rule_id: int) -> Response:
    """Switch it off, or on again."""
    is_off = request.form.get("to") == "off"
    back = url_for("rules.index") if request.form.get("from") == "list" else url_for("rules.show", rule_id=rule_id)
    try:
        with acting() as session:
            rule = held_row(session, Rule, rule_id, "rule")
            (rules.deactivate if is_off else rules.reactivate)(rule, by=me())
    except Refused as refusal:
        answers.toast(f"{refusal} The rule stays switched off.", [])
        return go_to(back)
    undo_by = Press(
        url_for("rules.switch", rule_id=rule_id),
        {"to": "on" if is_off else "off", "from": request.form.get("from", "")},
    )
    answers.tell("Rule switched off" if is_off else "Rule switched on", undo_by=undo_by)
    return go_to(back)


@blueprint.get("/settings/rules/<number:rule_id>/delete")
@needs("manage rules")
def confirm_delete(rule_id: int) -> Response:
    """Ask before it is gone, and say what stays."""
    rule = _read(rule_id)
    ran = rule_reading.runs(db.session(), [rule_id]).get(rule_id, rule_reading.Runs())
    times = f"It ran {ran.count:,} time{'s' if ran.count != 1 else ''}. What it did to tickets stays."
    consequences = [times, "If you may want it again, switch it off instead."]
    if rule.is_draft:
        consequences = ["It is only a suggestion, and has done nothing."]
    return sheet(
        "layout/_confirm.html",
        rule.name,
        address=url_for("rules.delete", rule_id=rule_id),
        question=f"Delete the {'suggestion' if rule.is_draft else 'rule'} “{rule.name}”?",
        consequences=consequences,
        act="Delete it",
        back=url_for("rules.show", rule_id=rule_id),
    )


@blueprint.post("/settings/rules/<number:rule_id>/delete")
@needs("manage rules")
def delete(rule_id: int) -> Response:
    """Remove it for good."""
    with acting() as session:
        rules.delete(held_row(session, Rule, rule_id, "rule"), by=me())
    answers.tell("Rule deleted")
    return go_to(url_for("rules.index"))


# ---- Answers


def _editor(rule: Rule | None, draft: Draft, desk: Desk, problem: str | None = None, status: int = 200) -> Response:
    form = RuleForm(request.form if request.method == "POST" else None, obj=draft.shape)
    if status == 422:
        form.validate()
    context = _context(rule, draft, desk)
    page = render_template("rules/edit.html", form=form, problem=problem, checked=status == 422, **context)
    return make_response(page, status)


def _context(rule: Rule | None, draft: Draft, desk: Desk) -> dict[str, Any]:
    session, now, time_zone = db.session(), desk_clock(g.account.id).now, g.account.time_zone
    found: dict[str, Any] = {"rule": rule, "now": now, "time_zone": time_zone}
    found |= rule_draft.as_context(draft, desk, now, time_zone) | _trial(rule, draft)
    if rule is not None and not request.args.get("source"):
        ran = {} if rule.is_draft else rule_reading.runs(session, [rule.id])
        found["runs"] = ran.get(rule.id, rule_reading.Runs())
        found["trail"] = trail_of_object(session, "Rule", rule.id, now.astimezone(zone(time_zone)))
    return found


def _trial(rule: Rule | None, draft: Draft) -> dict[str, Any]:
    """What the rule in the form would do to the ticket that was chosen; else to the one where it was suggested."""
    session, given = db.session(), request.values.get("ticket", "").strip().lstrip("#")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    if not given and rule is not None:
        number = rule.suggested_ticket_id or 0
    ticket = _ticket(session, number) if number else None
    tried = None
    if ticket is not None and draft.mistake is None and not draft.has_gaps and draft.code:
        subject = rule or Rule(account_id=g.account.id, id=0, name=draft.shape.name or "this rule", code=draft.code)
        tried = rule_reading.try_on(subject, ticket, draft.code)
    return {"tried": tried, "ticket": ticket, "ticket_given": given or (str(number) if number else "")}


def _problem(draft: Draft) -> str | None:
    """Why it can't be saved, beside what stands beside the fields; None if it can."""
    if draft.mistake is not None:
        return "The code can't be understood. Nothing was saved."
    if draft.has_gaps:
        return "Something is missing in a row. Nothing was saved."
    if draft.shows_rows and not draft.built.steps:
        return "A rule that does nothing helps nobody. Add an action first."
    if not draft.shape.event_types and not draft.shape.schedule:
        return "Nothing would ever set it off. Tick what should, or give a schedule. Nothing was saved."
    return None if RuleForm(request.form).validate() else "Not saved yet: look at what is marked below."


def _desk() -> Desk:
    return rule_draft.read_desk(db.session(), g.account.time_zone)


def _read(rule_id: int) -> Rule:
    rule = _found(rule_id)
    if rule is None:
        abort(404, f"There is no rule {rule_id} here: it was deleted, or never existed in this account.")
    return rule


def _ticket(session: Session, number: int) -> Ticket | None:
    ticket = session.get(Ticket, number, options=_TRIED)
    return ticket if ticket is not None and ticket.account_id == g.account.id else None


def _found(rule_id: int) -> Rule | None:
    rule = db.session.get(Rule, rule_id)
    return rule if rule is not None and rule.account_id == g.account.id else None
