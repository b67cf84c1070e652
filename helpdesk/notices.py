"""Notices: mails that tell an account's admins of something they should look at."""

from sqlalchemy import select

from helpdesk import links, outbox
from helpdesk.models import Account, Role, User
from helpdesk.sessions import session_of


def to_admins(account: Account, *, purpose: str, subject: str, text: str, path: str | None = None) -> int:
    """Queue a mail to every admin and the owner; `path` is the page to look at. Answers how many were told."""
    found = session_of(account).scalars(
        select(User)
        .where(User.account_id == account.id, User.active, User.role.in_((Role.ADMIN.value, Role.OWNER.value)))
        .order_by(User.id)
    )
    told = 0
    body = f"{text}\n\n{links.to(path)}\n" if path else f"{text}\n"
    for user in found:
        letter = outbox.Letter(
            purpose=purpose, to_name=user.name, to_address=user.email, subject=subject, body_text=body
        )
        outbox.queue_letter(account, letter)
        told += 1
    return told
