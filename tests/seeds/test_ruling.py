"""The demo's rules, each set off by its own example: exactly what they write, in their order."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from audit.actors import Actor
from automation import timers
from helpdesk import customers, messages, rules, settings, surveys, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Customer, Rule, SatisfactionSurvey
from helpdesk.rule_runs import what_would
from seeds.ruling import Example, RuleSheet, load_rules
from tests.automation.ruled import by_rules, failures
from tests.desks import Desk
from tests.outside import sqlite_only

DAY = timedelta(days=1)


@sqlite_only
@pytest.mark.parametrize("sheet", load_rules()[0], ids=lambda sheet: sheet.shape.name)
def test_a_rule_of_the_demo_writes_its_golden_sequence(desk: Desk, sheet: RuleSheet) -> None:
    with desk.acting():
        setting = {"enabled": True, "delay_hours": 1}
        settings.change(desk.account, "satisfaction-surveys", setting, by=desk.by_admin)
        tickets.close(desk.ticket(1), by=desk.by_ana)  # the welcome ticket is not what it is about
        rules.create(desk.account, sheet.last, by=desk.by_admin)
    with desk.watched() as trail:
        number = _happen(desk, sheet.example)
        timers.play_due(desk.session, desk.account_id)
    assert failures(trail) == []
    assert by_rules(trail) == list(sheet.writes)
    executed = trail["rule-executed"]
    assert (executed.user_id, executed.actor_name, executed.actor_version) == (None, sheet.shape.name, 1)
    assert what_would(desk.session.get_one(Rule, executed.object_id), desk.ticket(number)) is not None


def _happen(desk: Desk, example: Example) -> int:
    with desk.acting("email"):
        customer = desk.session.scalar(select(Customer).where(Customer.email == example.email))
        customer = customer or customers.meet(desk.account, name="Postmaster", email=example.email)
        by = Actor("customer", customer.id, customer.display_name)
        channel = "chat" if example.how == "chat" else "email"
        draft = Draft(sender=customer, body_text=example.text, subject=example.subject, via=channel, channel=channel)
        opening = tickets.Opening(
            customer=customer, subject=example.subject, channel=channel, via=channel, language=example.language,
            priority=example.priority, messages=(draft,),
        )  # fmt: skip
        number = tickets.create(desk.account, opening, by=by).id
    _go_on(desk, number, example.how)
    return number


def _go_on(desk: Desk, number: int, how: str) -> None:
    if how == "assign":
        with desk.acting():
            tickets.assign(desk.ticket(number), desk.ana, by=desk.by_ben)
    elif how == "wake":
        with desk.acting() as action:
            tickets.snooze(desk.ticket(number), action.at + DAY, by=desk.by_ana)
        desk.move_clock(DAY)
    elif how == "clock":
        desk.move_clock(3 * DAY)
    elif how == "survey":
        with desk.acting():
            messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Yes."), by=desk.by_ana)
            tickets.close(desk.ticket(number), by=desk.by_ana)
        desk.move_clock(DAY)
        with desk.acting():
            survey = desk.session.scalars(
                select(SatisfactionSurvey).where(SatisfactionSurvey.ticket_id == number)
            ).one()
            surveys.respond(survey, 5, "", by=surveys.asked(survey))
