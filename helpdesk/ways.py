"""The ways in which people, teams, tags and customers leave: what becomes of their tickets, and what goes along."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record, together
from helpdesk import channels, keys, mentions, views
from helpdesk.events import (
    CUSTOMER_CREATED,
    CUSTOMER_DELETED,
    CUSTOMER_MERGED,
    TAG_DELETED,
    TAG_MERGED,
    TEAM_DELETED,
    TEAM_UPDATED,
    TICKET_CUSTOMER_UPDATED,
    TICKET_TAGS_ADDED,
    TICKET_TAGS_REMOVED,
    TICKET_TEAM_UNASSIGNED,
    TICKET_UNASSIGNED,
    USER_DELETED,
    VIEW_UPDATED,
)
from helpdesk.leaving import Going, Way
from helpdesk.models import (
    Account,
    ApiKey,
    Customer,
    CustomerFieldValue,
    LoginSession,
    ReadMark,
    SatisfactionSurvey,
    ShopOrder,
    Tag,
    Team,
    TeamMember,
    Ticket,
    TicketTag,
    User,
    View,
)
from helpdesk.sessions import session_of

STAND_IN: Final = "Deleted customer"


# ---- Team members


def _lock_out(going: Going, *, by: Actor) -> None:
    user, session = going.leaver, session_of(going.leaver)
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    valid = select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.revoked_datetime.is_(None)).order_by(ApiKey.id)
    for key in session.scalars(valid.with_for_update()).all():
        keys.revoke(key, by=by)


def _unassign(going: Going, tickets: Sequence[Ticket], *, by: Actor) -> None:
    with together(session_of(going.leaver)):
        for ticket in tickets:
            ticket.assignee_user_id = None
            record(TICKET_UNASSIGNED, ticket, by=by)


def _delete_user(going: Going, *, system: Actor, by: Actor) -> None:
    user, session = going.leaver, session_of(going.leaver)
    theirs = select(Team).join(TeamMember).where(TeamMember.user_id == user.id).order_by(Team.id)
    for team in session.scalars(theirs.with_for_update(of=Team)).all():
        team.members.remove(next(member for member in team.members if member.user_id == user.id))
        record(TEAM_UPDATED, team, by=system)
    for view in session.scalars(private_views(user).with_for_update()).all():
        views.delete(view, by=system)
    _share_no_more(session, user.account_id, "shared_with_users", user.id, by=system)
    session.execute(delete(ReadMark).where(ReadMark.user_id == user.id))
    session.delete(user)
    record(USER_DELETED, user, by=by)


def private_views(user: User) -> Any:
    """The views that only they see, and nobody could ever see again."""
    return select(View).where(
        View.account_id == user.account_id, View.owner_user_id == user.id, View.visibility == "private"
    )


USER: Final = Way(
    name="user-deleted",
    doing="Deleting",
    model=User,
    by=Actor.system("user deletion"),
    tickets=lambda user: Ticket.assignee_user_id == user.id,
    begin=_lock_out,
    let_go=_unassign,
    end=_delete_user,
)


# ---- Teams


def _unassign_team(going: Going, tickets: Sequence[Ticket], *, by: Actor) -> None:
    with together(session_of(going.leaver)):
        for ticket in tickets:
            ticket.assignee_team_id = None
            record(TICKET_TEAM_UNASSIGNED, ticket, by=by)


def _delete_team(going: Going, *, system: Actor, by: Actor) -> None:
    team, session = going.leaver, session_of(going.leaver)
    _share_no_more(session, team.account_id, "shared_with_teams", team.id, by=system)
    session.delete(team)
    record(TEAM_DELETED, team, by=by)


def _share_no_more(session: Session, account_id: int, column: str, number: int, *, by: Actor) -> None:
    every = (
        select(View).where(View.account_id == account_id).order_by(View.id)
    )  # others keep with whom they were shared
    for view in session.scalars(every.with_for_update()).all():
        if number in getattr(view, column):
            setattr(view, column, [each for each in getattr(view, column) if each != number])
            record(VIEW_UPDATED, view, by=by)


TEAM: Final = Way(
    name="team-deleted",
    doing="Deleting",
    model=Team,
    by=Actor.system("team deletion"),
    tickets=lambda team: Ticket.assignee_team_id == team.id,
    let_go=_unassign_team,
    end=_delete_team,
)


# ---- Tags


def _with_tag(tag: Tag) -> Any:
    return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag_id == tag.id))


def _take_off(going: Going, tickets: Sequence[Ticket], *, by: Actor) -> None:
    """Take the tag off, and put the one on that it is merged into, where that is not on yet."""
    session, tag, into = session_of(going.leaver), going.leaver, going.into
    numbers = [ticket.id for ticket in tickets]
    links = select(TicketTag).where(TicketTag.ticket_id.in_(numbers))
    for link in session.scalars(links.where(TicketTag.tag_id == tag.id)).all():
        session.delete(link)
    fresh: list[Ticket] = []
    if into is not None:
        present = {link.ticket_id for link in session.scalars(links.where(TicketTag.tag_id == into.id))}
        fresh = [ticket for ticket in tickets if ticket.id not in present]
        session.add_all(
            TicketTag(account_id=ticket.account_id, ticket_id=ticket.id, tag_id=into.id) for ticket in fresh
        )
    session.flush()
    for ticket in tickets:
        session.expire(ticket, ["tag_links"])
        record(TICKET_TAGS_REMOVED, ticket, by=by)
    for ticket in fresh:
        record(TICKET_TAGS_ADDED, ticket, by=by)


def _delete_tag(going: Going, *, system: Actor, by: Actor) -> None:
    for view in mentions.views_on_tag(going.leaver):
        views.deactivate(view, by=system)
    session_of(going.leaver).delete(going.leaver)
    record(TAG_MERGED if going.into is not None else TAG_DELETED, going.leaver, by=by)


TAG: Final = Way(
    name="tag-deleted",
    doing="Deleting",
    model=Tag,
    by=Actor.system("tag deletion"),
    tickets=_with_tag,
    let_go=_take_off,
    end=_delete_tag,
)
TAG_INTO_ANOTHER: Final = Way(
    name="tag-merged",
    doing="Merging",
    model=Tag,
    by=Actor.system("tag merge"),
    tickets=_with_tag,
    let_go=_take_off,
    end=_delete_tag,
)


# ---- Customers


def _pass_on(going: Going, tickets: Sequence[Ticket], *, by: Actor) -> None:
    if not tickets:
        return
    heir = going.into or stand_in(going.leaver, by=by)
    with together(session_of(going.leaver)):
        for ticket in tickets:
            ticket.customer_id = heir.id
            record(TICKET_CUSTOMER_UPDATED, ticket, by=by)


def stand_in(customer: Customer, *, by: Actor) -> Customer:
    """The account's customer who stands for all that were deleted; made when the first one is."""
    session, account_id = session_of(customer), customer.account_id
    known = select(Customer).where(Customer.account_id == account_id, Customer.stands_for_deleted)
    found = session.scalar(known)
    if found is not None:
        return found
    # Two who delete their first customer at the same moment make one, not two.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    found = session.scalar(known)
    if found is None:
        at = now(session)
        found = Customer(
            account_id=account_id,
            name=STAND_IN,
            **halves(STAND_IN),
            active=False,
            stands_for_deleted=True,
            created_datetime=at,
            updated_datetime=at,
        )
        session.add(found)
        record(CUSTOMER_CREATED, found, by=by)
    return found


def _delete_customer(going: Going, *, system: Actor, by: Actor) -> None:
    customer, session = going.leaver, session_of(going.leaver)
    session.delete(customer)
    record(CUSTOMER_DELETED, customer, by=by)


def _surveys(customer: Customer) -> Sequence[SatisfactionSurvey]:
    return (
        session_of(customer)
        .scalars(
            select(SatisfactionSurvey)
            .where(SatisfactionSurvey.account_id == customer.account_id, SatisfactionSurvey.customer_id == customer.id)
            .order_by(SatisfactionSurvey.id)
            .with_for_update()
        )
        .all()
    )


def _unite_customers(going: Going, *, system: Actor, by: Actor) -> None:
    source, into, session = going.leaver, going.into, session_of(going.leaver)
    taken = {name: value for name in FILLED if (value := getattr(source, name)) is not None}
    _move_channels(source, into)
    _copy_fields(source, into)
    surveys = _surveys(source)
    for survey in surveys:
        survey.customer_id = into.id
    session.execute(update(ShopOrder).where(ShopOrder.customer_id == source.id).values(customer_id=into.id))
    session.flush()
    session.expire(source, ["channels"])
    session.expire(into, ["channels"])
    number = source.id
    session.delete(source)
    record(CUSTOMER_DELETED, source, by=by)  # and its address is free
    _take_values(into, taken, going.values)
    record(CUSTOMER_MERGED, into, by=by, data={"source_customer_id": number}, along=surveys)


#: What the one who lives on takes from the other where they have nothing themselves.
FILLED: Final = ("name", "email", "external_id", "language", "timezone", "note", "data", "data_version", "meta")


def _move_channels(source: Customer, into: Customer) -> None:
    own = {(channel.type, channel.address) for channel in channels.live(into)}
    preferred = {channel.type for channel in channels.live(into) if channel.preferred}
    for channel in channels.live(source):
        if (channel.type, channel.address) in own:
            continue  # goes with its customer
        channel.preferred = channel.preferred and channel.type not in preferred
        channel.customer = into


def _copy_fields(source: Customer, into: Customer) -> None:
    own = {value.custom_field_id for value in into.field_values}
    for value in source.field_values:
        if value.custom_field_id not in own:
            into.field_values.append(
                CustomerFieldValue(account_id=into.account_id, custom_field_id=value.custom_field_id, value=value.value)
            )


def halves(name: str | None) -> dict[str, str]:
    """First and last name, as the desk splits one."""
    words = (name or "").split()
    return {"firstname": words[0] if words else "", "lastname": words[-1] if len(words) > 1 else ""}


def _take_values(into: Customer, taken: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    values = {name: value for name, value in taken.items() if getattr(into, name) is None}
    if "name" in values:
        values |= halves(values["name"])
    values |= chosen
    before = {name: getattr(into, name) for name in values}
    for name, value in values.items():
        setattr(into, name, value)
    if into.email and into.email != before.get("email"):
        channels.put(into, channels.EMAIL, into.email, first=True)
    if any(getattr(into, name) != value for name, value in before.items()):
        into.updated_datetime = now(session_of(into))


CUSTOMER: Final = Way(
    name="customer-deleted",
    doing="Deleting",
    model=Customer,
    by=Actor.system("customer deletion"),
    tickets=lambda customer: Ticket.customer_id == customer.id,
    let_go=_pass_on,
    end=_delete_customer,
)
CUSTOMER_INTO_ANOTHER: Final = Way(
    name="customer-merged",
    doing="Merging",
    model=Customer,
    by=Actor.system("customer merge"),
    tickets=lambda customer: Ticket.customer_id == customer.id,
    let_go=_pass_on,
    end=_unite_customers,
)

WAYS: Final = {way.name: way for way in (USER, TEAM, TAG, TAG_INTO_ANOTHER, CUSTOMER, CUSTOMER_INTO_ANOTHER)}
