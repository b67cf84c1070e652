"""The pages of teams: the list, one team with its members, and what is edited or deleted there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import and_, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, selectinload

from audit.db import db
from audit.folding import folded
from helpdesk import teams
from helpdesk.forms.teams import SIGNS, TeamForm
from helpdesk.models import Account, Team, TeamMember, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, cascading, ticket_lines
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import trail_of_object

blueprint = Blueprint("teams", __name__)


@dataclass(frozen=True)
class Line:
    """A team in the list."""

    id: int
    name: str
    emoji: str
    description: str | None
    members: list[str]
    open: int


@blueprint.get("/settings/teams")
@needs("read")
def index() -> Response:
    """The teams, who is in them, and how much they have to do."""
    return make_response(render_template("teams/index.html", lines=_lines(db.session())))


@blueprint.get("/settings/teams/new")
@needs("manage people")
def new() -> Response:
    """An empty form."""
    return _new(TeamForm(), set())


@blueprint.post("/settings/teams/new")
@needs("manage people")
def create() -> Response:
    """Make a team with its first members."""
    form = TeamForm(request.form)
    if not form.validate():
        return _new(form, _ticked(), status=422)
    try:
        with acting() as session:
            teams.create(
                session.get_one(Account, g.account.id),
                form.name.data or "",
                emoji=form.emoji.data,
                description=form.description.data,
                members=_chosen(session),
                by=me(),
            )
    except Refused as refusal:
        return _new(form, _ticked(), f"{refusal} No team was made.", 409)
    answers.tell("Team created")
    return go_to(url_for("teams.index"))


@blueprint.get("/settings/teams/<number:team_id>")
@needs("read")
def show(team_id: int) -> Response:
    """One team: its members and what was done to it; for admins, the form."""
    team = _read(team_id)
    form = TeamForm(name=team.name, emoji=team.emoji, description=team.description)
    return _show(team, form, {str(member.user_id) for member in team.members})


@blueprint.post("/settings/teams/<number:team_id>")
@needs("manage people")
def update(team_id: int) -> Response:
    """Save name, sign, description and members together."""
    form = TeamForm(request.form)
    if not form.validate():
        return _show(_read(team_id), form, _ticked(), status=422)
    try:
        with acting() as session:
            team = held_row(session, Team, team_id, "team")
            refuse_overtaken(session, "Team", team_id, "team")
            teams.update(
                team,
                name=form.name.data or "",
                emoji=form.emoji.data,
                description=form.description.data,
                members=_chosen(session),
                by=me(),
            )
    except (Refused, Stale) as refusal:
        return _show(_read(team_id), form, _ticked(), str(refusal), 409)
    answers.tell("Team saved")
    return go_to(url_for("teams.show", team_id=team_id))


@blueprint.get("/settings/teams/<number:team_id>/tickets")
@needs("read")
def tickets(team_id: int) -> Response:
    """Its tickets go on after a cursor."""
    return ticket_lines.further(
        Ticket.assignee_team_id == team_id,
        "teams.tickets",
        _read(team_id).name,
        url_for("teams.show", team_id=team_id),
        team_id=team_id,
    )


@blueprint.get("/settings/teams/<number:team_id>/delete")
@needs("manage people")
def confirm_delete(team_id: int) -> Response:
    """Ask before it is dissolved."""
    return _ask_delete(_read(team_id))


@blueprint.post("/settings/teams/<number:team_id>/delete")
@needs("manage people")
def delete(team_id: int) -> Response:
    """Dissolve it; its people and tickets stay."""
    try:
        with acting() as session:
            team = held_row(session, Team, team_id, "team")
            told = f"Team {team.name} deleted"
            job = cascading.number_of(teams.delete(team, by=me()))
    except Refused as refusal:
        return _ask_delete(_read(team_id), str(refusal), 409)
    return cascading.done(job, told, url_for("teams.index"))


def _lines(session: Session) -> list[Line]:
    found = session.execute(
        select(Team.id, Team.name, Team.description, Team.decoration)
        .where(Team.account_id == g.account.id)
        .order_by(folded(Team.name), Team.id)
    ).all()
    names: dict[int, list[str]] = {}
    for member in session.execute(
        select(TeamMember.team_id, User.name)
        .join(User, User.id == TeamMember.user_id)
        .where(TeamMember.account_id == g.account.id)
        .order_by(User.name, User.id)
    ):
        names.setdefault(member.team_id, []).append(member.name)
    is_open = and_(Ticket.status == "open", Ticket.spam.is_(False), Ticket.trashed_datetime.is_(None))
    counted = session.execute(
        select(Ticket.assignee_team_id, func.count())
        .where(Ticket.account_id == g.account.id, Ticket.assignee_team_id.is_not(None), is_open)
        .group_by(Ticket.assignee_team_id)
    )
    numbers = {row[0]: row[1] for row in counted}
    return [
        Line(
            row.id,
            row.name,
            str((row.decoration or {}).get("emoji") or ""),
            row.description,
            names.get(row.id, []),
            numbers.get(row.id, 0),
        )
        for row in found
    ]


def _read(team_id: int) -> Team:
    team = db.session().scalar(
        select(Team)
        .where(Team.id == team_id, Team.account_id == g.account.id)
        .options(selectinload(Team.members))
        .execution_options(populate_existing=True)
    )
    if team is None:
        abort(404, f"There is no team {team_id} here: it was deleted, or never existed in this account.")
    return team


def _people(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    return session.execute(
        select(User.id, User.name, User.email, User.role, User.active)
        .where(User.account_id == g.account.id)
        .order_by(User.name, User.id)
    ).all()


def _ticked() -> set[str]:
    return set(request.form.getlist("member"))


def _chosen(session: Session) -> list[User]:
    """The team members whose boxes are ticked."""
    ticked = _ticked()
    found = [
        user for user in session.scalars(select(User).where(User.account_id == g.account.id)) if str(user.id) in ticked
    ]
    if len(found) != len(ticked):
        raise Refused("Choose members of this account; one of those who were ticked is gone. Look at the list again.")
    return found


def _new(form: TeamForm, ticked: set[str], problem: str | None = None, status: int = 200) -> Response:
    return make_response(
        render_template(
            "teams/new.html", form=form, ticked=ticked, people=_people(db.session()), problem=problem, signs=SIGNS
        ),
        status,
    )


def _show(team: Team, form: TeamForm, ticked: set[str], problem: str | None = None, status: int = 200) -> Response:
    session, time_zone = db.session(), g.account.time_zone
    now, people = desk_clock(g.account.id).now, _people(session)
    present = {member.user_id for member in team.members}
    return make_response(
        render_template(
            "teams/show.html",
            team=team,
            form=form,
            ticked=ticked,
            people=people,
            members=[person for person in people if person.id in present],
            problem=problem,
            signs=SIGNS,
            count=_tickets_of(session, team.id),
            lines=ticket_lines.read(Ticket.assignee_team_id == team.id, "teams.tickets", team_id=team.id),
            trail=trail_of_object(session, "Team", team.id, now.astimezone(zone(time_zone))),
            now=now,
            time_zone=time_zone,
        ),
        status,
    )


def _tickets_of(session: Session, team_id: int) -> int:
    return session.scalar(select(func.count()).select_from(Ticket).where(Ticket.assignee_team_id == team_id)) or 0


def _ask_delete(team: Team, problem: str | None = None, status: int = 200) -> Response:
    return cascading.ask(
        team,
        f"Delete the team {team.name}?",
        "Delete team",
        address=url_for("teams.delete", team_id=team.id),
        back=url_for("teams.show", team_id=team.id),
        problem=problem,
        status=status,
    )
