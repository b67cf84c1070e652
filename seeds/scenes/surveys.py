"""Scenes of satisfaction surveys: prepared when a ticket is closed, sent a while later, answered; or not sent."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from automation import timers
from helpdesk import customers, messages, settings, surveys, tickets
from helpdesk.drafts import Draft
from helpdesk.models import SatisfactionSurvey, Ticket
from seeds.scenes.beginnings import CUSTOMER, SCHEDULE, SYSTEM, USER, open_ticket, spam_ticket
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

DAY = timedelta(days=1)
UPDATED = ("ticket-updated", USER)


def ask_customers(stage: Stage) -> None:
    """Surveys are switched on."""
    with stage.acting():
        setting = {"enabled": True, "delay_hours": 24}
        settings.change(stage.account, "satisfaction-surveys", setting, by=stage.by_admin)


def _where_surveys_are_sent(prepare: Callable[[Stage], int]) -> Callable[[Stage], int]:
    def on_that_desk(stage: Stage) -> int:
        ask_customers(stage)
        return prepare(stage)

    return on_that_desk


def _waiting(stage: Stage) -> int:
    ask_customers(stage)
    number = open_ticket(stage)
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)
    return number


def _waiting_and(act: Callable[[Stage, Ticket], object]) -> Callable[[Stage], int]:
    """A survey waits; then something happens to its ticket."""

    def prepare(stage: Stage) -> int:
        number = _waiting(stage)
        with stage.acting():
            act(stage, stage.ticket(number))
        return number

    return prepare


def _sent(stage: Stage) -> int:
    number = _waiting(stage)
    stage.move_clock(DAY)
    timers.play_due(stage.session, stage.account_id)
    return number


def _answered(stage: Stage) -> int:
    number = _sent(stage)
    _answer(stage, number, 4, "Quick and friendly.")
    return number


def _survey(stage: Stage, number: int) -> SatisfactionSurvey:
    wanted = select(SatisfactionSurvey).where(SatisfactionSurvey.ticket_id == number).with_for_update()
    return stage.session.scalars(wanted).one()


def _answer(stage: Stage, number: int, score: int, comment: str = "") -> None:
    with stage.acting():
        survey = _survey(stage, number)
        surveys.respond(survey, score, comment, by=surveys.asked(survey))


def _a_day_goes_by(stage: Stage) -> None:
    stage.move_clock(DAY)
    timers.play_due(stage.session, stage.account_id)


# ── Prepared, or not ─────────────────────────────────────────────────────────────────────────────────────────────────


@scenario(
    "satisfaction-survey-created",
    "A ticket is closed where surveys are sent",
    UPDATED,
    ("ticket-closed", USER),
    ("satisfaction-survey-created", SYSTEM),
    prepare=_where_surveys_are_sent(open_ticket),
)
def closed_where_surveys_are_sent(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)


@scenario(
    "ticket-satisfaction-survey-skipped",
    "Spam is closed, and nobody is asked how it was",
    UPDATED,
    ("ticket-closed", USER),
    ("ticket-satisfaction-survey-skipped", SYSTEM),
    ("ticket-subject-updated", USER),
    prepare=_where_surveys_are_sent(spam_ticket),
    data={"reasons": ["spam"]},
)
def spam_is_closed(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)
        tickets.set_subject(stage.ticket(number), "Not an order", by=stage.by_ana)


@scenario(
    "ticket-satisfaction-survey-skipped",
    "Closed again while its survey waits",
    UPDATED,
    ("ticket-closed", USER),
    ("ticket-satisfaction-survey-skipped", SYSTEM),
    prepare=_waiting_and(lambda stage, ticket: tickets.reopen(ticket, by=stage.by_ana)),
    data={"reasons": ["survey-waiting"]},
)
@scenario(
    "ticket-satisfaction-survey-skipped",
    "Closed again after the customer has answered",
    UPDATED,
    ("ticket-closed", USER),
    ("ticket-satisfaction-survey-skipped", SYSTEM),
    prepare=lambda stage: _reopened(stage, _answered(stage)),
    data={"reasons": ["already-surveyed"]},
)
def closed_again(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)


def _reopened(stage: Stage, number: int) -> int:
    with stage.acting():
        tickets.reopen(stage.ticket(number), by=stage.by_ana)
    return number


# ── Sent, or withdrawn ───────────────────────────────────────────────────────────────────────────────────────────────


@scenario(
    "satisfaction-survey-sent",
    "A day after the close the customer is asked",
    ("satisfaction-survey-sent", SCHEDULE),
    prepare=_waiting,
)
def the_survey_is_due(stage: Stage, _number: int) -> None:
    _a_day_goes_by(stage)


def _the_customer_writes_again(stage: Stage, ticket: Ticket) -> None:
    words = Draft(sender=stage.carol, body_text="It still has not arrived.")
    messages.receive(ticket, words, by=stage.by_carol)


def _surveys_are_switched_off(stage: Stage, _ticket: Ticket) -> None:
    setting = {"enabled": False, "delay_hours": 24}
    settings.change(stage.account, "satisfaction-surveys", setting, by=stage.by_admin)


def _forget_the_address(stage: Stage) -> None:
    customers.update(stage.carol, {"email": None}, by=stage.by_ana)


#: What becomes of a ticket while its survey waits: the reason that its withdrawal gives, and how it came.
_MEANWHILE: tuple[tuple[str, str, Callable[[Stage, Ticket], object]], ...] = (
    ("reopened", "the customer has written again", _the_customer_writes_again),
    ("snoozed", "the ticket sleeps", lambda s, ticket: tickets.snooze(ticket, s.now() + 3 * DAY, by=s.by_ana)),
    ("trashed", "the ticket lies in the trash", lambda s, ticket: tickets.trash(ticket, by=s.by_ana)),
    ("spam", "the ticket is spam after all", lambda s, ticket: tickets.mark_spam(ticket, by=s.by_ana)),
    ("no-customer-email", "the customer has no address", lambda s, _: _forget_the_address(s)),
    ("switched-off", "surveys are switched off", _surveys_are_switched_off),
)


def _the_survey_is_withdrawn(stage: Stage, _number: int) -> None:
    _a_day_goes_by(stage)


for _reason, _meanwhile, _act in _MEANWHILE:
    scenario(
        "ticket-satisfaction-survey-skipped",
        f"A survey is due, and {_meanwhile}",
        ("ticket-updated", SCHEDULE),
        ("ticket-satisfaction-survey-skipped", SCHEDULE),
        prepare=_waiting_and(_act),
        data={"reasons": [_reason]},
    )(_the_survey_is_withdrawn)


@scenario(
    "satisfaction-survey-created",
    "A survey was withdrawn; the next close prepares another",
    UPDATED,
    ("ticket-closed", USER),
    ("satisfaction-survey-created", SYSTEM),
    prepare=lambda stage: _after_a_withdrawal(stage),
)
def closed_after_a_withdrawal(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)


def _after_a_withdrawal(stage: Stage) -> int:
    number = _waiting_and(_the_customer_writes_again)(stage)
    _a_day_goes_by(stage)
    return number


@quiet("satisfaction-survey-sent", "Before its time", prepare=_waiting)
def before_its_time(stage: Stage, _number: int) -> None:
    stage.move_clock(DAY - timedelta(seconds=1))
    timers.play_due(stage.session, stage.account_id)


@quiet("satisfaction-survey-sent", "A second time", prepare=_sent)
def a_second_time(stage: Stage, _number: int) -> None:
    _a_day_goes_by(stage)


# ── Answered ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@scenario(
    "satisfaction-survey-responded",
    "Carol gives five stars and a word",
    ("satisfaction-survey-responded", CUSTOMER),
    prepare=_sent,
)
def carol_answers(stage: Stage, number: int) -> None:
    _answer(stage, number, 5, "Thank you, that was quick!")


@quiet(
    "satisfaction-survey-responded",
    "A second answer",
    prepare=_answered,
    refusal="This survey has been answered already",
)
def a_second_answer(stage: Stage, number: int) -> None:
    _answer(stage, number, 1)


@quiet("satisfaction-survey-responded", "Six stars", prepare=_sent, refusal="Choose one to five stars.")
def six_stars(stage: Stage, number: int) -> None:
    _answer(stage, number, 6)


@quiet(
    "satisfaction-survey-responded", "A whole letter", prepare=_sent, refusal="A comment has at most 1,000 characters"
)
def a_whole_letter(stage: Stage, number: int) -> None:
    _answer(stage, number, 3, "x" * 1001)


@quiet(
    "satisfaction-survey-responded",
    "A month too late",
    prepare=_sent,
    refusal="The time to answer this survey is over.",
)
def a_month_too_late(stage: Stage, number: int) -> None:
    stage.move_clock(surveys.LINK_LASTS + timedelta(seconds=1))
    _answer(stage, number, 3)


@quiet(
    "satisfaction-survey-responded",
    "An answer to what was never sent",
    prepare=_waiting,
    refusal="The time to answer this survey is over.",
)
def never_sent(stage: Stage, number: int) -> None:
    _answer(stage, number, 3)
