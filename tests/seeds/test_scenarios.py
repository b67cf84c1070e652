"""Every scene writes exactly what EVENTS.md says, in one context, and the log rebuilds the desk afterwards."""

import pytest

from audit import watching
from audit.types import registry
from helpdesk.refusals import Refused
from seeds.scenarios import Quiet, Scenario, all_quiet, all_scenarios, covered_types
from tests.desks import Desk

SCENES = list(all_scenarios())
QUIET = list(all_quiet())


@pytest.mark.parametrize("scene", SCENES, ids=[f"{scene.type}: {scene.title}" for scene in SCENES])
def test_a_scene_writes_its_exact_sequence(desk: Desk, scene: Scenario) -> None:
    number = scene.prepare(desk)
    with desk.watched() as trail:
        scene.cause(desk, number)
    assert trail.actors == list(scene.writes)
    assert len(trail.contexts) == 1
    assert scene.type in trail.types
    if scene.data is not None:
        assert trail[scene.type].data == scene.data
    for event in trail.events:
        assert event.actor_name, "even No user has a name"
        assert (event.user_id is not None) == (event.actor_kind == "user")
    watching.tried("scenario", scene.type)


@pytest.mark.parametrize("scene", QUIET, ids=[f"{scene.type}: {scene.title}" for scene in QUIET])
def test_what_changes_nothing_or_is_refused_writes_nothing(desk: Desk, scene: Quiet) -> None:
    number = scene.prepare(desk)
    with desk.watched() as trail:
        if scene.refusal is None:
            scene.cause(desk, number)
        else:
            with pytest.raises(Refused) as refused:
                scene.cause(desk, number)
            assert scene.refusal in str(refused.value)
    assert trail.types == []
    watching.tried("refusal", scene.type)


def test_the_set_of_types_and_the_set_of_scenes_are_equal() -> None:
    assert covered_types() == {type_.name for type_ in registry}


def test_every_type_is_refused_somewhere_or_says_why_it_never_is() -> None:
    refused = {scene.type for scene in QUIET}
    assert {type_.name for type_ in registry if type_.always} == {type_.name for type_ in registry} - refused
