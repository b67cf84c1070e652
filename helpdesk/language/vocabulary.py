"""What the language can ask: the fields that there are, the tests, and which test goes with which field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, Literal

#: number: an id; word: a text of a fixed set; list: several texts; own: a custom field, whose value is any of these.
Kind = Literal["number", "text", "word", "truth", "moment", "list", "own"]

#: How many arguments a test has after the field: none, one value, or a list of them.
Takes = Literal["nothing", "one", "several"]


@dataclass(frozen=True)
class Field:
    """Something that can be asked about."""

    path: str
    label: str
    kind: Kind
    choices: tuple[str, ...] = ()
    of: str = ""  #: whose number or name it is: "user", "team", "tag", "customer"


@dataclass(frozen=True)
class Function:
    """A test."""

    name: str
    takes: Takes
    kinds: frozenset[Kind]


_ALL: Final[frozenset[Kind]] = frozenset({"number", "text", "word", "truth", "moment", "list", "own"})
_ORDERED: Final[frozenset[Kind]] = frozenset({"number", "moment", "own"})
_TEXTS: Final[frozenset[Kind]] = frozenset({"text", "word", "own"})
_HOLDING: Final[frozenset[Kind]] = frozenset({"text", "word", "list", "own"})
_SEVERAL: Final[frozenset[Kind]] = _HOLDING | {"number"}

FUNCTIONS: Final = {
    function.name: function
    for function in (
        Function("eq", "one", _ALL - {"list"}),
        Function("neq", "one", _ALL - {"list"}),
        Function("lt", "one", _ORDERED),
        Function("lte", "one", _ORDERED),
        Function("gt", "one", _ORDERED),
        Function("gte", "one", _ORDERED),
        Function("lteTimedelta", "one", frozenset({"moment"})),  # lte with an age, as other programs write it
        Function("gteTimedelta", "one", frozenset({"moment"})),
        Function("isEmpty", "nothing", _ALL),
        Function("isNotEmpty", "nothing", _ALL),
        Function("contains", "one", _HOLDING),
        Function("notContains", "one", _HOLDING),
        Function("containsAny", "several", _SEVERAL),
        Function("containsAll", "several", _HOLDING),
        Function("notContainsAny", "several", _SEVERAL),
        Function("startsWith", "one", _TEXTS),
        Function("endsWith", "one", _TEXTS),
    )
}

CHANNELS: Final = (
    "email", "chat", "contact_form", "phone", "sms", "whatsapp", "api", "help-center", "internal-note", "facebook",
    "facebook-mention", "facebook-messenger", "facebook-recommendations", "instagram-ad-comment", "instagram-comment",
    "instagram-direct-message", "instagram-mention", "twitter", "twitter-direct-message", "aircall", "yotpo-review",
)  # fmt: skip
VIAS: Final = (
    "email", "helpdesk", "chat", "api", "form", "contact_form", "rule", "phone", "sms", "whatsapp", "facebook",
    "facebook-mention", "facebook-messenger", "facebook-recommendations", "gorgias_chat", "help-center", "instagram",
    "instagram-ad-comment", "instagram-comment", "instagram-direct-message", "instagram-mention", "internal-note",
    "offline_capture", "self_service", "shopify", "twilio", "twitter", "twitter-direct-message", "aircall", "yotpo",
    "yotpo-review", "zendesk",
)  # fmt: skip

#: What a view can ask of a ticket, in the order in which the builder offers it.
TICKET: Final = (
    Field("ticket.status", "Status", "word", ("open", "closed")),
    Field("ticket.priority", "Priority", "word", ("critical", "high", "normal", "low")),
    Field("ticket.tags.name", "Tags", "list", of="tag"),
    Field("ticket.assignee_user.id", "Assignee", "number", of="user"),
    Field("ticket.assignee_user.email", "Assignee's e-mail address", "text"),
    Field("ticket.assignee_team.id", "Team", "number", of="team"),
    Field("ticket.assignee_team.name", "Team's name", "text"),
    Field("ticket.subject", "Subject", "text"),
    Field("ticket.customer.name", "Customer's name", "text"),
    Field("ticket.customer.email", "Customer's e-mail address", "text"),
    Field("ticket.customer.id", "Customer's number", "number"),
    Field("ticket.channel", "Channel", "word", CHANNELS),
    Field("ticket.via", "Came in via", "word", VIAS),
    Field("ticket.language", "Language", "word"),
    Field("ticket.from_agent", "Opened by an agent", "truth"),
    Field("ticket.spam", "Spam", "truth"),
    Field("ticket.created_datetime", "Created", "moment"),
    Field("ticket.updated_datetime", "Updated", "moment"),
    Field("ticket.last_message_datetime", "Last message", "moment"),
    Field("ticket.last_received_message_datetime", "Last message of the customer", "moment"),
    Field("ticket.closed_datetime", "Closed", "moment"),
    Field("ticket.snooze_datetime", "Snoozed until", "moment"),
    Field("ticket.trashed_datetime", "In the trash since", "moment"),
    Field("ticket.id", "Number", "number"),
)

#: What a view can ask: more than a rule, for somebody looks, and nobody waits for it.
OF_VIEWS: Final = (
    *TICKET,
    Field("ticket.is_unread", "Unread", "truth"),
    Field("ticket.integrations.id", "Integration of a message", "number", of="integration"),
)

#: What stands in the ticket's own row, under the very name.
OF_TICKETS: Final = tuple(field.path.removeprefix("ticket.") for field in TICKET if field.path.count(".") == 1)

#: What a rule can ask besides: of the message that set it off.
MESSAGE: Final = (
    Field("message.body_text", "Text of the message", "text"),
    Field("message.subject", "Subject of the message", "text"),
    Field("message.channel", "Channel of the message", "word", CHANNELS),
    Field("message.via", "The message came in via", "word", VIAS),
    Field("message.from_agent", "The message is an agent's", "truth"),
    Field("message.public", "The message is public", "truth"),
    Field("message.sender.email", "Sender's e-mail address", "text"),
    Field("message.sender.name", "Sender's name", "text"),
    Field("message.intents.name", "Intents of the message", "list"),
)

OWN: Final = "ticket.custom_fields."


class Vocabulary:
    """The fields that a text may name: the language's, and the account's own."""

    def __init__(
        self, fields: Iterable[Field], own: Mapping[int, str] | None = None, *, knows_viewer: bool = False
    ) -> None:
        """`own` are the account's custom fields by number; None allows any number."""
        self.fields = {field.path: field for field in fields}
        self.own = own
        self.knows_viewer = knows_viewer  #: whether somebody looks, whom {{current_user.id}} names

    def find(self, path: str) -> Field | None:
        """The field of that name."""
        number = path.removeprefix(OWN) if path.startswith(OWN) else ""
        if number.isdecimal() and (self.own is None or int(number) in self.own):
            label = self.own[int(number)] if self.own is not None else f"Custom field {number}"
            return Field(path, label, "own")
        return self.fields.get(path)

    def guess(self, path: str) -> str:
        """A sentence about a name that is no field."""
        if path.startswith(OWN):
            return f"there is no custom field {path.removeprefix(OWN)[:40]} on tickets in this account."
        if path.startswith("message.") and not any(name.startswith("message.") for name in self.fields):
            return f"a view looks at tickets; only a rule can ask for {path[:80]}."
        close = [name for name in self.fields if name.startswith(f"{path}.") or name.removeprefix("ticket.") == path]
        close = close or get_close_matches(path[:80], self.fields, 1, 0.75)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"there is no field {path[:80]}.{hint}"


@cache
def of_views() -> Vocabulary:
    """What a view can ask, with custom fields of any number."""
    return Vocabulary(OF_VIEWS, knows_viewer=True)


@cache
def of_rules() -> Vocabulary:
    """What a rule can ask, with custom fields of any number."""
    return Vocabulary((*TICKET, *MESSAGE))


def guess_function(name: str) -> str:
    """A sentence about a name that is no test."""
    lowered = {known.lower(): known for known in FUNCTIONS}
    close = get_close_matches(name.lower()[:80], lowered, 1, 0.7)
    hint = f" Did you mean {lowered[close[0]]}?" if close else f" There are {', '.join(FUNCTIONS)}."
    return f"there is no test {name[:80]}.{hint}"


def sort_of(value: Any) -> str:
    """What a person calls a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"
