"""Four workers that let rules act, killed at random while customers write: each event meets each rule exactly once."""

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from automation import rules as runner
from helpdesk.models import Delivery
from tests.automation.killing import Plan
from tests.automation.ruled import act, make_rule
from tests.automation.test_kills import drive
from tests.desks import Desk

#: Messages of customers, kills that must hit an open transaction, and the longest it may take.
SMALL = (30, 8, 12)
FULL = (1500, 150, 300)


@pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="small"), pytest.param(FULL, id="full", marks=pytest.mark.long)]
)
def test_each_event_meets_each_rule_once_whatever_is_killed(
    desk: Desk, database_url: URL, size: tuple[int, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    count, enough, longest = size
    mail = act("sendEmail", "to: 'boss@shop.example', subject: 'News', body_text: 'In {{ticket.id}}'")
    note = act("addInternalNote", "body_text: 'Seen'")
    rules = [
        make_rule(desk, body, "ticket-message-created", when="eq(message.from_agent, false)", name=name)
        for name, body in (("mails", mail), ("notes", note))
    ]
    worked_on = [desk.a_ticket(f"{index}").id for index in range(6)]
    plan = Plan(
        url=database_url.render_as_string(hide_password=False), account_id=desk.account_id, user_id=desk.ana_id,
        ticket_ids=worked_on, due=count, last_due="", seed=20261130, enough=enough, seconds=longest,
    )  # fmt: skip
    outcome = drive(plan, "tests.automation.killing_rules")
    with capsys.disabled():
        print(f"\n  kills on {database_url.get_backend_name()}: {outcome}", end=" ")
    assert outcome["done"], outcome
    assert outcome["begun"] + outcome["changed"] >= enough, "too few kills hit an open transaction"

    runner.settle(desk.session, desk.account_id)  # what was written while it ended
    events = desk.events_after()
    said = [event.id for event in events if event.type == "ticket-message-created" and event.actor_kind == "customer"]
    assert len(said) >= count
    ran = Counter((event.cause_id, event.actor_id) for event in events if event.type == "rule-executed")
    assert ran == {(cause, rule): 1 for cause in said for rule in rules}
    noted = [event for event in events if event.type == "ticket-message-created" and event.actor_kind == "rule"]
    assert sorted(event.cause_id for event in noted) == said
    sent = desk.session.scalars(select(Delivery.ticket_id).where(Delivery.stable_id.startswith("rule."))).all()
    assert len(sent) == len(said)
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert all(event.data["failed_actions"] == [] for event in events if event.type == "rule-executed")
