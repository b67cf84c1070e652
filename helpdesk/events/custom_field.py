"""What happens to a custom field."""

from audit.types import ALL, EventType, registry

CUSTOM_FIELD_CREATED = registry.declare(
    EventType(
        name="custom-field-created",
        label="Custom field created",
        object="CustomField",
        meaning="The account has a new field of its own on tickets or on customers.",
        actors=frozenset({"user"}),
        by_hand="",
        by_api='POST /api/custom-fields {"object_type": "Ticket", "label": "Size {word}", "definition":'
        ' {"data_type": "text", "input_settings": {"input_type": "input"}}}',
        claims={"CustomField": ALL},
        look_alikes={
            "ticket-updated": "A field was filled in on one ticket; the field itself was there already.",
        },
        in_drop_down=False,
    )
)

CUSTOM_FIELD_UPDATED = registry.declare(
    EventType(
        name="custom-field-updated",
        label="Custom field updated",
        object="CustomField",
        meaning="A field of the account's own was renamed, changed, put away or brought back.",
        actors=frozenset({"user"}),
        by_hand="",
        by_api='PUT /api/custom-fields/{id} {"object_type": "Ticket", "label": "Size {word}", "definition":'
        ' {"data_type": "text", "input_settings": {"input_type": "input"}}}',
        is_general=True,
        claims={"CustomField": ALL},
        look_alikes={
            "ticket-updated": "What one ticket has in the field changed, not the field.",
            "customer-updated": "What one customer has in the field changed, not the field.",
        },
        in_drop_down=False,
    )
)
