"""What somebody wrote in the composer: its text and files, the macro it began with, and what follows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import abort, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from helpdesk import chat, desk, macros, markdown, messages, tickets
from helpdesk.drafts import Draft, File
from helpdesk.forms.tickets import ComposerForm
from helpdesk.mail.htmltext import html_text
from helpdesk.models import Macro, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.web.changing import me
from helpdesk.web.formats import size
from helpdesk.web.races import refuse_stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.snoozing import chosen

#: Files of one message, together.
MOST_BYTES: Final = 20 * 2**20

#: What may follow a reply: what is said of it. A snooze names its time behind a colon.
_FOLLOWING: Final = {"": "Reply sent", "close": "Sent and closed", "snooze": "Sent and snoozed"}


@dataclass(frozen=True)
class Composed:
    """What was sent from the composer, not looked at in the database yet."""

    text: str
    is_markdown: bool
    files: list[File]
    macro_id: int | None
    then: str
    until: str
    problem: str | None  #: why it can't be sent as it is

    @property
    def said(self) -> str:
        """What a toast says of a reply."""
        return _FOLLOWING[self.then.partition(":")[0]]


def composed() -> Composed:
    """What the request sends along."""
    form, files = ComposerForm(request.form), uploads()
    text = (form.body_text.data or "").replace("\r\n", "\n").strip()
    then = form.then.data or ""
    problem = None
    if not form.validate():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    elif not text and not files:
        problem = "The message is empty. Nothing was sent; write something or attach a file."
    elif then.partition(":")[0] not in _FOLLOWING:
        problem = "Choose what should follow the reply. Nothing was sent."
    return Composed(
        text=text,
        is_markdown=bool(form.markdown.data),
        files=files,
        macro_id=_number(form.macro_id.data),
        then=then,
        until=form.until.data or "",
        problem=problem or too_much(files),
    )


def send(session: Session, ticket: Ticket, what: Composed, *, public: bool) -> None:
    """Say it on the ticket: the macro's action first, then the team member's, in one chain; raises Refused, Stale."""
    macro = held_macro(session, what.macro_id) if what.macro_id is not None else None
    if macro is not None or what.then:
        refuse_stale(session, ticket, request.form.get("row_version"), g.user.id)
    if macro is not None:
        macros.apply(macro, ticket, by=me())
        desk.go_on(session)
    draft = draft_of(session, ticket, what, public=public, macro=macro)
    if not public:
        messages.note(ticket, draft, by=me())
        return
    messages.reply(ticket, draft, by=me())
    if what.then == "close":
        tickets.close(ticket, by=me())
    elif what.then:
        until = chosen(what.then.partition(":")[2], what.until, now(session), g.account.time_zone)
        tickets.snooze(ticket, until, by=me())


def draft_of(session: Session, ticket: Ticket, what: Composed, *, public: bool, macro: Macro | None = None) -> Draft:
    """The message, as who is logged in says it."""
    html = markdown.to_html(what.text) if what.is_markdown and what.text else None
    return Draft(
        sender=session.get_one(User, g.user.id),
        body_text=what.text,
        body_html=html,
        stripped_text=html_text(html) if html else None,
        public=public,
        subject=ticket.subject,
        channel=chat.CHANNEL if ticket.channel == chat.CHANNEL else "email",  # answered where it was asked
        files=tuple(what.files),
        macros=[{"id": macro.id, "name": macro.name}] if macro is not None else None,
        mention_ids=None if public else _mentioned(session, what.text) or None,
    )


def held_macro(session: Session, number: int | None) -> Macro:
    """The macro that was chosen; raises Refused if there is none."""
    if not g.user.may("update ticket"):
        abort(403, f"Nothing was done: the role {g.user.role} may not apply macros. Ask an admin of the account.")
    macro = session.get(Macro, number) if number is not None and 0 < number <= LARGEST_ID else None
    if macro is None or macro.account_id != g.account.id:
        raise Refused("The macro is not there any more, so nothing was done. Take it off, or choose another one.")
    return macro


def uploads() -> list[File]:
    """The files that the request sends along."""
    return [
        File(
            name=_file_name(upload.filename),
            content_type=upload.mimetype or "application/octet-stream",
            content=upload.read(),
        )
        for upload in request.files.getlist("files")
        if upload.filename
    ]


def too_much(files: Sequence[File]) -> str | None:
    """Why these files are too large, if they are."""
    total = sum(len(file.content) for file in files)
    if total <= MOST_BYTES:
        return None
    return (
        f"These files have {size(total)} together; a message takes up to 20 MB."
        " Nothing was sent: leave one out, or send a link."
    )


def _number(given: str | None) -> int | None:
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _file_name(given: str) -> str:
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable()).strip(" .") or "file"


def _mentioned(session: Session, text: str) -> list[int]:
    """The team members whose names stand behind an @, in the order of the text."""
    if "@" not in text:
        return []
    people = session.execute(select(User.id, User.name).where(User.account_id == g.account.id, User.active)).all()
    names = {" ".join(row.name.split()).casefold(): row.id for row in people if row.name.strip()}
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)@({'|'.join(longest_first)})(?!\w)", re.IGNORECASE)
    found = (names.get(" ".join(each[1].split()).casefold()) for each in pattern.finditer(text))
    return list(dict.fromkeys(number for number in found if number is not None))
