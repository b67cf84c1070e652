"""Scenes of a classroom: a trainee's account is put away, and gives back the address for the next one."""

from audit.actors import Actor
from helpdesk import classrooms
from helpdesk.accounts import Place
from seeds.scenes.beginnings import SYSTEM
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage, open_stage

TRAINER = Actor.system("trainer Olive Owner")


def _trainee(stage: Stage) -> int:
    place = Place(stage.owner_id, classrooms.new_name(stage.session), 1)
    theirs = open_stage(
        stage.session, f"{stage.account.domain}-trainee", stage.now(),
        owner_name="Trainee 1", owner_email=classrooms.address_of(place), place=place,
    )  # fmt: skip
    stage.account_id = theirs.account_id  # the scene goes on there
    return 0


@scenario(
    "user-updated",
    "A trainer resets a trainee's account",
    ("user-updated", SYSTEM),
    ("account-updated", SYSTEM),
    prepare=_trainee,
)
def a_trainee_is_reset(stage: Stage, _number: int) -> None:
    with stage.acting():
        classrooms.vacate(stage.account, by=TRAINER)


def _reset_trainee(stage: Stage) -> int:
    number = _trainee(stage)
    a_trainee_is_reset(stage, number)
    return number


@quiet("user-updated", "It was reset already", prepare=_reset_trainee, refusal="This account was reset already")
def it_was_reset_already(stage: Stage, _number: int) -> None:
    a_trainee_is_reset(stage, 0)
