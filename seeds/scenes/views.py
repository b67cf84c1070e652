"""Scenes of views."""

from dataclasses import replace

from sqlalchemy import select

from helpdesk import views
from helpdesk.models import View
from helpdesk.views import Shape, shape_of
from seeds.scenes.beginnings import USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

_URGENT = Shape(name="Urgent", filters="eq(ticket.status, 'open') && eq(ticket.priority, 'high')", emoji="🔥")


def _a_view(stage: Stage) -> int:
    with stage.acting():
        return views.create(stage.account, _URGENT, by=stage.by_admin).id


def _a_private_view(stage: Stage) -> int:
    with stage.acting():
        return views.create(stage.account, replace(_URGENT, visibility="private"), by=stage.by_ana).id


def _three_views(stage: Stage) -> int:
    for name in ("First", "Second", "Third"):
        with stage.acting():
            number = views.create(stage.account, replace(_URGENT, name=name), by=stage.by_admin).id
    return number


def _a_view_that_is_off(stage: Stage) -> int:
    number = _a_view(stage)
    with stage.acting():
        views.deactivate(stage.session.get_one(View, number), by=stage.by_admin)
    return number


@scenario("view-created", "A view is made", ("view-created", USER))
def a_view_is_made(stage: Stage, _number: int) -> None:
    with stage.acting():
        views.create(stage.account, _URGENT, by=stage.by_admin)


@scenario("view-created", "Ana makes a view for herself", ("view-created", USER))
def ana_makes_a_view_for_herself(stage: Stage, _number: int) -> None:
    with stage.acting():
        mine = "eq(ticket.assignee_user.id, {{current_user.id}}) && lt(ticket.updated_datetime, '3d')"
        views.create(stage.account, Shape(name="Mine, and quiet", filters=mine, visibility="private"), by=stage.by_ana)


@quiet("view-created", "The filter asks for a field that isn't there", refusal="Did you mean ticket.status?")
def the_filter_asks_for_a_field_that_is_not_there(stage: Stage, _number: int) -> None:
    with stage.acting():
        views.create(stage.account, replace(_URGENT, filters="eq(ticket.stauts, 'open')"), by=stage.by_admin)


@quiet("view-created", "Shared with nobody", refusal="Choose with whom the view is shared")
def shared_with_nobody(stage: Stage, _number: int) -> None:
    with stage.acting():
        views.create(stage.account, replace(_URGENT, visibility="shared"), by=stage.by_admin)


@scenario("view-updated", "Everything about a view changes in one save", ("view-updated", USER), prepare=_a_view)
def everything_about_a_view_changes(stage: Stage, number: int) -> None:
    with stage.acting():
        shape = Shape(
            name="Returns of VIPs",
            filters="containsAny(ticket.tags.name, ['vip']) && isNotEmpty(ticket.assignee_team.id)",
            visibility="shared",
            emoji="⭐",
            fields=("customer", "subject", "priority"),
            order_by="priority",
            order_dir="asc",
            teams=(stage.team_id,),
            users=(stage.ben_id,),
        )
        views.update(stage.session.get_one(View, number), shape, by=stage.by_admin)


@scenario("view-updated", "A view moves to the top", ("view-updated", USER), prepare=_three_views)
def a_view_moves_to_the_top(stage: Stage, number: int) -> None:
    with stage.acting():
        first = stage.session.scalars(select(View).where(View.name == "First")).one()
        views.move(stage.session.get_one(View, number), first, by=stage.by_admin)


@scenario("view-updated", "A view is switched off", ("view-updated", USER), prepare=_a_view)
def a_view_is_switched_off(stage: Stage, number: int) -> None:
    with stage.acting():
        views.deactivate(stage.session.get_one(View, number), by=stage.by_admin)


@scenario("view-updated", "A view is switched on again", ("view-updated", USER), prepare=_a_view_that_is_off)
def a_view_is_switched_on_again(stage: Stage, number: int) -> None:
    with stage.acting():
        views.reactivate(stage.session.get_one(View, number), by=stage.by_admin)


@quiet("view-updated", "Saved as it was", prepare=_a_view)
def saved_as_it_was(stage: Stage, number: int) -> None:
    with stage.acting():
        view = stage.session.get_one(View, number)
        views.update(view, shape_of(view), by=stage.by_admin)


@quiet("view-updated", "A view is put where it stands", prepare=_three_views)
def a_view_is_put_where_it_stands(stage: Stage, number: int) -> None:
    with stage.acting():
        views.move(stage.session.get_one(View, number), None, by=stage.by_admin)


@quiet("view-updated", "Switched off twice", prepare=_a_view_that_is_off)
def switched_off_twice(stage: Stage, number: int) -> None:
    with stage.acting():
        views.deactivate(stage.session.get_one(View, number), by=stage.by_admin)


@quiet("view-updated", "Everybody's view for one person alone", prepare=_a_view, refusal="Only who made a view")
def everybodys_view_for_one_person_alone(stage: Stage, number: int) -> None:
    with stage.acting():
        view = stage.session.get_one(View, number)
        views.update(view, replace(shape_of(view), visibility="private"), by=stage.by_ana)


@scenario("view-deleted", "A view is deleted", ("view-deleted", USER), prepare=_a_view)
def a_view_is_deleted(stage: Stage, number: int) -> None:
    with stage.acting():
        views.delete(stage.session.get_one(View, number), by=stage.by_admin)


@scenario("view-deleted", "Ana deletes her own view", ("view-deleted", USER), prepare=_a_private_view)
def ana_deletes_her_own_view(stage: Stage, number: int) -> None:
    with stage.acting():
        views.delete(stage.session.get_one(View, number), by=stage.by_ana)
