"""What simulated agents do with a ticket, in the desk's own verbs, each an action of its own."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from sqlalchemy import select

from audit.ledger import together
from automation.simulator.floor import HOUR, Case, Floor
from automation.simulator.furnishing import Agent
from helpdesk import macros, merging, messages, shop, tags, tickets, undoing
from helpdesk.drafts import Draft
from helpdesk.models import Customer, Integration, Macro, ShopOrder, Team, Ticket
from helpdesk.refusals import Refused

MORNING: Final = 9
#: What is said in these channels is answered by mail.
BY_MAIL: Final = frozenset({"email", "contact_form", "help-center", "phone"})


def throw_out_junk(floor: Floor, agent: Agent, cases: Sequence[Case], rng: Random) -> None:
    """Mark it as spam, all that was ticked at once; some empty it into the trash as well."""
    found = [ticket for case in cases if (ticket := floor.ticket(case)) is not None and not ticket.spam]
    with floor.acting(), together(floor.player.session):
        for ticket in found:
            tickets.mark_spam(ticket, by=agent.by)
    if rng.random() < 0.3:
        with floor.acting(), together(floor.player.session):
            for ticket in found:
                tickets.trash(ticket, by=agent.by)
    for case in cases:
        floor.forget(case)


def unite(floor: Floor, agent: Agent, case: Case) -> None:
    """A lead merges the second ticket into the first; who may not tags it, and closes it."""
    first = floor.ticket(case.first) if case.first else None
    ticket = _ticket(floor, case)
    with floor.acting():
        if first is not None and agent.is_lead and not first.is_trashed:
            customer = floor.player.session.get_one(Customer, first.customer_id)
            merging.merge(
                ticket,
                first,
                subject=first.subject,
                customer=customer,
                assignee=first.assignee,
                team=first.team,
                by=agent.by,
            )
        else:
            tags.put_on(ticket, ["duplicate"], by=agent.by)
            tickets.close(ticket, by=agent.by)
    floor.forget(case)
    if case.first is not None and first is not None and first.is_open:
        floor.notice([first.id])


def tag(floor: Floor, agent: Agent, case: Case) -> None:
    """Say by tags what it is about."""
    names = case.topic.tags if case.topic else ("general",)
    with floor.acting():
        tags.put_on(_ticket(floor, case), names, by=agent.by)


def raise_priority(floor: Floor, agent: Agent, case: Case) -> None:
    """It burns."""
    with floor.acting():
        tickets.set_priority(_ticket(floor, case), "high", by=agent.by)


def give_to_team(floor: Floor, agent: Agent, case: Case) -> bool:
    """Give it to those who know about such things; False if there are none, or they have it."""
    number = floor.office.teams.get(case.team)
    ticket = _ticket(floor, case)
    if number is None or ticket.assignee_team_id is not None:
        return False
    with floor.acting():
        tickets.assign_team(ticket, floor.player.session.get_one(Team, number), by=agent.by)
    return True


def note(floor: Floor, agent: Agent, case: Case, rng: Random) -> None:
    """Something for the colleagues only."""
    ticket = _ticket(floor, case)
    with floor.acting():
        draft = Draft(
            sender=floor.user(agent), body_text=rng.choice(floor.talk.notes), subject=ticket.subject, public=False
        )
        messages.note(ticket, draft, by=agent.by)


def pass_on(floor: Floor, agent: Agent, case: Case, rng: Random) -> bool:
    """Let a colleague do it; False if nobody else is in."""
    at = floor.now()
    others = [each for each in floor.office.agents if each is not agent and floor.rota.is_in(each, at)]
    if not others:
        return False
    other = rng.choice(others)
    with floor.acting():
        tickets.assign(_ticket(floor, case), floor.user(other), by=agent.by)
    case.holder = other.user_id
    floor.notice([case.ticket_id])
    return True


def put_off(floor: Floor, agent: Agent, case: Case, rng: Random) -> None:
    """It can't be answered yet: let it sleep for some hours, or until another morning."""
    until = floor.now() + HOUR * rng.uniform(2, 5)
    if rng.random() < 0.7:
        day = floor.rota.local(floor.now() + timedelta(days=rng.choice((1, 1, 2, 3)))).date()
        until = floor.rota.moment(day, MORNING)
    with floor.acting():
        tickets.snooze(_ticket(floor, case), until, by=agent.by)
    case.was_put_off = True


def act_on_order(floor: Floor, agent: Agent, case: Case) -> bool:
    """Pay an order back, or call it off, by the card beside the ticket; the shop reports it. False if it can't be."""
    del agent  # it is the shop that acts
    session = floor.player.session
    integration = session.get(Integration, floor.office.shop_id) if floor.office.shop_id else None
    order = session.scalar(
        select(ShopOrder).where(
            ShopOrder.account_id == floor.player.account_id,
            ShopOrder.integration_id == floor.office.shop_id,
            ShopOrder.number == case.order,
        )
    )
    if order is None or integration is None or integration.deactivated_datetime is not None or case.topic is None:
        return False
    wants = shop.refund if case.topic.deed == "refund" else shop.cancel
    if order.refunded_datetime is not None or (wants is shop.cancel and order.status != "paid"):
        return False
    with floor.acting():
        wants(order, integration)
    return True


def reply(floor: Floor, agent: Agent, case: Case, rng: Random) -> None:
    """Answer; with a macro it is two actions in one chain."""
    context = floor.player.context()
    macro = _macro_for(floor, agent, case, rng)
    if macro is not None:
        with floor.acting(context):
            macros.apply(macro, _ticket(floor, case), by=agent.by)
    ticket = _ticket(floor, case)
    topic = case.topic
    answers = floor.talk.after_sleep if case.was_put_off else topic.answers if topic else floor.talk.plain
    by_mail = ticket.channel in BY_MAIL
    answered, case.last_mail = case.last_mail, floor.mail_id(rng, floor.office.support)
    with floor.acting(context):
        draft = Draft(
            sender=floor.user(agent),
            body_text=floor.words(rng.choice(answers), case, agent),
            subject=ticket.subject,
            channel="email" if by_mail else ticket.channel,
            message_id=case.last_mail if by_mail else None,
            in_reply_to=answered if by_mail else None,
            macros=[{"id": macro.id, "name": macro.name}] if macro else None,
        )
        messages.reply(ticket, draft, by=agent.by)
    case.holder = ticket.assignee_user_id
    floor.answer(case)


def close(floor: Floor, agent: Agent, case: Case) -> None:
    """Done."""
    ticket = floor.ticket(case)
    if ticket is not None and not case.is_queued:
        with floor.acting():
            tickets.close(ticket, by=agent.by)
    if case.is_over:
        floor.forget(case)


def close_if_quiet(floor: Floor, agent: Agent, case: Case) -> None:
    """Close what was left open, unless the customer wrote again."""
    ticket = floor.ticket(case)
    if ticket is not None and ticket.is_open and not case.is_queued:
        close(floor, agent, case)


def press_the_wrong_button(floor: Floor, agent: Agent, case: Case, rng: Random) -> uuid.UUID:
    """A slip of the hand; answers the chain, by which it can be undone."""
    ticket, context = _ticket(floor, case), floor.player.context()
    slip = rng.choice((tickets.close, tickets.mark_spam, tickets.trash))
    with floor.acting(context):
        slip(ticket, by=agent.by)
    return context


def undo(floor: Floor, agent: Agent, case: Case, context: uuid.UUID) -> None:
    """Take a chain back, if nobody has done anything to the ticket since."""
    ticket = floor.ticket(case)
    try:
        steps = undoing.steps(floor.player.session, context, agent.user_id)
    except Refused:
        return
    with floor.acting():
        for step in steps:
            if ticket is not None and step.ticket_id == ticket.id:
                undoing.undo(ticket, step, by=agent.by)


def _macro_for(floor: Floor, agent: Agent, case: Case, rng: Random) -> Macro | None:
    name = case.topic.macro if case.topic else ""
    number = floor.office.macros.get(name)
    if number is None or case.was_put_off or rng.random() >= agent.macro:
        return None
    macro: Macro | None = floor.player.session.get(Macro, number)
    return macro if macro is not None and macro.archived_datetime is None else None


def _ticket(floor: Floor, case: Case) -> Ticket:
    return floor.player.session.get_one(Ticket, case.ticket_id)
