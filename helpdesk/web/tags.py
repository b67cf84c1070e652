"""The pages of tags: the list, one tag, and what is edited, merged or deleted there."""

from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import select

from audit.db import db
from helpdesk import tags
from helpdesk.forms.tags import OWN, SWATCHES, TagForm
from helpdesk.models import Account, Tag
from helpdesk.refusals import Refused
from helpdesk.web import answers, cascading, tag_list, ticket_lines
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import trail_of_object

blueprint = Blueprint("tags", __name__)

#: Tags that the search for a merge offers at once, and how many are merged in one action.
MOST_FOUND: Final = 12
MOST_MERGED: Final = 20


@blueprint.get("/settings/tags")
@needs("read")
def index() -> Response:
    """The tags; the fragment is what is found while you type, or the rows after a cursor."""
    order = tag_list.ORDERS.get(request.args.get("sort", ""), tag_list.ORDERS["name"])
    wanted, after = request.args.get("q", "").strip()[: tag_list.LONGEST_SEARCH], request.args.get("after")
    found = tag_list.page_of(db.session(), g.account.id, order, wanted, after)
    template = "tags/index.html"
    if wants_partial():
        template = "tags/_rows.html" if after else "tags/_results.html"
    return make_response(
        render_template(template, found=found, order=order, orders=tag_list.ORDERS.values(), wanted=wanted, after=after)
    )


@blueprint.get("/settings/tags/new")
@needs("manage tags")
def new() -> Response:
    """An empty form."""
    return _new(TagForm())


@blueprint.post("/settings/tags/new")
@needs("manage tags")
def create() -> Response:
    """Make a tag before any ticket bears it."""
    form = TagForm(request.form)
    if not form.validate():
        return _new(form, status=422)
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id)
            tags.create(account, form.name.data or "", color=form.color, description=form.description.data, by=me())
    except Refused as refusal:
        return _new(form, f"{refusal} No tag was made.", 409)
    answers.tell("Tag created")
    return go_to(url_for("tags.index"))


@blueprint.get("/settings/tags/<number:tag_id>")
@needs("read")
def show(tag_id: int) -> Response:
    """One tag: what it is for, who bears it, what was done to it; for leads, the form."""
    tag = _read(tag_id)
    return _show(tag, TagForm.of(tag))


@blueprint.post("/settings/tags/<number:tag_id>")
@needs("manage tags")
def update(tag_id: int) -> Response:
    """Rename, recolour and describe it, in one save."""
    form = TagForm(request.form)
    if not form.validate():
        return _show(_read(tag_id), form, status=422)
    try:
        with acting() as session:
            tag = held_row(session, Tag, tag_id, "tag")
            refuse_overtaken(session, "Tag", tag_id, "tag")
            tags.update(tag, name=form.name.data or "", color=form.color, description=form.description.data, by=me())
    except (Refused, Stale) as refusal:
        return _show(_read(tag_id), form, str(refusal), 409)
    answers.tell("Tag saved")
    return go_to(url_for("tags.show", tag_id=tag_id))


@blueprint.get("/settings/tags/<number:tag_id>/tickets")
@needs("read")
def tickets(tag_id: int) -> Response:
    """Its tickets go on after a cursor."""
    return ticket_lines.further(
        tag_list.bearing(tag_id), "tags.tickets", _read(tag_id).name, url_for("tags.show", tag_id=tag_id), tag_id=tag_id
    )


@blueprint.get("/settings/tags/<number:tag_id>/merge")
@needs("manage tags")
def confirm_merge(tag_id: int) -> Response:
    """Ask which tags are to become part of this one; the fragment is which are found while you type."""
    return _ask_merge(_read(tag_id), request.args.getlist("source"))


@blueprint.post("/settings/tags/<number:tag_id>/merge")
@needs("manage tags")
def merge(tag_id: int) -> Response:
    """Take the other tags in; their tickets bear this one."""
    numbers = _numbers(request.form.getlist("source"), tag_id)
    if not numbers:
        return _ask_merge(_read(tag_id), [], "Choose at least one tag that should become part of this one.", 422)
    try:
        with acting() as session:
            held = {number: held_row(session, Tag, number, "tag") for number in sorted({tag_id, *numbers})}
            into = held[tag_id]
            told = f"{', '.join(held[number].name for number in numbers)} {'is' if len(numbers) == 1 else 'are'} part"
            told += f" of {into.name} now"
            begun = [cascading.number_of(tags.merge(held[number], into, by=me())) for number in numbers]
    except Refused as refusal:
        return _ask_merge(_read(tag_id), request.form.getlist("source"), str(refusal), 409)
    return cascading.done(next(filter(None, begun), None), told, url_for("tags.show", tag_id=tag_id))


@blueprint.get("/settings/tags/<number:tag_id>/delete")
@needs("manage tags")
def confirm_delete(tag_id: int) -> Response:
    """Ask before it is taken off every ticket and deleted."""
    return _ask_delete(_read(tag_id))


@blueprint.post("/settings/tags/<number:tag_id>/delete")
@needs("manage tags")
def delete(tag_id: int) -> Response:
    """Delete it."""
    try:
        with acting() as session:
            tag = held_row(session, Tag, tag_id, "tag")
            told = f"Tag {tag.name} deleted"
            job = cascading.number_of(tags.delete(tag, by=me()))
    except Refused as refusal:
        return _ask_delete(_read(tag_id), str(refusal), 409)
    return cascading.done(job, told, url_for("tags.index"))


def _read(tag_id: int) -> Tag:
    tag = db.session().scalar(select(Tag).where(Tag.id == tag_id, Tag.account_id == g.account.id))
    if tag is None:
        abort(404, f"There is no tag {tag_id} here: it was deleted, merged, or never in this account.")
    return tag


def _numbers(given: list[str], but: int) -> list[int]:
    numbers = [int(each) for each in given if each.isascii() and each.isdigit() and 0 < int(each) <= LARGEST_ID]
    return [number for number in dict.fromkeys(numbers) if number != but][:MOST_MERGED]


def _new(form: TagForm, problem: str | None = None, status: int = 200) -> Response:
    return make_response(
        render_template("tags/new.html", form=form, problem=problem, swatches=SWATCHES, own=OWN), status
    )


def _show(tag: Tag, form: TagForm, problem: str | None = None, status: int = 200) -> Response:
    session, time_zone = db.session(), g.account.time_zone
    now = desk_clock(g.account.id).now
    trail = trail_of_object(session, "Tag", tag.id, now.astimezone(zone(time_zone)))
    return make_response(
        render_template(
            "tags/show.html",
            tag=tag,
            form=form,
            problem=problem,
            usage=tag_list.usage_of(session, [tag.id]),
            lines=ticket_lines.read(tag_list.bearing(tag.id), "tags.tickets", tag_id=tag.id),
            trail=trail,
            now=now,
            time_zone=time_zone,
            swatches=SWATCHES,
            own=OWN,
        ),
        status,
    )


def _ask_merge(tag: Tag, given: list[str], problem: str | None = None, status: int = 200) -> Response:
    session, wanted = db.session(), request.args.get("q", "").strip()[: tag_list.LONGEST_SEARCH]
    numbers = _numbers(given, tag.id)
    chosen = tag_list.these(session, g.account.id, numbers)
    found = tag_list.found_by(session, g.account.id, wanted, but=[tag.id, *numbers], most=MOST_FOUND)
    context: dict[str, Any] = {
        "tag": tag,
        "chosen": chosen,
        "found": found,
        "wanted": wanted,
        "problem": problem,
        "has": tag_list.usage_of(session, [tag.id]),
        "will_have": tag_list.usage_of(session, [tag.id, *(row.id for row in chosen)]),
    }
    template = "tags/_merge_found.html" if wants_partial() else "tags/merge.html"
    return make_response(render_template(template, **context), status)


def _ask_delete(tag: Tag, problem: str | None = None, status: int = 200) -> Response:
    kept = tags.why_kept(tag)
    return cascading.ask(
        tag,
        f"Delete the tag “{tag.name}”?",
        None if kept else "Delete tag",
        address=url_for("tags.delete", tag_id=tag.id),
        back=url_for("tags.show", tag_id=tag.id),
        problem=problem or kept,
        status=status,
    )
