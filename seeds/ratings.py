"""What customers of the demo desk answer when they are asked how it was."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from typing import Final

from sqlalchemy import select

from helpdesk import surveys
from helpdesk.models import SatisfactionSurvey
from seeds.player import Player
from seeds.sheets import read_sheet
from seeds.staff import Staff
from seeds.words import CONTENT

#: How often the post is looked through, for how long a survey may still be answered, and how likely that is each time.
BETWEEN: Final = timedelta(hours=3)
REMEMBERED: Final = timedelta(days=2)
MOOD_TO_ANSWER: Final = 0.035
AWAKE: Final = range(7, 23)

#: How many of a hundred answers give so many stars.
STARS: Final[Mapping[int, int]] = {5: 48, 4: 26, 3: 13, 2: 6, 1: 7}
WORDLESS: Final = 0.45


def plan_answers(player: Player, staff: Staff, start: datetime, until: datetime, rng: Random) -> None:
    """Let customers look through their post, as long as the world lasts."""
    at = start + BETWEEN
    while at < until:
        if staff.rota.local(at).hour in AWAKE:
            player.plan(at, partial(_look_through, player, rng))
        at += BETWEEN


def _look_through(player: Player, rng: Random, at: datetime) -> None:
    survey = SatisfactionSurvey
    unanswered = select(survey.id).where(
        survey.account_id == player.account_id, survey.scored_datetime.is_(None), survey.sent_datetime > at - REMEMBERED
    )
    for number in player.session.scalars(unanswered.order_by(survey.id)).all():
        if rng.random() < MOOD_TO_ANSWER:
            player.plan(at + timedelta(minutes=rng.randint(1, 120)), partial(_answer, player, rng, number))


def _answer(player: Player, rng: Random, number: int, at: datetime) -> None:
    with player.acting(at, "web"):
        survey = player.session.get_one(SatisfactionSurvey, number)
        if survey.scored_datetime is not None:  # they had it in mind twice
            return
        score = rng.choices(list(STARS), list(STARS.values()))[0]
        words = "" if rng.random() < WORDLESS else rng.choice(_words()[str(score)])
        surveys.respond(survey, score, words, by=surveys.asked(survey))


@cache
def _words() -> dict[str, tuple[str, ...]]:
    sheet = read_sheet(CONTENT, "ratings.toml")
    words = {str(score): sheet.texts(str(score)) for score in STARS}
    sheet.finish()
    return words
