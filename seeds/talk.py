"""What is said in a ticket of the demo world, by whom and in whose words."""

import mimetypes
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from helpdesk import chat, markdown, messages, tickets
from helpdesk.drafts import Draft, File
from helpdesk.mail.htmltext import html_text
from helpdesk.models import Customer, Integration, Ticket, TicketMessage
from seeds import orders, profiles
from seeds.cast import Agent
from seeds.plot import Beat
from seeds.thread import Thread
from seeds.words import CONTENT

#: What is asked in these channels is answered by mail.
_ANSWERED_BY_MAIL: Final = frozenset({"email", "contact_form", "help-center", "phone"})


def customer_writes(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """The first message opens the ticket; a later one opens it again."""
    channel = thread.story.channel
    if channel == chat.CHANNEL and thread.world.staff.chat is not None:
        _customer_chats(thread, thread.world.staff.chat, beat, who, at)
        return
    if not thread.is_open:
        thread.customer = thread.meet(thread.person)
        thread.ticket = _open(thread, beat, thread.words(thread.story.subjects, who, at), channel, who, at)
        thread.is_open = True
        orders.enter(thread)
        return
    if thread.wakes is not None:
        thread.wakes = min(thread.wakes, at)
    draft = _received(thread, beat, f"Re: {thread.ticket.subject}", channel, who, at)
    messages.receive(thread.ticket, draft, by=thread.by_customer)


def _customer_chats(thread: Thread, integration: Integration, beat: Beat, who: Agent, at: datetime) -> None:
    """In the window on the shop's page; the desk names the ticket after whoever writes."""
    if thread.wakes is not None:
        thread.wakes = min(thread.wakes, at)
    said = chat.Words(text=thread.words(beat.texts, who, at), name=thread.person.name, address=thread.person.email)
    thread.ticket = chat.write(integration, thread.visit, said)
    thread.customer = thread.world.player.session.get_one(Customer, thread.ticket.customer_id)
    if not thread.is_open:
        thread.is_open = True
        thread.visit = replace(thread.visit, ticket_id=thread.ticket.id)
        orders.enter(thread)


def customer_writes_anew(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """The same question once more, by mail, which makes a ticket of its own."""
    thread.twin = _open(thread, beat, thread.words(beat.subjects, who, at), "email", who, at)


def agent_replies(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """The desk answers, or writes before the customer does."""
    if not thread.is_open:
        _write_first(thread, beat, who, at)
        return
    messages.reply(thread.ticket, _said(thread, beat, thread.ticket.subject, who, at), by=thread.by(who))
    thread.holder = thread.holder or who
    profiles.plan_note(thread, who, at)


def agent_notes(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """Something for the colleagues only."""
    draft = Draft(
        sender=thread.world.staff.user(who),
        body_text=thread.words(beat.texts, who, at),
        subject=thread.ticket.subject,
        public=False,
        files=_files(beat),
    )
    messages.note(thread.ticket, draft, by=thread.by(who))


def agent_sums_up(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """What it was all about."""
    messages.summarise(thread.ticket, thread.words(beat.texts, who, at), by=thread.by(who))


def agent_corrects(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    """The newest message of one side gets other words."""
    messages.update(_newest(thread, beat), thread.words(beat.texts, who, at), by=thread.by(who))


def agent_removes(thread: Thread, beat: Beat, who: Agent, _at: datetime) -> None:
    """The newest message of one side goes."""
    messages.delete(_newest(thread, beat), by=thread.by(who))


def _open(thread: Thread, beat: Beat, subject: str, channel: str, who: Agent, at: datetime) -> Ticket:
    opening = tickets.Opening(
        customer=thread.customer,
        channel=channel,
        via=channel,
        subject=subject,
        language=thread.story.language,
        messages=(_received(thread, beat, subject, channel, who, at),),
    )
    return tickets.create(thread.world.staff.account, opening, by=thread.by_customer)


def _write_first(thread: Thread, beat: Beat, who: Agent, at: datetime) -> None:
    staff = thread.world.staff
    thread.customer = thread.meet(thread.person, staff.by(who))
    subject = thread.words(thread.story.subjects, who, at)
    opening = tickets.Opening(
        customer=thread.customer,
        channel=thread.story.channel,
        subject=subject,
        language=thread.story.language,
        from_agent=True,
        messages=(_said(thread, beat, subject, who, at),),
        assignee=staff.user(who),
    )
    thread.ticket, thread.holder = tickets.create(staff.account, opening, by=staff.by(who)), who
    thread.is_open = True
    orders.enter(thread)


def _received(thread: Thread, beat: Beat, subject: str, channel: str, who: Agent, at: datetime) -> Draft:
    by_mail = channel == "email"
    own_id = thread.mail_id(thread.person.email) if by_mail else None
    answered, thread.last_mail = thread.last_mail, own_id or thread.last_mail
    return Draft(
        sender=thread.customer,
        body_text=thread.words(beat.texts, who, at),
        subject=subject if by_mail else None,
        channel=channel,
        via=channel,
        message_id=own_id,
        in_reply_to=answered if by_mail else None,
        source=_envelope(thread) if by_mail else None,
        is_automatic=thread.story.topic == "noise",
        files=_files(beat),
    )


def _said(thread: Thread, beat: Beat, subject: str | None, who: Agent, at: datetime) -> Draft:
    staff, channel = thread.world.staff, thread.story.channel
    by_mail = channel in _ANSWERED_BY_MAIL
    own_id = thread.mail_id(staff.cast.support) if by_mail else None
    answered, thread.last_mail = thread.last_mail, own_id or thread.last_mail
    macro = staff.macros.get(beat.macro or "")
    words = thread.words(beat.texts, who, at)
    return Draft(
        sender=staff.user(who),
        body_text=words,
        body_html=(html := markdown.to_html(words) if beat.markdown else None),
        stripped_text=html_text(html) if html else None,
        subject=subject,
        channel="email" if by_mail else channel,
        message_id=own_id,
        in_reply_to=answered if by_mail else None,
        macros=[{"id": macro.id, "name": macro.name}] if macro else None,
        files=_files(beat),
    )


def _envelope(thread: Thread) -> dict[str, Any]:
    cast, person = thread.world.staff.cast, thread.person
    sender, desk = {"name": person.name, "address": person.email}, {"name": cast.name, "address": cast.support}
    return {"type": "email", "from": sender, "to": [desk], "cc": [], "bcc": []}


def _newest(thread: Thread, beat: Beat) -> TicketMessage:
    from_desk = beat.whose == "desk"
    return [message for message in thread.ticket.messages if message.from_agent == from_desk][-1]


def _files(beat: Beat) -> tuple[File, ...]:
    return tuple(_file(name) for name in beat.attachments)


@cache
def _file(name: str) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(name, kind, (CONTENT / "files" / name).read_bytes())
