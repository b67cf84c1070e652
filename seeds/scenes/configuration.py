"""Scenes of tags."""

from helpdesk import tags
from helpdesk.models import Tag
from seeds.scenes.beginnings import USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage


@scenario("tag-created", "A tag is made", ("tag-created", USER))
def a_tag_is_made(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.create(stage.account, "refund", color="#c2410c", by=stage.by_admin)


def _a_tag(stage: Stage) -> int:
    with stage.acting():
        return tags.create(stage.account, "refund", by=stage.by_admin).id


@quiet("tag-created", "A tag of that name exists", prepare=_a_tag, refusal="There is a tag 'refund' already.")
def a_tag_of_that_name_exists(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.create(stage.account, " refund ", by=stage.by_admin)


@scenario("tag-updated", "A tag gets a colour", ("tag-updated", USER), prepare=_a_tag)
def a_tag_gets_a_colour(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.describe(stage.session.get_one(Tag, number), color="#0f766e", description="Money back", by=stage.by_admin)


@scenario("tag-renamed", "A tag is renamed", ("tag-updated", USER), ("tag-renamed", USER), prepare=_a_tag)
def a_tag_is_renamed(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.rename(stage.session.get_one(Tag, number), "refund request", by=stage.by_admin)


@scenario(
    "tag-renamed",
    "A tag gets another name and colour in one save",
    ("tag-updated", USER),
    ("tag-renamed", USER),
    prepare=_a_tag,
)
def a_tag_is_edited(stage: Stage, number: int) -> None:
    with stage.acting():
        tag = stage.session.get_one(Tag, number)
        tags.update(tag, name="money back", color="#0F766E", description="They want it back", by=stage.by_admin)


@quiet("tag-updated", "A colour that is none", prepare=_a_tag, refusal="'url(x)' is no colour.")
def a_colour_that_is_none(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.describe(stage.session.get_one(Tag, number), color="url(x)", description=None, by=stage.by_admin)


@quiet("tag-renamed", "The name it has", prepare=_a_tag)
def the_name_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.rename(stage.session.get_one(Tag, number), "refund", by=stage.by_admin)
