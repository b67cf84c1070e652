"""Workers that let rules act, and customers who write, killed at random and replaced: a program of its own."""

import json
import random
import sys
import time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.log import event_table
from automation import rules, timers
from helpdesk import desk, messages
from helpdesk.desk import acting
from helpdesk.drafts import Draft
from helpdesk.models import Customer, Ticket
from tests.automation.killing import Driver, Plan
from tests.databases import engine_for


def obey(session: Session, plan: Plan, _rng: random.Random) -> None:
    """One look of a worker."""
    if not rules.settle(session, plan.account_id):
        time.sleep(0.005)


def write(session: Session, plan: Plan, rng: random.Random) -> None:
    """A customer writes; who acts lets rules run first, as everybody does."""
    with acting(session, plan.account_id, source="email"):
        ticket = session.get_one(Ticket, rng.choice(plan.ticket_ids), with_for_update=True)
        customer = session.get_one(Customer, ticket.customer_id)
        draft = Draft(sender=customer, body_text="Any news?", via="email")
        messages.receive(ticket, draft, by=Actor("customer", customer.id, customer.display_name))
    time.sleep(rng.uniform(0, 0.02))


def is_done(session: Session, plan: Plan) -> bool:
    """Whether enough was written, and rules have met all of it."""
    written = select(func.count()).where(
        event_table.c.account_id == plan.account_id,
        event_table.c.actor_kind == "customer",
        event_table.c.type == "ticket-message-created",
    )
    return session.execute(written).scalar_one() >= plan.due and rules.is_settled(session, plan.account_id)


if __name__ == "__main__":
    desk.connect_machines(timers)
    given = Plan(**json.load(sys.stdin))
    print(json.dumps(Driver(given, engine_for(given.url), obey, write, is_done).run()))
