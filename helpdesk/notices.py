"""Notices: what an account's admins should look at, told by mail and on their page until they have read it."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit.action import now
from audit.clock import wall_now
from helpdesk import links, outbox
from helpdesk.models import Account, Notice, Role, User
from helpdesk.sessions import session_of


def to_admins(account: Account, *, purpose: str, subject: str, text: str, path: str | None = None) -> int:
    """Tell every admin and the owner, by mail and on the page; `path` is the page to look at. Answers how many."""
    session = session_of(account)
    found = session.scalars(
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
        session.add(
            Notice(
                account_id=account.id, user_id=user.id, subject=subject, text=text, path=path,
                created_datetime=now(session),
            )
        )  # fmt: skip
        told += 1
    return told


def read_all(session: Session, user_id: int) -> None:
    """Somebody has read them."""
    session.execute(
        update(Notice)
        .where(Notice.user_id == user_id, Notice.read_datetime.is_(None))
        .values(read_datetime=wall_now())
        .execution_options(synchronize_session=False)
    )
