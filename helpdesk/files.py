"""Files attached to messages; their bytes are stored once per account, by digest."""

import hashlib

from sqlalchemy import select

from helpdesk.drafts import File
from helpdesk.models import Attachment, StoredFile, TicketMessage
from helpdesk.sessions import session_of


def attach(message: TicketMessage, file: File) -> Attachment:
    """Attach a file to a message that is being made."""
    digest = hashlib.sha256(file.content).hexdigest()
    session = session_of(message)
    held = session.scalar(
        select(StoredFile.id).where(StoredFile.account_id == message.account_id, StoredFile.digest == digest)
    )
    if held is None:
        session.add(
            StoredFile(account_id=message.account_id, digest=digest, size=len(file.content), content=file.content)
        )
    attachment = Attachment(
        account_id=message.account_id,
        name=file.name[:255] or "file",
        content_type=file.content_type[:255],
        size=len(file.content),
        digest=digest,
        content_id=file.content_id,
    )
    message.attachments.append(attachment)
    return attachment
