"""Files attached to messages; their bytes are stored once per account, by digest."""

import hashlib
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.drafts import File
from helpdesk.models import Attachment, StoredFile, TicketMessage
from helpdesk.sessions import session_of


def attach(message: TicketMessage, file: File) -> Attachment:
    """Attach a file to a message that is being made."""
    digest = store(session_of(message), message.account_id, file.content)
    attachment = Attachment(
        account_id=message.account_id,
        name=file.name[:255] or "file",
        content_type=file.content_type[:255],
        size=len(file.content),
        digest=digest,
        content_id=file.content_id,
        public=file.public,
        extra=file.extra,
    )
    message.attachments.append(attachment)
    return attachment


def store(session: Session, account_id: int, content: bytes) -> str:
    """Keep these bytes, once; answers their digest."""
    digest = hashlib.sha256(content).hexdigest()
    held = select(StoredFile.id).where(StoredFile.account_id == account_id, StoredFile.digest == digest)
    if session.scalar(held) is None:
        session.add(StoredFile(account_id=account_id, digest=digest, size=len(content), content=content))
        session.flush()
    return digest


def address(digest: str, name: str) -> str:
    """Where a program gets a file."""
    return f"/api/attachment/download/{digest}/{quote(name, safe='')}"
