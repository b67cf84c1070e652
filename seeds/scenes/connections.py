"""Scenes of integrations, of the shop behind one of them, and of the cards beside a ticket."""

from typing import Any, Final

from audit.actors import ActorKind
from automation.calls import BY_THE_DESK
from helpdesk import integrations, shop, widgets
from helpdesk.models import Integration, ShopOrder, Widget
from seeds.scenes.beginnings import SYSTEM, USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

INTEGRATION: Final[ActorKind] = "integration"

_HOOK: Final[dict[str, Any]] = {
    "url": "https://warehouse.example/hooks/{{ticket.id}}",
    "form": {"subject": "{{ticket.subject}}"},
    "triggers": {"ticket-created": True},
}
_ABOUT: Final[dict[str, Any]] = {
    "title": "About the customer",
    "widgets": [{"title": "Address", "path": "customer.email"}],
}


def _held(stage: Stage, number: int) -> Integration:
    return stage.session.get_one(Integration, number, with_for_update=True)


# ---- Integrations


@scenario("integration-created", "The warehouse is told of new tickets", ("integration-created", USER))
def the_warehouse_is_told(stage: Stage, _number: int) -> None:
    with stage.acting():
        secret = "a long random text"
        integrations.create(stage.account, "http", "Warehouse", http=_HOOK, hmac_secret=secret, by=stage.by_admin)


@scenario("integration-created", "A shop is connected", ("integration-created", USER))
def a_shop_is_connected(stage: Stage, _number: int) -> None:
    with stage.acting():
        integrations.create(stage.account, "shop", "Webshop", by=stage.by_admin)


@quiet("integration-created", "An address within the house", refusal="A variable can't stand in the scheme or the host")
def an_address_that_anybody_could_bend(stage: Stage, _number: int) -> None:
    with stage.acting():
        http = {"url": "https://{{ticket.subject}}/"}
        integrations.create(stage.account, "http", "Warehouse", http=http, by=stage.by_admin)


def _a_hook(stage: Stage) -> int:
    with stage.acting():
        return integrations.create(stage.account, "http", "Warehouse", http=_HOOK, by=stage.by_admin).id


def _a_hook_that_is_off(stage: Stage) -> int:
    number = _a_hook(stage)
    with stage.acting():
        integrations.deactivate(_held(stage, number), by=stage.by_admin)
    return number


@scenario(
    "integration-updated", "Name, address and key change in one go", ("integration-updated", USER), prepare=_a_hook
)
def one_save_is_one_event(stage: Stage, number: int) -> None:
    with stage.acting():
        changes = {"name": "New warehouse", "http": {**_HOOK, "method": "PUT"}, "headers": {"X-Key": "sesame"}}
        integrations.update(_held(stage, number), changes, by=stage.by_admin)


@quiet("integration-updated", "Saved as it was", prepare=_a_hook)
def saved_as_it_was(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.update(_held(stage, number), {"name": "Warehouse", "http": _HOOK}, by=stage.by_admin)


@scenario(
    "integration-deactivated",
    "It is switched off",
    ("integration-updated", USER),
    ("integration-deactivated", USER),
    prepare=_a_hook,
)
def it_is_switched_off(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.deactivate(_held(stage, number), by=stage.by_admin)


@scenario(
    "integration-deactivated",
    "Nobody answers, twenty times in a row",
    ("integration-updated", SYSTEM),
    ("integration-deactivated", SYSTEM),
    prepare=_a_hook,
)
def nobody_answers(stage: Stage, number: int) -> None:
    with stage.acting("automation"):
        integrations.deactivate(_held(stage, number), by=BY_THE_DESK)


@quiet("integration-deactivated", "It is off already", prepare=_a_hook_that_is_off)
def it_is_off_already(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.deactivate(_held(stage, number), by=stage.by_admin)


@scenario(
    "integration-reactivated",
    "It is switched on again",
    ("integration-updated", USER),
    ("integration-reactivated", USER),
    prepare=_a_hook_that_is_off,
)
def it_is_switched_on_again(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.reactivate(_held(stage, number), by=stage.by_admin)


@quiet("integration-reactivated", "It is on already", prepare=_a_hook)
def it_is_on_already(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.reactivate(_held(stage, number), by=stage.by_admin)


@scenario("integration-deleted", "The warehouse is told no more", ("integration-deleted", USER), prepare=_a_hook)
def the_warehouse_is_told_no_more(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.delete(_held(stage, number), by=stage.by_admin)


def _a_shop_beside_tickets(stage: Stage) -> int:
    number = _a_shop(stage)
    with stage.acting():
        shape = {"title": "Orders", "widgets": [{"title": "Number", "path": "order.number"}]}
        widgets.create(stage.account, "shop", shape, integration=_held(stage, number), by=stage.by_admin)
    return number


@quiet(
    "integration-deleted",
    "A widget shows its orders",
    prepare=_a_shop_beside_tickets,
    refusal="Webshop is used by the widget “Orders”. Change or delete that first.",
)
def a_widget_shows_its_orders(stage: Stage, number: int) -> None:
    with stage.acting():
        integrations.delete(_held(stage, number), by=stage.by_admin)


# ---- The shop's orders


def _a_shop(stage: Stage) -> int:
    with stage.acting():
        return integrations.create(stage.account, "shop", "Webshop", by=stage.by_admin).id


def _an_order(stage: Stage) -> int:
    shop_id = _a_shop(stage)
    with stage.acting("webhook"):
        return shop.place(_held(stage, shop_id), name=None, email="carol@mail.example", basket={"harbour-mug": 2}).id


def _cancelled_order(stage: Stage) -> int:
    number = _an_order(stage)
    the_customer_calls_it_off(stage, number)
    return number


def _refunded_order(stage: Stage) -> int:
    number = _an_order(stage)
    the_money_goes_back(stage, number)
    return number


def _order(stage: Stage, number: int) -> tuple[ShopOrder, Integration]:
    order = stage.session.get_one(ShopOrder, number, with_for_update=True)
    return order, _held(stage, order.integration_id)


_FACTS: Final = {"order_number": "1001", "amount": "48.00", "currency": "EUR"}


@scenario("customer-created", "Somebody buys for the first time", ("customer-created", INTEGRATION), prepare=_a_shop)
def somebody_buys_for_the_first_time(stage: Stage, number: int) -> None:
    with stage.acting("webhook"):
        shop.place(_held(stage, number), name="Dora Ek", email="dora@mail.example", basket={"harbour-mug": 1})


@quiet("customer-created", "Somebody who is known buys", prepare=_a_shop)
def somebody_who_is_known_buys(stage: Stage, number: int) -> None:
    with stage.acting("webhook"):
        shop.place(_held(stage, number), name=None, email="CAROL@mail.example", basket={"harbour-mug": 1})


@scenario(
    "order-cancelled",
    "The customer calls an order off",
    ("order-cancelled", INTEGRATION),
    prepare=_an_order,
    data=_FACTS,
)
def the_customer_calls_it_off(stage: Stage, number: int) -> None:
    with stage.acting("webhook"):
        shop.cancel(*_order(stage, number))


@quiet("order-cancelled", "It was called off already", prepare=_cancelled_order)
def it_was_called_off_already(stage: Stage, number: int) -> None:
    with stage.acting("webhook"):
        shop.cancel(*_order(stage, number))


@quiet("order-cancelled", "The money is back already", prepare=_refunded_order, refusal="was paid back already")
def the_money_is_back_already(stage: Stage, number: int) -> None:
    with stage.acting("webhook"):
        shop.cancel(*_order(stage, number))


@scenario(
    "order-refunded",
    "An agent pays an order back",
    ("order-refunded", INTEGRATION),
    prepare=_an_order,
    data=_FACTS,
)
def the_money_goes_back(stage: Stage, number: int) -> None:
    with stage.acting():
        shop.refund(*_order(stage, number))


@scenario(
    "order-refunded",
    "The money of a cancelled order goes back",
    ("order-refunded", INTEGRATION),
    prepare=_cancelled_order,
    data=_FACTS,
)
def the_money_of_a_cancelled_order_goes_back(stage: Stage, number: int) -> None:
    with stage.acting("webhook"):
        shop.refund(*_order(stage, number))


@quiet("order-refunded", "It was paid back already", prepare=_refunded_order)
def it_was_paid_back_already(stage: Stage, number: int) -> None:
    with stage.acting():
        shop.refund(*_order(stage, number))


# ---- Widgets


@scenario("widget-created", "A card shows the customer's address", ("widget-created", USER))
def a_card_shows_the_address(stage: Stage, _number: int) -> None:
    with stage.acting():
        widgets.create(stage.account, widgets.CUSTOMER, _ABOUT, by=stage.by_admin)


@quiet("widget-created", "A card without a line", refusal="at least one line")
def a_card_without_a_line(stage: Stage, _number: int) -> None:
    with stage.acting():
        widgets.create(stage.account, widgets.CUSTOMER, {"title": "Empty"}, by=stage.by_admin)


def _a_card(stage: Stage) -> int:
    with stage.acting():
        return widgets.create(stage.account, widgets.CUSTOMER, _ABOUT, by=stage.by_admin).id


def _two_cards(stage: Stage) -> int:
    _a_card(stage)
    return _a_card(stage)


@scenario("widget-updated", "A card gets another title", ("widget-updated", USER), prepare=_a_card)
def a_card_gets_another_title(stage: Stage, number: int) -> None:
    with stage.acting():
        card = stage.session.get_one(Widget, number, with_for_update=True)
        widgets.update(card, {**_ABOUT, "title": "Who writes"}, by=stage.by_admin)


@scenario(
    "widget-updated",
    "Two cards change places",
    ("widget-updated", USER),
    ("widget-updated", USER),
    prepare=_two_cards,
)
def two_cards_change_places(stage: Stage, number: int) -> None:
    with stage.acting():
        widgets.arrange(stage.account, [number, number - 1], by=stage.by_admin)


@quiet("widget-updated", "The order they have", prepare=_two_cards)
def the_order_they_have(stage: Stage, number: int) -> None:
    with stage.acting():
        widgets.arrange(stage.account, [number - 1, number], by=stage.by_admin)


@quiet("widget-updated", "A card that is gone is put in order", prepare=_a_card, refusal="added or removed a widget")
def a_card_that_is_gone(stage: Stage, number: int) -> None:
    with stage.acting():
        widgets.arrange(stage.account, [number, number + 1], by=stage.by_admin)


@scenario("widget-deleted", "A card is removed", ("widget-deleted", USER), prepare=_a_card)
def a_card_is_removed(stage: Stage, number: int) -> None:
    with stage.acting():
        widgets.delete(stage.session.get_one(Widget, number, with_for_update=True), by=stage.by_admin)
