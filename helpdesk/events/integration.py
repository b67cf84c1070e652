"""What happens to a connection to another system, and what a shop reports through it."""

from typing import Final

from audit.types import ALL, EventType, Nature, registry

INTEGRATION_CREATED = registry.declare(
    EventType(
        name="integration-created",
        label="Integration created",
        object="Integration",
        meaning="The desk was connected to another system: a shop, a chat, or any address on the web.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Integrations, press New integration, choose a type and press Connect.",
        by_api='POST /api/integrations {"name": "Warehouse", "type": "http", "http": {"url":'
        ' "https://warehouse.example/hook", "method": "POST", "triggers": {"ticket-created": true}}}',
        by_machine="The command helpdesk seed.",
        claims={"Integration": ALL},
        look_alikes={
            "widget-created": "A card beside the ticket that shows data; the integration is where the data comes from.",
        },
    )
)

INTEGRATION_UPDATED = registry.declare(
    EventType(
        name="integration-updated",
        label="Integration updated",
        object="Integration",
        meaning="A connection's name, address or settings changed. Keys and headers show only that they changed.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Integrations, open one, change it and save it.",
        by_api='PUT /api/integrations/{id} {"name": "Warehouse {word}"}',
        by_machine="The desk itself, together with integration-deactivated, after 500 calls in a row that failed.",
        is_general=True,
        claims={"Integration": ALL},
        look_alikes={
            "integration-deactivated": "Follows when the change switched it off.",
            "integration-reactivated": "Follows when the change switched it on again.",
        },
    )
)

INTEGRATION_DELETED = registry.declare(
    EventType(
        name="integration-deleted",
        label="Integration deleted",
        object="Integration",
        meaning="The connection to the other system was removed from the desk.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Integrations, open one and press Delete.",
        by_api="DELETE /api/integrations/{id}",
        claims={"Integration": ALL},
        look_alikes={
            "integration-deactivated": "Only switched off, and can be switched on again.",
        },
    )
)

INTEGRATION_DEACTIVATED = registry.declare(
    EventType(
        name="integration-deactivated",
        label="Integration deactivated",
        object="Integration",
        meaning="The connection was switched off: nothing comes in or goes out through it.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Integrations, open one and press Switch off.",
        by_api='PUT /api/integrations/{id} {"name": "Orders", "deactivated_datetime": "{now}"}',
        by_machine="The desk itself, after 500 calls in a row that failed.",
        nature=Nature.COMPANION,
        beside=frozenset({"integration-updated"}),
        companions=("integration-updated",),
        look_alikes={"integration-deleted": "Removed, and not only switched off."},
        in_drop_down=False,
    )
)

INTEGRATION_REACTIVATED = registry.declare(
    EventType(
        name="integration-reactivated",
        label="Integration reactivated",
        object="Integration",
        meaning="A connection that was switched off works again.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Integrations, open one that is off and press Switch on.",
        by_api='PUT /api/integrations/{id} {"name": "Orders", "deactivated_datetime": null}',
        nature=Nature.COMPANION,
        beside=frozenset({"integration-updated"}),
        companions=("integration-updated",),
        look_alikes={"integration-created": "A new connection; this one was there before."},
        in_drop_down=False,
    )
)

ORDER_CANCELLED = registry.declare(
    EventType(
        name="order-cancelled",
        label="Order cancelled",
        object="Integration",
        meaning="The shop reports that an order was cancelled. The row holds the order's number and amount, and the"
        " account's admins are told.",
        actors=frozenset({"integration"}),
        by_hand="Beside a ticket, press Cancel on one of the customer's orders; or be the customer: press Open the"
        " shop on the shop's integration, buy something and press Cancel the order.",
        by_machine="A shop integration that reports it.",
        nature=Nature.FACT,
        look_alikes={
            "order-refunded": "Money went back; a cancelled order may be paid back, too, or not.",
        },
    )
)

ORDER_REFUNDED = registry.declare(
    EventType(
        name="order-refunded",
        label="Order refunded",
        object="Integration",
        meaning="The shop reports that the money for an order was paid back. The row holds the order's number and"
        " amount, and the account's admins are told.",
        actors=frozenset({"integration"}),
        by_hand="Beside a ticket, press Refund on one of the customer's orders; or be the customer: press Open the"
        " shop on the shop's integration, buy something and press Ask for the money back.",
        by_machine="A shop integration that reports it.",
        nature=Nature.FACT,
        look_alikes={
            "order-cancelled": "The order was called off; whether money went back is another matter.",
        },
    )
)

#: In the drop-down beside the sixty, because they were announced for the audit page.
ANNOUNCED: Final = frozenset({ORDER_CANCELLED.name, ORDER_REFUNDED.name})
