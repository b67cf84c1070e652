"""The verbs of views: made, edited, arranged, switched off and on, deleted; and who sees and changes which."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import VIEW_CREATED, VIEW_DELETED, VIEW_UPDATED
from helpdesk.language.filters import check
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import OF_VIEWS, Vocabulary
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Account, CustomField, Team, TeamMember, User, View
from helpdesk.permissions import may
from helpdesk.refusals import Refused, blaming
from helpdesk.sessions import session_of
from helpdesk.signs import decoration

LONGEST_NAME: Final = 120
LONGEST_SEARCH: Final = 500
LONGEST_SLUG: Final = 255
MOST_SHARED: Final = 100
#: All views of an account, private ones, too.
MOST_VIEWS: Final = 500

VISIBILITIES: Final = ("public", "shared", "private")
#: What a list can show of a ticket, by the names of the REST API.
FIELDS: Final = (
    "id", "details", "subject", "customer", "last_message", "tags", "status", "priority", "channel", "language",
    "assignee", "assignee_team", "created", "updated", "last_received_message", "closed", "snooze",
    "name", "email", "integrations",
)  # fmt: skip
ORDERS: Final = (
    "updated_datetime", "created_datetime", "last_message_datetime", "last_received_message_datetime",
    "closed_datetime", "snooze_datetime", "priority",
)  # fmt: skip
USUAL_FIELDS: Final = ("customer", "details", "tags", "assignee", "updated")

#: Between two neighbours there is room for others: whoever moves one view changes no other.
_STEP: Final = 1000


class Viewer(Protocol):
    """Somebody who looks: a user, or what a page knows of one."""

    @property
    def id(self) -> int: ...

    @property
    def role(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Shape:
    """All that a person chooses of a view."""

    name: str = ""
    filters: str = ""
    visibility: str = "public"
    emoji: str | None = None
    fields: tuple[str, ...] = USUAL_FIELDS
    order_by: str = "updated_datetime"
    order_dir: str = "desc"
    teams: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    search: str | None = None
    section_id: int | None = None
    slug: str = ""  #: "" follows from the name


def shape_of(view: View) -> Shape:
    """What was chosen of a view."""
    return Shape(
        name=view.name,
        filters=view.filters,
        visibility=view.visibility,
        emoji=(view.decoration or {}).get("emoji"),
        fields=tuple(view.fields),
        order_by=view.order_by,
        order_dir=view.order_dir,
        teams=tuple(view.shared_with_teams),
        users=tuple(view.shared_with_users),
        search=view.search,
        section_id=view.section_id,
        slug="" if view.slug == _slug(view.name) else view.slug,
    )


# ---- Verbs


def create(account: Account, shape: Shape, *, by: Actor) -> View:
    """Make a view; it comes last among its like."""
    session = session_of(account)
    count = session.scalar(select(func.count()).select_from(View).where(View.account_id == account.id)) or 0
    if count >= MOST_VIEWS:
        raise Refused(f"There are {count} views already. Delete one that nobody needs any more.")
    if shape.visibility == "private" and by.user_id is None:
        raise Refused("A private view belongs to somebody; nobody is here to own it.", "visibility")
    _refuse_shared_with_nobody(shape)
    values = _checked(session, account.id, shape)
    view = View(account_id=account.id, owner_user_id=by.user_id, created_datetime=now(session), **values)
    view.position = _last_position(session, account.id, shape.visibility) + _STEP
    session.add(view)
    record(VIEW_CREATED, view, by=by)
    return view


def update(view: View, shape: Shape, *, by: Actor) -> None:
    """Edit a view, all in one save."""
    session = session_of(view)
    _refuse_fixed(view)
    if shape.visibility == "private" != view.visibility and (by.user_id is None or by.user_id != view.owner_user_id):
        raise Refused(
            "Only who made a view can keep it for themselves: it would vanish for everybody else.", "visibility"
        )
    before = shape_of(view)
    if (shape.visibility, shape.teams, shape.users) != (before.visibility, before.teams, before.users):
        _refuse_shared_with_nobody(shape)  # those with whom it was shared may have left
    values = _checked(session, view.account_id, shape)
    changed = {name: value for name, value in values.items() if getattr(view, name) != value}
    if not changed:
        return
    if "visibility" in changed:
        view.position = _last_position(session, view.account_id, shape.visibility) + _STEP
    for name, value in changed.items():
        setattr(view, name, value)
    record(VIEW_UPDATED, view, by=by)


def move(view: View, before: View | None, *, by: Actor) -> None:
    """Put a view before another one of its like, or behind all of them."""
    _refuse_fixed(view)
    if before is not None and (before.visibility != view.visibility or before.account_id != view.account_id):
        raise Refused("Public, shared and private views are arranged each by themselves.")
    session = session_of(view)
    present = _line(session, view)
    line = [each for each in present if each is not view]
    place = line.index(before) if before in line else len(line)
    if before is view or present.index(view) == place:
        return
    least = line[place - 1].position if place else None
    most = line[place].position if place < len(line) else None
    if least is not None and most is not None and most - least < 2:
        _spread([*line[:place], view, *line[place:]], by=by)
        return
    if most is None:
        view.position = (least or 0) + _STEP
    else:
        view.position = (least + most) // 2 if least is not None else most - _STEP
    record(VIEW_UPDATED, view, by=by)


def deactivate(view: View, *, by: Actor) -> None:
    """Switch a view off: nobody sees it until it is switched on again."""
    _refuse_fixed(view)
    if view.deactivated_datetime is None:
        view.deactivated_datetime = now(session_of(view))
        record(VIEW_UPDATED, view, by=by)


def reactivate(view: View, *, by: Actor) -> None:
    """Switch a view on again."""
    _refuse_fixed(view)
    if view.deactivated_datetime is not None:
        check(view.filters, vocabulary(session_of(view), view.account_id))
        view.deactivated_datetime = None
        record(VIEW_UPDATED, view, by=by)


def delete(view: View, *, by: Actor) -> None:
    """Remove a view; its tickets stay."""
    _refuse_fixed(view)
    session_of(view).delete(view)
    record(VIEW_DELETED, view, by=by)


# ---- Who sees and changes which


def may_change(viewer: Viewer, view: View) -> bool:
    """Whether they may edit or delete it: everybody their private ones, leads those that are for others."""
    if view.visibility == "private":
        return view.owner_user_id == viewer.id
    return may(viewer.role, "manage shared views")


def may_make(viewer: Viewer, visibility: str) -> bool:
    """Whether they may make a view that is seen so."""
    return visibility == "private" or may(viewer.role, "manage shared views")


def may_read(viewer: Viewer, view: View, teams: Collection[int]) -> bool:
    """Whether they may know of it: whoever sees it, and whoever may change it."""
    return sees(viewer.id, view, teams) or may_change(viewer, view)


def sees(user_id: int, view: View, teams: Collection[int]) -> bool:
    """Whether it is in their rail; `teams` are theirs."""
    if view.visibility == "public" or view.owner_user_id == user_id:
        return True
    if view.visibility == "private":
        return False
    return user_id in view.shared_with_users or not set(teams).isdisjoint(view.shared_with_teams)


def teams_of(session: Session, user_id: int) -> set[int]:
    """The numbers of their teams."""
    mine = TeamMember.account_id == session.info["account_id"], TeamMember.user_id == user_id
    return set(session.scalars(select(TeamMember.team_id).where(*mine)))


def in_order(session: Session, user_id: int) -> list[View]:
    """The account's views but other people's private ones, in the order of the rail."""
    return with_teams(session, user_id)[0]


def with_teams(session: Session, user_id: int) -> tuple[list[View], set[int]]:
    """The same, and the numbers of their teams: one question, for it is asked with every page."""
    theirs = or_(View.visibility != "private", View.owner_user_id == user_id)
    account_id = session.info["account_id"]
    found = session.execute(
        select(View, TeamMember.team_id)
        .outerjoin(TeamMember, and_(TeamMember.account_id == View.account_id, TeamMember.user_id == user_id))
        .where(View.account_id == account_id, theirs, View.type == "ticket-list")
    ).all()
    listed = {row[0].id: row[0] for row in found}.values()
    order = sorted(listed, key=lambda view: (VISIBILITIES.index(view.visibility), view.position, view.id))
    return order, {row[1] for row in found if row[1]}


def vocabulary(session: Session, account_id: int) -> Vocabulary:
    """What a filter of this account can ask."""
    return Vocabulary(OF_VIEWS, custom_fields(session, account_id), knows_viewer=True)


def custom_fields(session: Session, account_id: int) -> dict[int, str]:
    """The account's fields of tickets, numbers with labels."""
    of_tickets = CustomField.account_id == account_id, CustomField.object_type == "Ticket"
    found = session.execute(select(CustomField.id, CustomField.label).where(*of_tickets).order_by(CustomField.id))
    return {row.id: row.label for row in found}


# ---- What is behind them


def _checked(session: Session, account_id: int, shape: Shape) -> dict[str, Any]:
    name = clean_line(shape.name, LONGEST_NAME + 1)
    if len(name) > LONGEST_NAME:
        raise Refused(f"A view's name has at most {LONGEST_NAME} characters; this one has more.", "name")
    if shape.visibility not in VISIBILITIES:
        raise Refused("A view is public, shared or private.", "visibility")
    if shape.order_by not in ORDERS or shape.order_dir not in ("asc", "desc"):
        raise Refused(f"A view is ordered by one of {', '.join(ORDERS)}, asc or desc.", "order_by")
    unknown = [field for field in shape.fields if field not in FIELDS]
    if unknown:
        raise Refused(f"There is no column {unknown[0][:40]!r}. There are {', '.join(FIELDS)}.", "fields")
    filters = shape.filters.replace("\r\n", "\n").strip()
    with blaming("filters"):
        tree: Tree = check(filters, vocabulary(session, account_id))
    teams, users = _shared(session, account_id, shape)
    return {
        "name": name,
        "slug": clean_line(shape.slug, LONGEST_SLUG) or _slug(name),
        "visibility": shape.visibility,
        "decoration": decoration(shape.emoji),
        "fields": list(dict.fromkeys(shape.fields)),
        "filters": filters,
        "filters_ast": tree,
        "order_by": shape.order_by,
        "order_dir": shape.order_dir,
        "shared_with_teams": teams,
        "shared_with_users": users,
        "search": clean_line(shape.search or "", LONGEST_SEARCH) or None,
        "section_id": shape.section_id,
    }


def _shared(session: Session, account_id: int, shape: Shape) -> tuple[list[int], list[int]]:
    teams, users = sorted(set(shape.teams)), sorted(set(shape.users))
    if len(teams) > MOST_SHARED or len(users) > MOST_SHARED:
        raise Refused(
            f"A view is shared with at most {MOST_SHARED} teams and {MOST_SHARED} people. Make it public.",
            "shared_with_users",
        )
    for model, numbers, noun, field in (
        (Team, teams, "team", "shared_with_teams"),
        (User, users, "team member", "shared_with_users"),
    ):
        wanted = select(model.id).where(model.account_id == account_id, model.id.in_(numbers))
        missing = set(numbers) - set(session.scalars(wanted)) if numbers else set()
        if missing:
            raise Refused(f"There is no {noun} {min(missing)} any more.", field)
    return teams, users


def _refuse_shared_with_nobody(shape: Shape) -> None:
    if shape.visibility == "shared" and not shape.teams and not shape.users:
        raise Refused("Choose with whom the view is shared: a team, or somebody.", "shared_with_users")


def _refuse_fixed(view: View) -> None:
    if view.category == "system":
        raise Refused("The desk's own views are fixed.")


def _line(session: Session, view: View) -> list[View]:
    like = [View.account_id == view.account_id, View.visibility == view.visibility]
    if view.visibility == "private":
        like.append(View.owner_user_id == view.owner_user_id)
    return list(session.scalars(select(View).where(*like).order_by(View.position, View.id).with_for_update()))


def _spread(line: list[View], *, by: Actor) -> None:
    for place, view in enumerate(line, 1):
        if view.position != place * _STEP:
            view.position = place * _STEP
            record(VIEW_UPDATED, view, by=by)


def _last_position(session: Session, account_id: int, visibility: str) -> int:
    like = View.account_id == account_id, View.visibility == visibility
    return session.scalar(select(func.max(View.position)).where(*like)) or 0


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_SLUG]
