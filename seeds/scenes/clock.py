"""Scenes of the desk's clock."""

from datetime import timedelta

from automation import clockwork
from seeds.scenes.beginnings import SYSTEM, USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage


@scenario("desk-clock-changed", "An hour is to pass in a minute", ("desk-clock-changed", USER))
def an_hour_a_minute(stage: Stage, _number: int) -> None:
    clockwork.set_rate(stage.session, stage.account_id, 60, by=stage.by_admin, source="web")


@scenario("desk-clock-changed", "The command line lets four hours pass", ("desk-clock-changed", SYSTEM))
def four_hours_pass(stage: Stage, _number: int) -> None:
    clockwork.advance(stage.session, stage.account_id, timedelta(hours=4))


@quiet("desk-clock-changed", "It stands still already")
def it_stands_still_already(stage: Stage, _number: int) -> None:
    clockwork.set_rate(stage.session, stage.account_id, 0, by=stage.by_admin, source="web")


@quiet("desk-clock-changed", "An hour back", refusal="A desk's clock only runs forward.")
def an_hour_back(stage: Stage, _number: int) -> None:
    clockwork.advance(stage.session, stage.account_id, timedelta(hours=-1), by=stage.by_admin, source="web")
