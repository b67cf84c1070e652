"""The rules of the demo desk: read from rules.toml, made, reworded, put in order, switched off and on, and let go."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any

from sqlalchemy import select

from helpdesk import rules, settings
from helpdesk.models import Rule
from helpdesk.rules import TRIGGERS, Shape, shape_of
from seeds.cast import Agent
from seeds.player import Player
from seeds.sheets import Sheet, read_sheet
from seeds.staff import Staff
from seeds.words import CONTENT

#: The rule that rests over the spring sale.
RESTS = "Broken, with a picture please"
#: So many of the newest proposals are left to be looked at.
KEPT = 3


@dataclass(frozen=True, slots=True)
class Example:
    """Something that sets a rule off, for a test."""

    how: str  #: mail, chat, wake, survey, assign or clock
    subject: str
    text: str
    email: str
    language: str
    priority: str


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """A rule, its later wordings, an example, and what it then writes."""

    shape: Shape
    at: float
    wordings: tuple[str, ...]
    example: Example
    writes: tuple[str, ...]

    @property
    def last(self) -> Shape:
        """The rule as it is in the end."""
        return replace(self.shape, code=self.wordings[-1]) if self.wordings else self.shape


@cache
def load_rules() -> tuple[tuple[RuleSheet, ...], Shape]:
    """The rules in the order in which they run, and the one that was only tried."""
    sheet = read_sheet(CONTENT, "rules.toml")
    found = tuple(_rule(each) for each in sheet.sheets("rules", "rule"))
    trial = sheet.sheet("trial")
    tried = Shape(name=trial.text("name"), code=trial.text("code"), event_types=("ticket-created",))
    trial.finish()
    sheet.finish()
    return found, tried


def chores(lead: Agent, admin: Agent) -> Iterator[tuple[float, Agent, Any]]:
    """When who does what about rules."""
    found, _tried = load_rules()
    yield 0.05, admin, _listen
    for place, sheet in enumerate(found):
        yield sheet.at, lead, partial(_make, sheet, 10 * (len(found) - place))
        for number, _code in enumerate(sheet.wordings):
            yield sheet.at + 0.15 + 0.2 * number, lead, partial(_reword, sheet, number)
    yield 0.14, lead, _try_out
    yield 0.16, lead, _let_go
    yield 0.45, lead, _arrange
    yield 0.54, lead, partial(_switch, False)
    yield 0.65, lead, partial(_switch, True)
    yield 0.73, lead, _take_up
    for share in (0.5, 0.74, 0.97):
        yield share, lead, _clear_up


def _listen(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with player.acting(at, "web"):
        settings.change(staff.account, "rule-suggestions", {"enabled": True}, by=staff.by(who))


def _make(sheet: RuleSheet, priority: int, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with player.acting(at, "web"):
        rules.create(staff.account, sheet.shape, priority=priority, by=staff.by(who))


def _reword(sheet: RuleSheet, number: int, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    if (rule := _named(player, sheet.shape.name)) is not None:
        with player.acting(at, "web"):
            rules.update(rule, replace(shape_of(rule), code=sheet.wordings[number]), by=staff.by(who))


def _try_out(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with player.acting(at, "web"):
        rules.create(staff.account, load_rules()[1], by=staff.by(who))


def _let_go(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    if (rule := _named(player, load_rules()[1].name)) is not None:
        with player.acting(at, "web"):
            rules.delete(rule, by=staff.by(who))


def _arrange(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """The second comes first."""
    order = [rule for sheet in load_rules()[0] if (rule := _named(player, sheet.shape.name)) is not None]
    with player.acting(at, "web"):
        rules.set_priorities(staff.account, {order[1].id: order[0].priority + 10}, by=staff.by(who))


def _switch(on: bool, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    if (rule := _named(player, RESTS)) is not None:
        with player.acting(at, "web"):
            (rules.reactivate if on else rules.deactivate)(rule, by=staff.by(who))


def _take_up(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """One of the desk's own proposals is a good one."""
    drafts = select(Rule).where(Rule.account_id == player.account_id, Rule.is_draft).order_by(Rule.id)
    if (draft := player.session.scalars(drafts).first()) is not None:
        with player.acting(at, "web"):
            rules.take_up(draft, by=staff.by(who))


def _clear_up(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Of the desk's own proposals most are let go: there is room for more."""
    drafts = select(Rule).where(Rule.account_id == player.account_id, Rule.is_draft).order_by(Rule.id.desc())
    for draft in player.session.scalars(drafts.offset(KEPT)).all():
        with player.acting(at, "web"):
            rules.delete(draft, by=staff.by(who))


def _named(player: Player, name: str) -> Rule | None:
    return player.session.scalar(select(Rule).where(Rule.account_id == player.account_id, Rule.name == name))


def _rule(sheet: Sheet) -> RuleSheet:
    example = sheet.sheet("try")
    rule = RuleSheet(
        shape=Shape(
            name=sheet.text("name"),
            description=sheet.text("about"),
            event_types=sheet.texts("on", among=TRIGGERS) if sheet.has("on") else (),
            schedule=sheet.maybe("schedule"),
            code=sheet.text("code"),
        ),
        at=float(sheet.take("at", Decimal)),
        wordings=tuple(code for key in ("later", "better") if (code := sheet.maybe(key)) is not None),
        example=Example(
            how=example.choice("how", ("mail", "chat", "wake", "survey", "assign", "clock")),
            subject=example.text("subject"),
            text=example.text("text"),
            email=example.text("email", "carol@mail.example"),
            language=example.text("language", "en"),
            priority=example.text("priority", "normal"),
        ),
        writes=sheet.texts("writes"),
    )
    example.finish()
    sheet.finish()
    return rule
