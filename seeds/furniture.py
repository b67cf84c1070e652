"""What stands around the demo's tickets: cards beside them, views of them, and other systems that are told of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from helpdesk import integrations, views, widgets
from helpdesk.models import Integration, View, Widget
from helpdesk.views import Shape, shape_of
from seeds.book import HookSheet, ViewSheet, WidgetSheet, load_book
from seeds.cast import Agent
from seeds.player import Player
from seeds.staff import Staff

#: How long somebody looks at one before the next.
A_LOOK: Final = timedelta(seconds=45)


def connect_shop(player: Player, staff: Staff, at: datetime) -> None:
    """The shop is connected, which reports its orders."""
    with player.acting(at, "web"):
        by = staff.by(staff.role("admin"))
        staff.shop = integrations.create(staff.account, integrations.SHOP, load_book().shop, by=by)


def connect_chat(player: Player, staff: Staff, at: datetime) -> None:
    """The chat on its pages is, too."""
    with player.acting(at, "web"):
        by = staff.by(staff.role("admin"))
        staff.chat = integrations.create(staff.account, integrations.CHAT, load_book().chat, by=by)


def put_up_card(sheet: WidgetSheet, player: Player, staff: Staff, at: datetime) -> None:
    """The admin makes a card."""
    type_, source = (widgets.ORDERS, staff.shop) if sheet.orders else (widgets.CUSTOMER, None)
    template = {"title": sheet.title, "widgets": list(sheet.lines)}
    with player.acting(at, "web"):
        by = staff.by(staff.role("admin"))
        widgets.create(staff.account, type_, template, integration=source, by=by)


def arrange_cards(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Who writes comes first, then the orders."""
    order = [sheet.title for sheet in load_book().widgets]
    with player.acting(at, "web"):
        found = sorted(_cards(player), key=lambda card: order.index(card.audit_label()))
        widgets.arrange(staff.account, [card.id for card in found], by=staff.by(who))


def take_down_cards(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """What everybody sees anyway needs no card."""
    gone = {sheet.title for sheet in load_book().widgets if sheet.gone}
    with player.acting(at, "web"):
        for card in _cards(player):
            if card.audit_label() in gone:
                widgets.delete(card, by=staff.by(who))


def make_views(private: bool, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """A lead makes the views that all use, or those for nobody else."""
    sheets = [sheet for sheet in load_book().views if sheet.private is private]
    for number, sheet in enumerate(sheets):
        player.plan(at + number * A_LOOK, partial(_make_view, player, staff, who, sheet))


def change_views(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """A filter asks for more."""
    for sheet in load_book().views:
        if sheet.later is not None and (view := _view(player, sheet)) is not None:
            with player.acting(at, "web"):
                views.update(view, replace(shape_of(view), filters=sheet.later), by=staff.by(who))


def move_views(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """The third comes first."""
    public = [view for sheet in load_book().views if not sheet.private and (view := _view(player, sheet))]
    alike = [view for view in public if view.visibility == "public"]
    if len(alike) > 2:
        with player.acting(at, "web"):
            views.move(alike[2], alike[0], by=staff.by(who))


def drop_view(sheet: ViewSheet, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """What it asked for is over."""
    view = _view(player, sheet)
    if view is not None:
        with player.acting(at, "web"):
            views.delete(view, by=staff.by(who))


def connect(sheet: HookSheet, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Another system is to be told."""
    with player.acting(at, "web"):
        integrations.create(
            staff.account, integrations.HTTP, sheet.name, description=sheet.about, http=_http(sheet.url, sheet),
            by=staff.by(who),
        )  # fmt: skip


def readdress(sheet: HookSheet, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Its address changes."""
    if (hook := _hook(player, sheet)) is not None:
        with player.acting(at, "web"):
            integrations.update(hook, {"http": _http(sheet.later, sheet)}, by=staff.by(who))


def switch(on: bool, sheet: HookSheet, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """It is to be told no more, or again."""
    if (hook := _hook(player, sheet)) is not None:
        with player.acting(at, "web"):
            (integrations.reactivate if on else integrations.deactivate)(hook, by=staff.by(who))


def disconnect(sheet: HookSheet, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """Nobody misses it."""
    if (hook := _hook(player, sheet)) is not None:
        with player.acting(at, "web"):
            integrations.delete(hook, by=staff.by(who))


def _make_view(player: Player, staff: Staff, who: Agent, sheet: ViewSheet, at: datetime) -> None:
    with player.acting(at, "web"):
        views.create(staff.account, _shape(sheet, staff), by=staff.by(who))


def _cards(player: Player) -> list[Widget]:
    return list(
        player.session.scalars(select(Widget).where(Widget.account_id == player.account_id).order_by(Widget.id))
    )


def _view(player: Player, sheet: ViewSheet) -> View | None:
    named = View.account_id == player.account_id, View.name == sheet.name
    return player.session.scalar(select(View).where(*named))


def _hook(player: Player, sheet: HookSheet) -> Integration | None:
    named = Integration.account_id == player.account_id, Integration.name == sheet.name
    return player.session.scalar(select(Integration).where(*named))


def _shape(sheet: ViewSheet, staff: Staff) -> Shape:
    return Shape(
        name=sheet.name,
        emoji=sheet.emoji,
        filters=sheet.filters,
        visibility="private" if sheet.private else "shared" if sheet.team else "public",
        teams=(staff.teams[sheet.team].id,) if sheet.team else (),
        order_by=sheet.order,
    )


def _http(url: str, sheet: HookSheet) -> dict[str, Any]:
    return {"url": url, "method": "POST", "form": {"number": "{{ticket.id}}"}, "triggers": {sheet.trigger: True}}
