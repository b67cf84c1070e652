"""Scenes of tags and macros."""

from sqlalchemy import select

from audit.actors import Actor
from helpdesk import macros, tags
from helpdesk.models import Macro, Tag
from seeds.scenes.beginnings import MACRO, USER
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


@quiet("tag-renamed", "The name it has", prepare=_a_tag)
def the_name_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.rename(stage.session.get_one(Tag, number), "refund", by=stage.by_admin)


_THANKS = [{"name": "setResponseText", "title": "Say thanks", "type": "user", "arguments": {"body_text": "Thank you!"}}]


@scenario("macro-created", "A macro is made", ("macro-created", USER))
def a_macro_is_made(stage: Stage, _number: int) -> None:
    with stage.acting():
        macros.create(stage.account, "Thanks", _THANKS, by=stage.by_admin)


def _a_macro(stage: Stage) -> int:
    with stage.acting():
        return macros.create(stage.account, "Thanks", _THANKS, by=stage.by_admin).id


@scenario("macro-updated", "A macro is reworded", ("macro-updated", USER), prepare=_a_macro)
def a_macro_is_reworded(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.reword(stage.session.get_one(Macro, number), "Many thanks", _THANKS, by=stage.by_admin)


def _a_macro_and_a_ticket(stage: Stage) -> int:
    _a_macro(stage)
    return stage.a_ticket().id


@scenario(
    "macro-applied",
    "Ana applies a macro that puts on a tag",
    ("macro-applied", MACRO),
    ("tag-created", MACRO),
    ("ticket-updated", MACRO),
    ("ticket-tags-added", MACRO),
    prepare=_a_macro_and_a_ticket,
)
def ana_applies_a_macro(stage: Stage, number: int) -> None:
    with stage.acting():
        macro = stage.session.scalars(select(Macro)).one()
        macros.tell_applied(macro, by=stage.by_ana)
        tags.put_on(stage.ticket(number), ["thanked"], by=Actor.macro(macro, stage.by_ana))


@quiet("macro-updated", "The words it has", prepare=_a_macro)
def the_words_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.reword(stage.session.get_one(Macro, number), "Thanks", _THANKS, by=stage.by_admin)
