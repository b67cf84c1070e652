"""The account's settings: one card each, one form per card, and nothing else is saved with it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, current_app, g, make_response, render_template, request, url_for
from sqlalchemy import func, select
from wtforms import Form

from audit.db import db
from helpdesk import accounts, settings
from helpdesk.forms.account import (
    AssignmentForm,
    HoursForm,
    LogForm,
    MergeForm,
    NameForm,
    SuggestionsForm,
    SurveysForm,
    TrashForm,
    ZoneForm,
)
from helpdesk.models import Account, AccountSetting, Ticket
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.changing import acting, me, needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock

blueprint = Blueprint("account", __name__)

OVERTAKEN: Final = (
    "Somebody else has changed this setting since you opened the page, so nothing was saved. What you chose is still"
    " here; reload the page to see what they chose."
)

#: What a form makes of what is held.
Wanted = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Cards:
    """The forms of the page."""

    name: NameForm
    zone: ZoneForm
    hours: HoursForm
    trash: TrashForm
    log: LogForm
    surveys: SurveysForm
    assignment: AssignmentForm
    merge: MergeForm
    suggestions: SuggestionsForm


@blueprint.get("/settings/account")
@needs("manage settings")
def show() -> Response:
    """All cards as they are."""
    return _page()


@blueprint.post("/settings/account/name")
@needs("manage settings")
def rename() -> Response:
    """Give the account another name."""
    form = NameForm(request.form, prefix="account-")
    if not form.validate():
        return _page(422, name=form)
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id, with_for_update=True)
            accounts.rename(account, form.name.data or "", by=me())
    except Refused as refusal:
        return _page(409, name=_with_problem(form, "name", str(refusal)))
    answers.tell("Name saved")
    return _back("name")


@blueprint.post("/settings/account/time-zone")
@needs("manage settings")
def set_time_zone() -> Response:
    """Let the desk stand somewhere else."""
    form = ZoneForm(request.form, prefix="zone-")
    return _save("business-hours", "zone", "timezone", form, "Time zone saved")


@blueprint.post("/settings/account/hours")
@needs("manage settings")
def set_hours() -> Response:
    """Save the business hours; or only add or remove a row of the form, which saves nothing yet."""
    form = HoursForm.read(request.form)
    if "add" in request.form:
        return _hours(form.with_row())
    if "remove" in request.form:
        number = request.form["remove"]
        return _hours(form.without(int(number) if number.isascii() and number.isdigit() and len(number) < 5 else -1))
    if not form.can_stand:
        return _hours(replace(form, is_checked=True), 422)
    try:
        _change("business-hours", form.setting)
    except Refused as refusal:
        return _hours(replace(form, problem=str(refusal)), 422)
    answers.tell("Business hours saved")
    return _back("hours")


@blueprint.post("/settings/account/trash")
@needs("manage settings")
def set_trash() -> Response:
    """Let the trash keep shorter or longer; before it deletes at once, the person is asked."""
    form = TrashForm(request.form, prefix="trash-")
    if form.validate() and "sure" not in request.form:
        days = int(form.days.data or 0)
        doomed = _would_go_at_once(days)
        if doomed:
            return sheet("account/_trash.html", "Keep the trash shorter", days=days, doomed=doomed, stamp=_stamp_sent())
    return _save("trash", "trash", "days", form, "Trash saved")


@blueprint.post("/settings/account/audit-log")
@needs("manage settings")
def set_audit_log() -> Response:
    """Say how much of the log can be looked at once."""
    form = LogForm(request.form, prefix="log-")
    return _save("audit-log", "log", "days", form, "Audit log saved")


@blueprint.post("/settings/account/surveys")
@needs("manage settings")
def set_surveys() -> Response:
    """Ask customers how it was, or don't."""
    form = SurveysForm(request.form, prefix="surveys-")
    return _save("satisfaction-surveys", "surveys", "delay_hours", form, "Satisfaction surveys saved")


@blueprint.post("/settings/account/assignment")
@needs("manage settings")
def set_assignment() -> Response:
    """Hand out a team's tickets, or don't."""
    form = AssignmentForm(request.form, prefix="assignment-")
    return _save("ticket-assignment", "assignment", "enabled", form, "Team assignment saved")


@blueprint.post("/settings/account/merge")
@needs("manage settings")
def set_merge() -> Response:
    """Merge doubles, or don't."""
    form = MergeForm(request.form, prefix="merge-")
    return _save("auto-merge", "merge", "hours", form, "Doubles saved")


@blueprint.post("/settings/account/suggestions")
@needs("manage settings")
def set_suggestions() -> Response:
    """Propose rules, or don't."""
    form = SuggestionsForm(request.form, prefix="suggestions-")
    return _save("rule-suggestions", "suggestions", "enabled", form, "Rule suggestions saved")


def _save(type_: str, card: str, field: str, form: Any, said: str) -> Response:
    if not form.validate():
        return _page(422, **{card: form})
    try:
        _change(type_, form.setting)
    except Refused as refusal:
        return _page(409, **{card: _with_problem(form, field, str(refusal))})
    answers.tell(said)
    return _back(card)


def _change(type_: str, wanted: Wanted) -> None:
    with acting() as session:
        account = session.get_one(Account, g.account.id, with_for_update=True)  # one setting at a time
        held = {**settings.DEFAULTS[type_], **settings.read(account, type_)}
        chosen = settings.fitting(type_, settings.foreign(type_, held) | wanted(held))
        if chosen != held and _stamp_sent() not in ("", stamp_of(held)):
            raise Refused(OVERTAKEN)
        settings.change(account, type_, chosen, by=me())


def _with_problem(form: Form, field: str, problem: str) -> Form:
    form[field].errors = [problem]
    return form


def _back(card: str) -> Response:
    return go_to(url_for("account.show", _anchor=f"card-{card}"))


def _hours(form: HoursForm, status: int = 200) -> Response:
    if wants_partial():
        held = _held()["business-hours"]
        return make_response(render_template("account/_hours.html", hours=form, stamp=_stamp_sent() or stamp_of(held)))
    return _page(status, hours=form)


def _page(status: int = 200, **sent: Any) -> Response:
    """The page; a form that was sent and not saved stands in place of its card's."""
    held, account = _held(), db.session().get_one(Account, g.account.id)
    return make_response(
        render_template(
            "account/show.html",
            account=account,
            cards=replace(_cards(account, held), **sent),
            stamps={type_: stamp_of(data) for type_, data in held.items()},
            zones=settings.time_zones(),
            can_deactivate="account_life.confirm_deactivate" in current_app.view_functions,
        ),
        status,
    )


def _cards(account: Account, held: Mapping[str, dict[str, Any]]) -> Cards:
    log, surveys, hours = held["audit-log"], held["satisfaction-surveys"], held["business-hours"]
    longest = log["longest_period_days"]
    return Cards(
        name=NameForm(name=account.name, prefix="account-"),
        zone=ZoneForm(timezone=hours["timezone"], prefix="zone-"),
        hours=HoursForm.of(hours["business_hours"]),
        trash=TrashForm(days=held["trash"]["days"], prefix="trash-"),
        log=LogForm(days=longest or "", unlimited=longest is None, prefix="log-"),
        surveys=SurveysForm(enabled=surveys["enabled"], delay_hours=surveys["delay_hours"], prefix="surveys-"),
        assignment=AssignmentForm(enabled=held["ticket-assignment"]["enabled"], prefix="assignment-"),
        merge=MergeForm(enabled=held["auto-merge"]["enabled"], hours=held["auto-merge"]["hours"], prefix="merge-"),
        suggestions=SuggestionsForm(enabled=held["rule-suggestions"]["enabled"], prefix="suggestions-"),
    )


def _held() -> dict[str, dict[str, Any]]:
    """All settings that the page shows, in one question."""
    rows = db.session().execute(
        select(AccountSetting.type, AccountSetting.data).where(
            AccountSetting.account_id == g.account.id,
            AccountSetting.type.in_(settings.DEFAULTS),
            AccountSetting.name == "",
        )
    )
    held = {row.type: {**settings.DEFAULTS[row.type], **row.data} for row in rows}
    return {type_: held.get(type_, dict(default)) for type_, default in settings.DEFAULTS.items()}


def stamp_of(data: Mapping[str, Any]) -> str:
    """By this a form knows later whether the setting is still as it was shown."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def _stamp_sent() -> str:
    return request.form.get("stamp", "")


def _would_go_at_once(days: int) -> int:
    before = desk_clock(g.account.id).now - timedelta(days=days)
    lain = select(func.count()).where(Ticket.account_id == g.account.id, Ticket.trashed_datetime <= before)
    return db.session().scalar(lain) or 0
