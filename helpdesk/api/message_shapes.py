"""Messages as they go in and out."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, PrivateAttr, StrictInt

from audit.rest.echoes import Moving
from audit.rest.shapes import Body, Flag, Id, Moment, Query, Shown
from helpdesk.api.persons import Address, PersonRef

#: What a message may have come by.
Via = Literal[
    "aircall", "api", "chat", "contact_form", "email", "facebook", "facebook-mention", "facebook-messenger",
    "facebook-recommendations", "help-center", "instagram-ad-comment", "instagram-comment",
    "instagram-direct-message", "instagram-mention", "internal-note", "phone", "sms", "twitter",
    "twitter-direct-message", "whatsapp", "yotpo-review", "form", "gorgias_chat", "helpdesk", "instagram",
    "offline_capture", "rule", "self_service", "shopify", "twilio", "yotpo", "zendesk",
]  # fmt: skip
#: The channels of the public API are among these; the desk takes others, too.
Channel = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", examples=["email"])]
LONGEST_BODY: Final = 1_000_000
MEDIA_TYPE: Final = r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*( *;[ -~]*)?$"


class Source(Body):
    """The envelope: from whom to whom."""

    type: str | None = Field(None, max_length=64)
    from_: Address | None = Field(None, alias="from")
    to: list[Address] = Field([], max_length=100)
    cc: list[Address] = Field([], max_length=100)
    bcc: list[Address] = Field([], max_length=100)
    extra: dict[str, Any] | None = None


class FileRef(Body):
    """A file that was uploaded before, or lies elsewhere."""

    url: str = Field(
        max_length=2000,
        description="As `POST /upload` gave it, or a public address, from which the desk fetches a copy at once.",
    )
    name: str = Field(min_length=1, max_length=255)
    content_type: str = Field(max_length=255, pattern=MEDIA_TYPE, examples=["image/png"])
    size: StrictInt | None = None
    public: Flag = True
    extra: dict[str, Any] | str | None = None

    _content: bytes | None = PrivateAttr(None)

    @property
    def content(self) -> bytes | None:
        """What was fetched from its address; None while nothing was."""
        return self._content

    @content.setter
    def content(self, content: bytes) -> None:
        self._content = content


class MacroRef(Body):
    """A macro that was applied with it."""

    id: Id
    name: str | None = Field(None, max_length=255)


class MessageChange(Body):
    """What of a message can be told anew; who said it, to whom and when, stays."""

    channel: Channel
    via: Via
    from_agent: Flag
    body_text: str | None = Field(None, max_length=LONGEST_BODY)
    body_html: str | None = Field(None, max_length=LONGEST_BODY)
    stripped_text: str | None = Field(None, max_length=LONGEST_BODY)
    stripped_html: str | None = Field(None, max_length=LONGEST_BODY)
    stripped_signature: str | None = Field(None, max_length=LONGEST_BODY)
    subject: str | None = Field(None, max_length=998)
    source: Source | None = None
    external_id: str | None = Field(None, max_length=255)
    sent_datetime: Moment | None = None
    deleted_datetime: Moment | None = None
    failed_datetime: Moment | None = None
    opened_datetime: Moment | None = None
    mention_ids: list[Id] | None = Field(None, max_length=100)
    headers: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None
    actions: list[Any] | None = Field(None, max_length=100)
    macros: list[MacroRef] | None = Field(None, max_length=100)
    last_sending_error: dict[str, Any] | None = None


class NewMessage(MessageChange):
    """A message to say. With `sent_datetime` it was sent elsewhere and is only kept; without, it is sent."""

    public: Flag = True
    sender: PersonRef | None = None
    receiver: PersonRef | None = None
    message_id: str | None = Field(None, max_length=255)
    integration_id: Id | None = None
    created_datetime: Moment | None = None
    attachments: list[FileRef] | None = Field(None, max_length=100)


class MessageAction(Query):
    """What becomes of actions that a macro left in the message."""

    action: Literal["force", "retry", "cancel"] | None = None


class Sender(Shown):
    """Who said it: a team member or a customer; what a machine says has no number."""

    id: int | None
    email: str | None
    name: str | None
    firstname: str
    lastname: str
    meta: dict[str, Any] | None


class AttachmentShown(Shown):
    """A file of a message."""

    url: str
    name: str
    content_type: str
    size: int
    public: bool
    extra: dict[str, Any] | str | None


class Message(Shown):
    """A message of a ticket."""

    id: int
    uri: str
    message_id: str | None
    ticket_id: int
    external_id: str | None
    public: bool
    channel: str
    via: str
    source: dict[str, Any] | None
    sender: Sender
    auth_customer_identity: dict[str, Any] | None
    integration_id: int | None
    intents: Moving[list[Any]]
    rule_id: int | None
    from_agent: bool
    receiver: Sender | None
    subject: str | None
    body_text: str | None
    body_html: str | None
    stripped_text: str | None
    stripped_html: str | None
    stripped_signature: str | None
    attachments: list[AttachmentShown]
    macros: list[Any]
    actions: list[Any] | None
    headers: dict[str, Any] | None
    imported: bool
    meta: dict[str, Any] | None
    created_datetime: Moment
    processed_datetime: Moment | None
    deleted_datetime: Moment | None
    sent_datetime: Moment | None
    failed_datetime: Moment | None
    opened_datetime: Moment | None
    last_sending_error: dict[str, Any] | None
    is_retriable: Moving[bool]
