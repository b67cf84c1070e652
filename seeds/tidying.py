"""What the demo's leads and admin tidy up: tags, a team, macros, companies, a night's junk, dusty tickets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from sqlalchemy import select

from audit.actors import Actor
from helpdesk import bulk, channels, customers, macros, tags, teams, tickets
from helpdesk.accounts import WELCOME_SUBJECT
from helpdesk.drafts import Draft
from helpdesk.models import Macro, Tag, Team, Ticket, TicketTag
from seeds.book import PassingMacro, load_book, reply_of
from seeds.cast import Agent
from seeds.player import Player
from seeds.staff import Staff

#: How many tickets are touched at once.
SOME: Final = 9
#: A ticket in which nothing was said for so long gathers dust.
DUST: Final = timedelta(days=4)
DUSTY: Final = 9


# ── Tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def invent_tag(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """The evening shift puts a tag on tickets that have the very same already, under another name."""
    sheet = load_book().merged_tag
    for minute, ticket in enumerate(_bearing(player, sheet.other, SOME)):
        player.plan(at + timedelta(minutes=minute), partial(_put_on, player, staff, who, ticket, sheet.name))


def merge_tag(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Two names for one thing are one too many."""
    sheet = load_book().merged_tag
    source, into = _tag(player, sheet.name), _tag(player, sheet.other)
    if source is not None and into is not None:
        with player.acting(at, "web"):
            tags.merge(source, into, by=staff.by(who))


def make_tag(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """A tag for some weeks, put on several tickets at once."""
    sheet = load_book().deleted_tag
    with player.acting(at, "web"):
        tags.create(staff.account, sheet.name, color=sheet.colour, description=sheet.description, by=staff.by(who))
    _in_bulk(player, staff, who, "tag", {"names": [sheet.name]}, _numbers(_bearing(player, sheet.other, SOME)), at)


def delete_tag(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """The weeks are over."""
    tag = _tag(player, load_book().deleted_tag.name)
    if tag is not None:
        with player.acting(at, "web"):
            tags.delete(tag, by=staff.by(who))


# ── A team that was tried out ────────────────────────────────────────────────────────────────────────────────────────


def try_team(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """It is made, and given what there is for it."""
    sheet = load_book().team
    members = [staff.user(staff.named(email)) for email in sheet.members]
    with player.acting(at, "web"):
        team = teams.create(
            staff.account, sheet.name, emoji=sheet.emoji, description=sheet.description, members=members,
            by=staff.by(who),
        )  # fmt: skip
    _in_bulk(player, staff, who, "assign-team", {"team_id": team.id}, _numbers(_bearing(player, sheet.on, SOME)), at)


def enlarge_team(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """One more, and other words."""
    sheet, team = load_book().team, _tried_team(player)
    if team is not None:
        members = [staff.user(staff.named(email)) for email in (*sheet.members, sheet.joins)]
        with player.acting(at, "web"):
            teams.update(
                team, name=sheet.name, emoji=sheet.emoji, description=sheet.later, members=members, by=staff.by(who)
            )


def dissolve_team(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """It wasn't worth a team."""
    team = _tried_team(player)
    if team is not None:
        with player.acting(at, "web"):
            teams.delete(team, by=staff.by(who))


# ── Macros and companies ─────────────────────────────────────────────────────────────────────────────────────────────


def make_passing_macros(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Some that nobody will need for long."""
    for number, sheet in enumerate(load_book().macros):
        player.plan(at + timedelta(minutes=number), partial(_make_macro, player, staff, who, sheet))


def clear_macros(gone: bool, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """One is put away, the other deleted."""
    for sheet in load_book().macros:
        named = Macro.account_id == player.account_id, Macro.name == sheet.name
        macro = player.session.scalar(select(Macro).where(*named))
        if macro is not None and sheet.gone is gone:
            with player.acting(at, "web"):
                (macros.delete if gone else macros.archive)(macro, by=staff.by(who))


def enter_twice(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """The same company once more, from another letter head."""
    twins = load_book().twins
    with player.acting(at, "web"):
        customers.create(staff.account, name=twins.other_name, email=twins.other_email, by=staff.by(who))


def add_phone(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Where they can be rung up."""
    twins = load_book().twins
    customer = customers.find(staff.account, twins.email)
    if customer is not None:
        with player.acting(at, "web"):
            channels.add(customer, channels.PHONE, twins.phone, by=staff.by(who))


def join_twins(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Two profiles are one company."""
    twins = load_book().twins
    source, into = (customers.find(staff.account, email) for email in (twins.other_email, twins.email))
    if source is not None and into is not None:
        with player.acting(at, "web"):
            customers.merge(source, into, values={"name": twins.name, "email": twins.email}, by=staff.by(who))


# ── Many tickets at once ─────────────────────────────────────────────────────────────────────────────────────────────


def plan_junk(player: Player, staff: Staff, night: datetime, rng: Random) -> None:
    """One evening junk comes by the dozen; the next morning it is marked and thrown away, each in one go."""
    junk, come = load_book().junk, list[int]()
    at = night
    for name in junk.names:
        at += timedelta(seconds=20 + 70 * rng.random())
        words = rng.choice(junk.subjects), rng.choice(junk.texts)
        player.plan(at, partial(_junk_comes, player, staff, name, *words, come))
    admin = staff.role("admin")
    morning = staff.rota.work_at(admin, at, rng)
    for minutes, deed in ((2, "spam"), (3, "trash")):
        player.plan(morning + timedelta(minutes=minutes), partial(_clear_junk, player, staff, admin, deed, come))


def sweep(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Tickets that nobody has said anything in for days are closed in one go."""
    silent = (
        select(Ticket.id)
        .where(
            Ticket.account_id == player.account_id, Ticket.status == "open", Ticket.spam.is_(False),
            Ticket.trashed_datetime.is_(None), Ticket.last_message_datetime < at - DUST,
            Ticket.subject != WELCOME_SUBJECT,
        )
        .order_by(Ticket.last_message_datetime, Ticket.id)
        .limit(DUSTY)
    )  # fmt: skip
    _in_bulk(player, staff, who, "close", {}, player.session.scalars(silent).all(), at)


def _junk_comes(
    player: Player, staff: Staff, name: str, subject: str, text: str, come: list[int], at: datetime
) -> None:
    address = f"{''.join(letter for letter in name.lower() if letter.isalnum())}@mass-mail.example"
    with player.acting(at, "email"):
        customer = customers.meet(staff.account, name=name, email=address)
        draft = Draft(sender=customer, body_text=text, subject=subject, via="email")
        opening = tickets.Opening(customer=customer, channel="email", via="email", subject=subject, messages=(draft,))
        by = Actor("customer", customer.id, customer.display_name)
        come.append(tickets.create(staff.account, opening, by=by).id)


def _clear_junk(player: Player, staff: Staff, who: Agent, deed: str, come: Sequence[int], at: datetime) -> None:
    _in_bulk(player, staff, who, deed, {}, come, at)


def _in_bulk(
    player: Player, staff: Staff, who: Agent, name: str, given: dict[str, Any], numbers: Sequence[int], at: datetime
) -> None:
    deed = bulk.DEEDS[name]
    with player.acting(at, "web"):
        bulk.do(player.session, deed, bulk.verb_for(player.session, deed, given), numbers, by=staff.by(who))


def _make_macro(player: Player, staff: Staff, who: Agent, sheet: PassingMacro, at: datetime) -> None:
    with player.acting(at, "web"):
        macros.create(staff.account, sheet.name, reply_of(sheet), by=staff.by(who))


def _put_on(player: Player, staff: Staff, who: Agent, ticket: Ticket, name: str, at: datetime) -> None:
    if player.session.scalar(select(Ticket.id).where(Ticket.id == ticket.id)) is not None:
        with player.acting(at, "web"):
            tags.put_on(ticket, [name], by=staff.by(who))


def _bearing(player: Player, tag: str, most: int) -> list[Ticket]:
    """The newest tickets with a tag, that are where everybody sees them."""
    found = (
        select(Ticket)
        .join(TicketTag, TicketTag.ticket_id == Ticket.id)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(
            Ticket.account_id == player.account_id, Tag.name == tag, Ticket.spam.is_(False),
            Ticket.trashed_datetime.is_(None),
        )
        .order_by(Ticket.id.desc())
        .limit(most)
    )  # fmt: skip
    return list(player.session.scalars(found))


def _numbers(found: Sequence[Ticket]) -> list[int]:
    return [ticket.id for ticket in found]


def _tag(player: Player, name: str) -> Tag | None:
    return player.session.scalar(select(Tag).where(Tag.account_id == player.account_id, Tag.name == name))


def _tried_team(player: Player) -> Team | None:
    named = Team.account_id == player.account_id, Team.name == load_book().team.name
    return player.session.scalar(select(Team).where(*named))
