"""What happens to a team member: joining and leaving, logging in and out, passwords."""

from audit.types import ALL, EventType, Nature, registry

USER_CREATED = registry.declare(
    EventType(
        name="user-created",
        label="User created",
        object="User",
        meaning="The account has a new team member. An invited one can't log in before they have set a password.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Users & teams → Users, press Invite, fill in address, name and role, and press"
        " Send the invitation.",
        by_api='POST /api/users {"name": "Nora New", "email": "nora-{word}@desk.example", "role": {"name":'
        ' "basic-agent"}}',
        by_machine="The sign-up for a new account, for its owner; the commands helpdesk seed, helpdesk account"
        " create and helpdesk classroom.",
        claims={"User": ALL},
        look_alikes={
            "user-invited": "The invitation went out; it follows, and it alone is written when it is sent again.",
            "customer-created": "A customer, who asks; a user is a team member, who answers.",
        },
    )
)

USER_INVITED = registry.declare(
    EventType(
        name="user-invited",
        label="User invited",
        object="User",
        meaning="A team member was sent a mail with a link under which they set their password. The link lives 7 days.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Users & teams → Users and press Invite; or open somebody who has not come yet and"
        " press Invite again.",
        by_api='POST /api/users {"name": "Nora New", "email": "nora-{word}@desk.example", "role": {"name":'
        ' "basic-agent"}}',
        claims={"User": frozenset({"invitation_digest", "invitation_expires"})},
        tell=lambda _changes: "a link by mail, which lives for 7 days",
        look_alikes={
            "user-created": "Stands before the first invitation; an invitation sent again comes alone.",
            "user-password-reset": "A link by mail, too, but for somebody who already had a password.",
        },
    )
)

USER_UPDATED = registry.declare(
    EventType(
        name="user-updated",
        label="User updated",
        object="User",
        meaning="A team member's address, name, role or profile changed, or they were switched off or on.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Users & teams → Users, open somebody, change them and press Save, or press Switch"
        " off; or change your own profile.",
        by_api='PUT /api/users/0 {"bio": "Answers on weekdays."}',
        by_machine="The reset of a trainee under Learn → Classroom, which frees their address for the new account.",
        is_general=True,
        claims={
            "User": frozenset(
                {
                    "email",
                    "name",
                    "role",
                    "active",
                    "bio",
                    "country",
                    "language",
                    "timezone",
                    "external_id",
                    "meta",
                    "updated_datetime",
                    "deactivated_datetime",
                    # With a new address, links that lie in the old mailbox open nothing any more.
                    "invitation_digest",
                    "invitation_expires",
                    "reset_digest",
                    "reset_expires",
                }
            )
        },
        look_alikes={
            "user-password-changed": "A new password has an event of its own.",
            "customer-updated": "A customer's profile changed, not a team member's.",
            "team-updated": "Somebody joined or left a team.",
        },
    )
)

USER_DELETED = registry.declare(
    EventType(
        name="user-deleted",
        label="User deleted",
        object="User",
        meaning="A team member is gone for good. Their tickets have no agent now, and their name stays in the log.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Users & teams → Users, open somebody other than the owner and press Delete.",
        by_api="DELETE /api/users/{id}",
        claims={"User": ALL},
        look_alikes={
            "user-updated": "A team member who is only switched off is updated, and can come back.",
            "user-logged-out": "Somebody left the desk for now; they are still a team member.",
            "customer-deleted": "A customer's profile was removed, not a team member.",
        },
    )
)

USER_LOGGED_IN = registry.declare(
    EventType(
        name="user-logged-in",
        label="User logged in",
        object="User",
        meaning="A team member logged in. The row holds the network address they came from.",
        actors=frozenset({"user"}),
        by_hand="Go to the log-in page and log in.",
        nature=Nature.FACT,
        look_alikes={
            "user-login-failed": "Somebody tried with a wrong password and was turned away.",
        },
        always="A log-in that fails is an event of its own, user-login-failed.",
    )
)

USER_LOGGED_OUT = registry.declare(
    EventType(
        name="user-logged-out",
        label="User logged out",
        object="User",
        meaning="A team member logged out themselves. A session that merely runs out writes nothing.",
        actors=frozenset({"user"}),
        by_hand="Press your name in the top bar and choose Log out.",
        nature=Nature.FACT,
        look_alikes={"user-deleted": "Gone for good; whoever logged out can log in again."},
        always="Whoever is logged in can log out.",
    )
)

USER_PASSWORD_RESET = registry.declare(
    EventType(
        name="user-password-reset",
        label="User password reset",
        object="User",
        meaning="Somebody asked for a new password and was sent a mail with a link. The old password still works.",
        actors=frozenset({"user"}),
        by_hand="Go to the log-in page, press Forgot your password? and type the address of a team member.",
        claims={"User": frozenset({"reset_digest", "reset_expires"})},
        tell=lambda _changes: "a link by mail, which lives for one hour",
        look_alikes={
            "user-password-changed": "The new password was really set; a reset only asks, and may come to nothing.",
            "user-invited": "A link by mail, too, but for somebody who has no password yet.",
        },
        choice="Our choice: it is written as the act of the person whose password it is, whoever typed the address.",
    )
)

USER_PASSWORD_CHANGED = registry.declare(
    EventType(
        name="user-password-changed",
        label="User password changed",
        object="User",
        meaning="A team member has a new password, set under a link by mail or in their profile. The password itself is"
        " never in the log.",
        actors=frozenset({"user"}),
        by_hand="Press your name in the top bar, choose Profile and press Change the password; or follow the link in"
        " the mail of an invitation or of a reset, and set one.",
        by_api='PUT /api/users/0 {"new_password": "a longer and better one", "old_password": "the one before"}',
        claims={
            "User": frozenset(
                {
                    "password_hash",
                    "reset_digest",
                    "reset_expires",
                    "invitation_digest",
                    "invitation_expires",
                    "updated_datetime",
                    "active",
                }
            )
        },
        tell=lambda _changes: "a new password; all sessions ended",
        look_alikes={
            "user-password-reset": "Only asked for: a link went out, and the old password still works.",
            "user-updated": "Address, name or role changed, not the password.",
        },
    )
)

USER_LOGIN_FAILED = registry.declare(
    EventType(
        name="user-login-failed",
        label="User login failed",
        object="User",
        meaning="Somebody tried to log in as this team member and was turned away. The row holds the network address"
        " they came from.",
        actors=frozenset({"system"}),
        by_hand="Go to the log-in page and type a team member's address with a wrong password.",
        by_machine="The desk itself, whenever it refuses a log-in to a known address.",
        nature=Nature.FACT,
        look_alikes={
            "user-logged-in": "The log-in worked, and the team member did it; a failed one was No user.",
        },
        in_drop_down=False,
        choice="Our choice: this type is ours; it is written as No user, for nobody knows who typed the address.",
        always="It is itself the trace of a refusal. An address that nobody has leaves none.",
    )
)
