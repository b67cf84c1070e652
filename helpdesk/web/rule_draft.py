"""A rule while it is being made: what the form holds, rows and code kept in step, whichever was edited last."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from helpdesk import rules, schedules
from helpdesk.language import Mistake, parse_rule, unparse
from helpdesk.models import Integration, Macro
from helpdesk.refusals import Refused
from helpdesk.rules import TRIGGERS, Shape
from helpdesk.tickets import PRIORITIES
from helpdesk.web import cron, rule_builder, rule_steps, view_draft
from helpdesk.web.formats import zone
from helpdesk.web.rule_builder import Built, Desk, Join
from helpdesk.web.view_builder import MOST_ROWS, Row

#: How many of the next times of a schedule are shown.
TIMES: Final = 3


@dataclass
class Draft:
    """What stands in the form."""

    shape: Shape  #: its code is that of the form
    settled: str = ""  #: the code that the rows say, or that nobody changed since
    built: Built = field(default_factory=Built)
    shows_rows: bool = True  #: whether rows can say what the code says
    is_redrawn: bool = False  #: whether the rows are others than those on the page
    mistake: Mistake | None = None

    @property
    def code(self) -> str:
        """The code."""
        return self.shape.code

    @property
    def where(self) -> tuple[str, str, str]:
        """The line of the mistake: what is before it, the word that is wrong, what comes after it."""
        return view_draft.around(self.mistake, self.code)

    @property
    def has_gaps(self) -> bool:
        """Whether a row lacks something."""
        return self.shows_rows and self.built.has_gaps

    def say(self, code: str) -> None:
        """Let the code be this."""
        self.shape = replace(self.shape, code=code)


@dataclass(frozen=True)
class Schedule:
    """A line of cron, and what it means."""

    words: str = ""
    times: tuple[datetime, ...] = ()
    problem: str = ""


def read_desk(session: Session, time_zone: str) -> Desk:
    """What the account's rules can ask and do."""
    account_id = session.info["account_id"]
    named = union_all(
        select(literal("macro").label("kind"), Macro.id, Macro.name).where(
            Macro.account_id == account_id, Macro.archived_datetime.is_(None)
        ),
        select(literal("integration"), Integration.id, Integration.name).where(
            Integration.account_id == account_id, Integration.type == "http", Integration.deactivated_datetime.is_(None)
        ),
    )
    found: dict[str, list[tuple[str, str]]] = {"macro": [], "integration": []}
    for kind, number, name in session.execute(named):
        found[kind].append((str(number), name))
    by_name = {kind: sorted(pairs, key=lambda pair: pair[1].lower()) for kind, pairs in found.items()}
    return Desk(view_draft.read_names(session), by_name["macro"], by_name["integration"], zone(time_zone))


def of_shape(session: Session, shape: Shape, desk: Desk) -> Draft:
    """The form of a rule as it is."""
    draft = Draft(shape, settled=shape.code)
    _follow_code(session, draft, desk)
    return draft


def of_form(session: Session, form: MultiDict[str, str], desk: Desk) -> Draft:
    """What was sent, with rows and code in step: edited code wins, else the rows do."""
    code, settled = view_draft.tidied(form.get("code", "")), view_draft.tidied(form.get("settled", ""))
    deed, _, what = form.get("do", "").partition(":")
    rows, is_redrawn = view_draft.sent_rows(form, desk.fields)
    join: Join = "any" if form.get("join") == "any" else "all"
    built = Built(join, rows, rule_steps.sent(form))
    draft = Draft(_shape(form, code), settled, built, form.get("shows", "1") == "1", is_redrawn)
    if deed == "rows":
        draft.say(settled)
        _follow_code(session, draft, desk)
    elif code != settled or not draft.shows_rows:
        _follow_code(session, draft, desk)
    else:
        if deed:
            _rearrange(built, deed, what)
            draft.is_redrawn = True
        _follow_rows(session, draft, desk)
    return draft


def schedule_of(line: str | None, now: datetime, time_zone: str) -> Schedule:
    """When a rule runs by the clock, in words and in times; where it can't, why."""
    try:
        kept = schedules.tidy(line)
        if kept is None:
            return Schedule()
        times: list[datetime] = []
        while len(times) < TIMES and (at := schedules.next_after(kept, times[-1] if times else now, time_zone)):
            times.append(at)
    except Refused as refusal:
        return Schedule(problem=str(refusal))
    return Schedule(cron.in_words(kept), tuple(times))


def as_context(draft: Draft, desk: Desk, now: datetime, time_zone: str) -> dict[str, Any]:
    """What the templates of the form need."""
    return {
        "draft": draft,
        "fields": desk.fields,
        "most_rows": MOST_ROWS,
        "triggers": TRIGGERS,
        "choices": rule_builder.choices(desk, PRIORITIES),
        "addable": rule_steps.ADDABLE,
        "usual_schedules": cron.USUAL,
        "schedule": schedule_of(draft.shape.schedule, now, time_zone),
    }


def _rearrange(built: Built, deed: str, what: str) -> None:
    if deed == "add" and len(built.rows) < MOST_ROWS:
        built.rows.append(Row("ticket.subject", "contains"))
    elif deed == "remove" and what.isascii() and what.isdigit() and int(what) < len(built.rows):
        del built.rows[int(what)]
    elif deed == "step":
        verb, _, which = what.partition(":")
        rule_steps.rearrange(built.steps, verb, which)


def _follow_code(session: Session, draft: Draft, desk: Desk) -> None:
    try:
        tree, _steps = rules.check(session, session.info["account_id"], draft.code, desk.vocabulary)
        built = rule_builder.built_of(tree, desk, draft.built.join)
    except Mistake as mistake:
        draft.mistake = mistake
        return
    draft.settled, draft.shows_rows, draft.is_redrawn = draft.code, built is not None, True
    draft.built = built or Built()


def _follow_rows(session: Session, draft: Draft, desk: Desk) -> None:
    tree, draft.built = rule_builder.tree_of(draft.built, desk)
    if not _says(draft.settled, draft.built, desk):
        draft.settled = unparse(tree)
        draft.say(draft.settled)
    if draft.has_gaps or not draft.built.steps:
        return  # it says beside the rows what is missing
    try:
        rules.check(session, session.info["account_id"], draft.code, desk.vocabulary)
    except Mistake as mistake:
        draft.mistake = mistake


def _says(code: str, built: Built, desk: Desk) -> bool:
    """Whether the code says what the rows say: then it stays as it was written."""
    try:
        said = rule_builder.built_of(parse_rule(code), desk, built.join)
    except Mistake:
        return False
    return said is not None and said.is_like(built, desk.fields)


def _shape(form: MultiDict[str, str], code: str) -> Shape:
    return Shape(
        name=form.get("name", ""),
        code=code,
        description=form.get("description") or None,
        event_types=tuple(name for name in TRIGGERS if name in form.getlist("trigger")),
        schedule=form.get("schedule") or None,
    )
