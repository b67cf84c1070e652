"""What happens to an API key."""

from audit.types import ALL, EventType, registry

API_KEY_CREATED = registry.declare(
    EventType(
        name="api-key-created",
        label="API key created",
        object="ApiKey",
        meaning="A program got a key with which it acts as a team member. The key itself is never in the log.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → API keys and press New key; or allow an application to act as you.",
        by_machine="The command helpdesk api-key.",
        claims={"ApiKey": ALL},
        look_alikes={
            "user-created": "A person joined; a key only lets a program act as somebody who is there.",
        },
        in_drop_down=False,
        choice="Our choice: this type is ours; an application that somebody allowed to act for them counts as a key.",
        always="Whoever may make keys can make as many as they need.",
    )
)

API_KEY_REVOKED = registry.declare(
    EventType(
        name="api-key-revoked",
        label="API key revoked",
        object="ApiKey",
        meaning="A key stopped working; a program that used it is turned away from now on.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → API keys and press Revoke beside the key.",
        by_machine="The deletion of the team member as whom the key acts.",
        claims={"ApiKey": frozenset({"revoked_datetime", "refresh_hash", "expires_datetime"})},
        look_alikes={
            "user-deleted": "The person is gone, and their keys with them, each with an event of its own.",
        },
        in_drop_down=False,
        choice="Our choice: this type is ours; a key that is replaced is one revoked and one created.",
    )
)
