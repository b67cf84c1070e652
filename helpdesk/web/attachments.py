"""Files of messages, always handed out as downloads."""

import io

from flask import Blueprint, Response, abort, g, send_file
from sqlalchemy import and_, select

from audit.db import db
from helpdesk.models import Attachment, StoredFile

blueprint = Blueprint("attachments", __name__)


@blueprint.get("/attachments/<number:attachment_id>/<path:name>")
def download(attachment_id: int, name: str) -> Response:
    """A file, never shown in place: what it says it is may be a lie."""
    found = db.session.execute(
        select(Attachment.name, StoredFile.content)
        .join(
            StoredFile,
            and_(StoredFile.account_id == Attachment.account_id, StoredFile.digest == Attachment.digest),
        )
        .where(Attachment.id == attachment_id, Attachment.account_id == g.account.id)
    ).first()
    if found is None:
        abort(404, "There is no such file here: its message was deleted, or it is not in your account.")
    response = send_file(
        io.BytesIO(found.content), mimetype="application/octet-stream", as_attachment=True, download_name=found.name
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
