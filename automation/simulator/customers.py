"""The customers of a simulated desk: they write, wait, lose patience, write again, say thank you, or send junk."""

import math
from collections.abc import Generator
from datetime import timedelta
from random import Random
from typing import Any, Final

import simpy

from audit.actors import Actor
from automation.simulator.arriving import next_arrival
from automation.simulator.crowd import LANGUAGE, Person
from automation.simulator.floor import MINUTE, Case, Floor
from automation.simulator.furnishing import Agent
from helpdesk import chat, customers, messages, shop, tickets
from helpdesk.chat import Visit, Words
from helpdesk.drafts import Draft
from helpdesk.models import Account, Customer, Integration, ShopOrder, Ticket

Process = Generator[simpy.Event, Any, None]

#: What becomes of a customer who got an answer.
SAYS_THANKS: Final = 0.22
ASKS_AGAIN: Final = 0.2
#: How often somebody asks for an answer before giving up, and how much longer each time.
MOST_REMINDERS: Final = 3
LONGER: Final = 1.7


def arrivals(floor: Floor) -> Process:
    """A non-homogeneous Poisson process: how many write changes with the hour and the weekday."""
    rng, agents = Random(f"{floor.seed} arrivals"), len(floor.office.agents)
    while True:
        at = next_arrival(floor.rota, floor.now(), rng, lambda local: floor.profile.rate(local, agents))
        if at is None:
            return
        yield floor.at(at)
        if rng.random() < floor.profile.spam:
            _send_junk(floor, rng)
        else:
            floor.begin(_conversation(floor, Random(rng.getrandbits(64))))


def _conversation(floor: Floor, rng: Random) -> Process:
    """Somebody writes, waits, and goes on until they have what they want or give up."""
    case = _begin(floor, rng)
    patience, reminders = floor.profile.patience * rng.uniform(0.5, 1.8), 0
    while reminders <= MOST_REMINDERS:
        case.answered = answered = floor.env.event()
        yield answered | floor.after(patience)
        if answered.triggered:
            mood = rng.random()
            yield floor.after(_pause(rng))
            if not _write_back(floor, case, mood, rng):
                break
        else:
            reminders += 1
            patience *= LONGER
            if reminders > MOST_REMINDERS or not _remind(floor, case, rng):
                break
    floor.end(case)


def _write_back(floor: Floor, case: Case, mood: float, rng: Random) -> bool:
    """What somebody does with an answer; whether they then wait for another one."""
    if mood < SAYS_THANKS:
        _write(floor, case, rng.choice(floor.talk.thanks), rng)
        return False
    again = case.topic.again if case.topic else ()
    return mood < SAYS_THANKS + ASKS_AGAIN and bool(again) and _write(floor, case, rng.choice(again), rng)


def _remind(floor: Floor, case: Case, rng: Random) -> bool:
    """Whoever has waited too long says so, or sends it all once more; whether they wait on."""
    if rng.random() < floor.profile.twins:
        _write_anew(floor, case, rng)
        return True
    return _write(floor, case, rng.choice(floor.talk.impatient), rng)


def _pause(rng: Random) -> timedelta:
    """How long until somebody reads an answer and writes back: mostly an hour or two, now and then a day."""
    return MINUTE * min(3 + 80 * math.exp(rng.gauss(0, 1.1)), 4 * 24 * 60)


def _begin(floor: Floor, rng: Random) -> Case:
    """Somebody has a reason to write."""
    topic = floor.talk.topics[floor.profile.topic(floor.local(), rng)]
    case = Case(0, topic, person=floor.crowd.somebody())
    _choose_thing(floor, case, rng)
    in_chat = floor.office.chat_id is not None and rng.random() < floor.profile.chat
    words = floor.words(rng.choice(topic.questions), case)
    if in_chat:
        _chat(floor, case, words, rng)
    else:
        subject = floor.words(rng.choice(topic.subjects), case)
        _open(floor, case, subject, words, rng)
    return case


def _choose_thing(floor: Floor, case: Case, rng: Random) -> None:
    """An order from the shop's books, by whoever bought it; or something that might be bought."""
    if case.topic is not None and case.topic.about_an_order and floor.orders and rng.random() < 0.85:
        order = floor.row(ShopOrder, rng.choice(floor.orders))
        buyer = floor.row(Customer, order.customer_id) if order is not None else None
        if order is not None and buyer is not None and buyer.email:
            case.order, case.product = order.number, str(order.items[0]["name"])
            case.person = Person(buyer.display_name, buyer.email)
            floor.known[buyer.email] = buyer.id
            return
    products = list(shop.sold().products.values())
    case.order, case.product = f"{rng.randint(1001, 9999)}", rng.choice(products).name


def _open(floor: Floor, case: Case, subject: str, words: str, rng: Random, *, form: bool | None = None) -> None:
    person = case.person
    assert person is not None
    by_form = rng.random() < 0.15 if form is None else form
    channel = "contact_form" if by_form else "email"
    with floor.acting():
        account = floor.player.session.get_one(Account, floor.player.account_id)
        customer = floor.customer(person)
        if customer is None:
            customer = customers.meet(account, name=person.name, email=person.email, language=LANGUAGE)
            floor.known[person.email] = customer.id
        case.last_mail = None if by_form else floor.mail_id(rng, person.email)
        draft = _received(floor, case, customer, words, subject, channel)
        opening = tickets.Opening(
            customer=customer, channel=channel, via=channel, subject=subject, language=LANGUAGE, messages=(draft,)
        )
        by = _by(customer)
        case.keep(tickets.create(account, opening, by=by))
    _came(floor, case)


def _chat(floor: Floor, case: Case, words: str, rng: Random) -> None:
    person = case.person
    assert person is not None
    visit = Visit(f"{rng.getrandbits(128):032x}")
    with floor.acting():
        integration = floor.player.session.get_one(Integration, floor.office.chat_id)
        said = Words(text=words, name=person.name[: chat.LONGEST_NAME], address=person.email)
        case.keep(chat.write(integration, visit, said))
    _came(floor, case)


def _came(floor: Floor, case: Case) -> None:
    floor.cases[case.ticket_id] = case
    floor.mailed.add(case.ticket_id)
    floor.notice([case.ticket_id])


def _write(floor: Floor, case: Case, template: str, rng: Random) -> bool:
    """Go on in the same ticket; False if it is gone."""
    session = floor.player.session
    ticket = floor.row(Ticket, case.ticket_id)
    if ticket is None or ticket.is_trashed:
        return False
    case.keep(ticket)
    with floor.acting():
        customer = session.get_one(Customer, ticket.customer_id)
        channel = ticket.channel if ticket.channel == chat.CHANNEL else "email"
        answered, case.last_mail = case.last_mail, floor.mail_id(rng, customer.email or "nobody.example")
        words = floor.words(template, case, _agent_of(floor, case))
        draft = _received(floor, case, customer, words, f"Re: {ticket.subject}", channel, answered)
        messages.receive(ticket, draft, by=_by(customer))
    floor.notice([case.ticket_id])
    return True


def _write_anew(floor: Floor, case: Case, rng: Random) -> None:
    """Nobody answers, so the same is sent once more; it makes a second ticket."""
    topic = case.topic
    if topic is None or case.person is None:
        return
    twin = Case(0, topic, case.person, case.order, case.product, first=case)
    words = f"{rng.choice(floor.talk.twins)}\n\n{floor.words(rng.choice(topic.questions), case)}"
    _open(floor, twin, floor.words(rng.choice(topic.subjects), case), words, rng, form=False)
    twin.is_over = True


def _send_junk(floor: Floor, rng: Random) -> None:
    case = Case(0, person=floor.crowd.spammer(rng.choice(floor.talk.spammers)), is_spam=True, is_over=True)
    _open(floor, case, rng.choice(floor.talk.spam_subjects), rng.choice(floor.talk.spam_texts), rng, form=False)


def _received(
    floor: Floor, case: Case, customer: Customer, words: str, subject: str, channel: str, answered: str | None = None
) -> Draft:
    by_mail = channel == "email"
    sender = {"name": customer.display_name, "address": customer.email}
    envelope = {
        "type": "email", "from": sender, "cc": [], "bcc": [],
        "to": [{"name": floor.office.shop, "address": floor.office.support}],
    }  # fmt: skip
    return Draft(
        sender=customer,
        body_text=words,
        subject=subject if by_mail else None,
        channel=channel,
        via=channel,
        message_id=case.last_mail if by_mail else None,
        in_reply_to=answered if by_mail else None,
        source=envelope if by_mail else None,
    )


def _by(customer: Customer) -> Actor:
    return Actor("customer", customer.id, customer.display_name)


def _agent_of(floor: Floor, case: Case) -> Agent | None:
    return next((agent for agent in floor.office.agents if agent.user_id == case.holder), None)
