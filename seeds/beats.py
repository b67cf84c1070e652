"""What each kind of beat does, in the desk's own verbs."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from audit.action import Source
from helpdesk import channels, customers, macros, merging, shop, tags, tickets
from helpdesk.models import Customer, Ticket
from seeds import talk
from seeds.cast import Agent
from seeds.plot import Beat, Kind
from seeds.thread import Thread

Play = Callable[[Thread, Beat, Agent, datetime], None]

#: How a message of each channel reaches the desk; the others come as calls from the network they were written in.
_WAYS_IN: Final[Mapping[str, Source]] = {
    "email": "email", "chat": "chat", "contact_form": "web", "help-center": "web",
}  # fmt: skip
_BY_API: Final = frozenset({Kind.EDIT_MESSAGE, Kind.DELETE_MESSAGE, Kind.SUMMARY})

#: A ticket that sleeps for days is mostly woken in the morning.
MORNING: Final = 9
TO_THE_MORNING: Final = 0.7


def play(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """Let a beat happen; a reply that began with a macro is two actions in one chain."""
    player, source = thread.world.player, _source(thread, beat)
    context = player.context()
    if beat.macro:
        with player.acting(at, source, context=context):
            _take_macro(thread, beat, who)
    with player.acting(at, source, context=context):
        _PLAY[beat.kind](thread, beat, who, at)


def _source(thread: Thread, beat: Beat) -> Source:
    if beat.kind is Kind.TWIN:
        return "email"
    if beat.kind is Kind.CUSTOMER:
        return _WAYS_IN.get(thread.story.channel, "webhook")
    return "api" if beat.kind in _BY_API else "web"


def _take_macro(thread: Thread, beat: Beat, who: Agent) -> None:
    """All that a macro does; its words became the reply's."""
    staff, ticket = thread.world.staff, thread.ticket
    macro = staff.macros.get(beat.macro or "")
    if macro is None:
        return
    macros.apply(macro, ticket, by=staff.by(who))
    if ticket.snooze_datetime is not None:
        thread.wakes = ticket.snooze_datetime
    if ticket.assignee_user_id == staff.user(who).id:
        thread.holder = who


def _assign_team(thread: Thread, beat: Beat, who: Agent, _at: datetime) -> None:
    thread.team = beat.team
    tickets.assign_team(thread.ticket, thread.world.staff.teams[beat.team or ""], by=thread.by(who))


def _assign(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    receivers = {"agent": who, "lead": thread.lead}
    thread.holder = receivers.get(beat.to or "agent") or thread.colleague(at)
    tickets.assign(thread.ticket, thread.world.staff.user(thread.holder), by=thread.by(who))


def _unassign(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
    thread.holder, thread.hand = None, who
    tickets.unassign(thread.ticket, by=thread.by(who))


def _unassign_team(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
    thread.team = None
    tickets.unassign_team(thread.ticket, by=thread.by(who))


def _tags(thread: Thread, beat: Beat, who: Agent, _at: datetime) -> None:
    staff = thread.world.staff
    tags.put_on(thread.ticket, staff.tag_names(beat.add), by=staff.by(who))
    tags.take_off(thread.ticket, staff.tag_names(beat.remove), by=staff.by(who))


def _subject(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    tickets.set_subject(thread.ticket, thread.words(beat.subjects, who, at), by=thread.by(who))


def _snooze(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    assert beat.lasting is not None
    if thread.ticket.is_snoozed:  # a macro was faster
        return
    rota, until = thread.world.staff.rota, at + beat.lasting.at(thread.rng.random())
    if beat.lasting.shortest >= timedelta(days=1) and thread.rng.random() < TO_THE_MORNING:
        until = rota.moment(rota.local(until).date(), MORNING)
    tickets.snooze(thread.ticket, until, by=thread.by(who))
    thread.wakes = until


def _merge(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
    twin, ticket = thread.twin, thread.ticket
    assert twin is not None
    assignee = thread.world.staff.user(thread.holder) if thread.holder else None
    merging.merge(
        twin,
        ticket,
        subject=ticket.subject,
        customer=thread.customer,
        assignee=assignee,
        team=ticket.team,
        by=thread.by(who),
    )
    thread.twin = None


def _swap_customer(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
    by = thread.by(who)
    tickets.swap_customer(thread.ticket, thread.meet(thread.other, by), by=by)


def _cancel_order(thread: Thread, _beat: Beat, _who: Agent, _at: datetime) -> None:
    """Pressed on the card beside the ticket; it is the shop that reports it."""
    if thread.order is not None and thread.world.staff.shop is not None:
        shop.cancel(thread.order, thread.world.staff.shop)


def _refund_order(thread: Thread, _beat: Beat, _who: Agent, _at: datetime) -> None:
    if thread.order is not None and thread.world.staff.shop is not None:
        shop.refund(thread.order, thread.world.staff.shop)


def _recognise(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
    """Whoever chatted said under which address they buy: two profiles become one, or one gets an address."""
    known, by = thread.world.customers.get(thread.person.email), thread.by(who)
    visitor = thread.world.player.session.get_one(Customer, thread.ticket.customer_id)
    if known is visitor:
        return
    if known is None:
        channels.add(visitor, channels.EMAIL, thread.person.email, by=by)
        thread.world.customers[thread.person.email] = visitor
        return
    customers.merge(visitor, known, values={}, by=by)
    thread.customer = known
    if thread.order is not None:
        thread.order.customer_id = known.id


def _forget(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
    thread.world.customers.pop(thread.person.email, None)
    customers.delete(thread.customer, by=thread.by(who))


def _priority(thread: Thread, beat: Beat, who: Agent, _at: datetime) -> None:
    tickets.set_priority(thread.ticket, beat.priority or "normal", by=thread.by(who))


def _plainly(verb: Callable[..., None]) -> Play:
    """A verb that needs no more than the ticket and who does it."""

    def act(thread: Thread, _beat: Beat, who: Agent, _at: datetime) -> None:
        ticket: Ticket = thread.ticket
        verb(ticket, by=thread.by(who))

    return act


_PLAY: Final[Mapping[Kind, Play]] = {
    Kind.CUSTOMER: talk.customer_writes,
    Kind.TWIN: talk.customer_writes_anew,
    Kind.REPLY: talk.agent_replies,
    Kind.NOTE: talk.agent_notes,
    Kind.SUMMARY: talk.agent_sums_up,
    Kind.EDIT_MESSAGE: talk.agent_corrects,
    Kind.DELETE_MESSAGE: talk.agent_removes,
    Kind.ASSIGN_TEAM: _assign_team,
    Kind.ASSIGN: _assign,
    Kind.UNASSIGN: _unassign,
    Kind.UNASSIGN_TEAM: _unassign_team,
    Kind.TAGS: _tags,
    Kind.SUBJECT: _subject,
    Kind.SNOOZE: _snooze,
    Kind.CLOSE: _plainly(tickets.close),
    Kind.REOPEN: _plainly(tickets.reopen),
    Kind.SPAM: _plainly(tickets.mark_spam),
    Kind.UNSPAM: _plainly(tickets.unmark_spam),
    Kind.TRASH: _plainly(tickets.trash),
    Kind.UNTRASH: _plainly(tickets.untrash),
    Kind.DELETE: _plainly(tickets.delete),
    Kind.MERGE: _merge,
    Kind.SWAP_CUSTOMER: _swap_customer,
    Kind.PRIORITY: _priority,
    Kind.CANCEL_ORDER: _cancel_order,
    Kind.REFUND_ORDER: _refund_order,
    Kind.RECOGNISE: _recognise,
    Kind.FORGET: _forget,
}
