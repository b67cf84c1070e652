"""What happens to the account itself and to its settings."""

from audit.types import ALL, EventType, registry

ACCOUNT_CREATED = registry.declare(
    EventType(
        name="account-created",
        label="Account created",
        object="Account",
        meaning="The desk was opened. Its first customer, its welcome ticket and its owner are written just before.",
        actors=frozenset({"system"}),
        by_hand="Go to the log-in page, press Open a desk of your own, and fill in the form.",
        by_machine="The commands helpdesk seed, helpdesk account create and helpdesk classroom; the reset of a"
        " trainee under Learn → Classroom, which opens a new account.",
        claims={"Account": ALL, "AccountSetting": ALL, "Seat": ALL},
        companions=("customer-created", "ticket-created", "ticket-message-created", "user-created"),
        look_alikes={
            "user-created": "A person joined an account that may be old; the account itself is created once.",
            "account-setting-created": "A setting that came later; those of the first moment belong to the account's"
            " creation.",
        },
        silences=frozenset({"ticket-updated"}),
    )
)

ACCOUNT_UPDATED = registry.declare(
    EventType(
        name="account-updated",
        label="Account updated",
        object="Account",
        meaning="The account's name, address or settings changed. For a setting, the event that names it stands"
        " before this one.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Account, change the name and press Save.",
        by_api='PUT /api/account/settings/{id} {"type": "trash", "data": {"days": 45}}',
        by_machine="The reset of a trainee under Learn → Classroom, which puts the old account away.",
        claims={"Account": frozenset({"name", "domain", "mail_address", "archived_datetime"})},
        beside=frozenset({"account-setting-created", "account-setting-updated"}),
        look_alikes={
            "account-setting-updated": "Names the setting; account-updated follows and says that the account changed.",
            "account-deactivated": "The account was switched off; an updated one goes on as before.",
        },
    )
)

ACCOUNT_DEACTIVATED = registry.declare(
    EventType(
        name="account-deactivated",
        label="Account deactivated",
        object="Account",
        meaning="The owner switched the account off: nobody can log in, its mail is refused and its timers rest."
        " Nothing was deleted.",
        actors=frozenset({"user", "system"}),
        by_hand="As the owner, go to Settings → Account and press Deactivate.",
        by_machine="The command helpdesk account deactivate.",
        claims={"Account": frozenset({"deactivated_datetime"})},
        look_alikes={
            "account-reactivated": "The account was switched on again.",
            "account-updated": "Name or settings changed, and the account goes on.",
        },
    )
)

ACCOUNT_REACTIVATED = registry.declare(
    EventType(
        name="account-reactivated",
        label="Account reactivated",
        object="Account",
        meaning="An account that was switched off is on again: people can log in and timers run.",
        actors=frozenset({"user", "system"}),
        by_hand="As the owner of an account that is switched off, log in and press Reactivate it.",
        by_machine="The command helpdesk account reactivate.",
        claims={"Account": frozenset({"deactivated_datetime"})},
        look_alikes={
            "account-created": "A new account; a reactivated one kept its tickets and its log.",
            "account-deactivated": "The account was switched off.",
        },
        in_drop_down=False,
        choice="Our choice: this type is ours, so that switching an account on again leaves a trace.",
    )
)

ACCOUNT_SETTING_CREATED = registry.declare(
    EventType(
        name="account-setting-created",
        label="Account setting created",
        object="Account",
        meaning="The account got a setting it did not have before, such as business hours or a saved search."
        " An account-updated follows.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Account, fill in a setting for the first time and press Save; or open Saved beside"
        " the search line of the audit log and press Save search.",
        by_api='POST /api/account/settings {"type": "trash", "data": {"days": 60}}',
        by_machine="The command helpdesk setting.",
        claims={"AccountSetting": ALL},
        companions=("account-updated",),
        look_alikes={
            "account-setting-updated": "The setting was there before and has another value now.",
            "account-updated": "Follows every change of a setting; alone it tells of the account's name or address.",
        },
        in_drop_down=False,
    )
)

ACCOUNT_SETTING_UPDATED = registry.declare(
    EventType(
        name="account-setting-updated",
        label="Account setting updated",
        object="Account",
        meaning="A setting of the account has another value now, or was taken away. An account-updated follows.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Account, change a setting and press Save; or open Saved on the audit log and press"
        " Delete beside a search.",
        by_api='PUT /api/account/settings/{id} {"type": "trash", "data": {"days": 40}}',
        by_machine="The command helpdesk setting.",
        claims={"AccountSetting": ALL},
        companions=("account-updated",),
        look_alikes={
            "account-setting-created": "The account had no such setting before.",
            "account-updated": "Follows every change of a setting; alone it tells of the account's name or address.",
        },
        in_drop_down=False,
    )
)
