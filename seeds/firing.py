"""Fires an event: plays its scene in a sandbox through the ordinary verbs, and answers what the log then says."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func
from sqlalchemy.orm import Session

from audit import watching
from audit.action import enter
from audit.clock import desk_now
from audit.hues import hue_of
from audit.log import event_table
from audit.rows import name_of, teller_for
from audit.sessions import scoped
from audit.types import registry
from helpdesk.refusals import Refused
from seeds.sandbox import sandbox
from seeds.scenarios import Quiet, Scenario, quiet_of, scenes_of
from seeds.stage import Stage

_event = event_table.c

Scene = Scenario | Quiet


@dataclass(frozen=True)
class Shown:
    """One line of the sandbox's log, in words."""

    type: str
    label: str
    hue: str
    at: str
    member: str | None  #: None is "No user"
    acted: str
    object: str
    change: str


@dataclass(frozen=True)
class Fired:
    """What came of it."""

    scene: Scene
    account_id: int
    before: list[Shown]  #: what the log said when all stood ready: the scenery, not the scene
    lines: list[Shown]  #: what the scene wrote
    refusal: str | None  #: the sentence with which the desk said no
    written: tuple[tuple[str, str], ...]  #: type and actor, as scenes are told

    @property
    def expected(self) -> tuple[tuple[str, str], ...]:
        """What the catalogue says."""
        return self.scene.writes if isinstance(self.scene, Scenario) else ()

    @property
    def is_as_told(self) -> bool:
        """Whether exactly that happened which the catalogue says, and the desk refused what it should refuse."""
        wanted = self.scene.refusal if isinstance(self.scene, Quiet) else None
        refused = (self.refusal is None) if wanted is None else wanted in (self.refusal or "")
        return refused and self.written == self.expected


def fire(session: Session, scene: Scene) -> Fired:
    """Play a scene in a sandbox of its own; the session must be in no transaction that matters."""
    with sandbox(session) as stage:
        opened = newest(stage)
        number = scene.prepare(stage)
        ready = newest(stage)
        refusal = None
        try:
            scene.cause(stage, number)
        except Refused as problem:
            refusal = str(problem)
        before = _told(stage, _events(stage, opened, ready))
        found = _events(stage, ready)
        lines = _told(stage, found)
        written = tuple((row.type, row.actor_kind) for row in found)
        fired = Fired(scene, stage.account_id, before, lines, refusal, written)
    if fired.is_as_told:
        watching.tried("trigger" if isinstance(scene, Scenario) else "refusal", scene.type)
    return fired


def scenes(type_: str) -> list[Scene]:
    """All scenes of a type: first those that write it, then those after which nothing is written."""
    return [*scenes_of(type_), *quiet_of(type_)]


def newest(stage: Stage) -> int:
    """The number of the newest event on this stage."""
    enter(stage.session, stage.account_id)
    stage.session.rollback()
    newest = scoped(stage.session, func.max(_event.id), table=event_table)
    return stage.session.scalar(newest) or 0


def _events(stage: Stage, after: int, upto: int | None = None) -> list[Row[Any]]:
    # A scene may have moved on to another account: numbers grow over all of them.
    stage.session.rollback()
    enter(stage.session, stage.account_id)
    wanted = scoped(stage.session, table=event_table).where(_event.id > after)
    if upto is not None:
        wanted = wanted.where(_event.id <= upto)
    return list(stage.session.execute(wanted.order_by(_event.id)))


def _told(stage: Stage, found: list[Row[Any]]) -> list[Shown]:
    teller = teller_for(stage.session, desk_now(stage.session, stage.account_id), found)
    return [
        Shown(
            type=row.type,
            label=registry[row.type].label,
            hue=hue_of(row.type),
            at=row.created_datetime.strftime("%a %H:%M"),
            member=row.actor_name if row.user_id is not None else None,
            acted=teller.acted(row),
            object=name_of(row.object_type, row.object_id, row.object_label),
            change=teller.line(row),
        )
        for row in found
    ]
