"""Files by API: uploaded before a message names them, and fetched again."""

import io
import mimetypes
import re
from typing import Final, Literal

from flask import Response, g, request, send_file
from sqlalchemy import select

from audit.action import enter, write_aside
from audit.db import db
from audit.rest.calls import Resource
from audit.rest.problems import Problem
from audit.rest.shapes import Query, Shown
from helpdesk import files
from helpdesk.models import StoredFile

resource = Resource(
    "files",
    "Files",
    noun="file",
    scope="tickets",
    about="A file is uploaded first; a message then names its address among its attachments. (A message may also name a"
    " public address elsewhere: the desk fetches a copy.)",
)

FAILED: Final = "Failed to create file"
MOST_FILES: Final = 20
_BYTES: Final = "application/octet-stream"
#: What holds no script.
_HARMLESS: Final = re.compile("(image/(?!svg).*|audio/.*|video/.*|text/(plain|csv)|application/(pdf|zip|json))")
#: What a message can take.
MOST_BYTES: Final = 20 * 2**20


class UploadQuery(Query):
    """What the files are for."""

    type: Literal["attachment"] = "attachment"


class Uploaded(Shown):
    """A file as a message's `attachments` name it."""

    url: str
    name: str
    content_type: str
    size: int


@resource.call(
    "POST /upload",
    needs="write note",
    query=UploadQuery,
    gives=list[Uploaded],
    form="-F 'note.txt=Hello;filename=note.txt;type=text/plain'",
)
def upload(asked: UploadQuery) -> list[Uploaded]:
    """Upload files, as a form with files in it; nothing is in a ticket yet, so that no event is written."""
    given = [file for _, file in request.files.items(multi=True) if file.filename]
    if not 0 < len(given) <= MOST_FILES:
        raise Problem(400, FAILED, {"file": [f"Send 1 to {MOST_FILES} files, as multipart/form-data."]})
    contents = [(file, file.read()) for file in given]
    if sum(len(content) for _, content in contents) > MOST_BYTES:
        raise Problem(413)
    session, account_id = db.session(), g.account.id
    write_aside(session, account_id)
    found = [
        Uploaded(
            url=files.address(files.store(session, account_id, content), _name(file.filename or "")),
            name=_name(file.filename or ""),
            content_type=(file.mimetype or "application/octet-stream")[:255],
            size=len(content),
        )
        for file, content in contents
    ]
    session.commit()
    enter(session, account_id)
    return found


@resource.call("GET /attachment/download/<string:digest>/<string:name>", needs="read", gives=bytes)
def download(digest: str, name: str) -> Response:
    """Fetch a file; it comes as a download, and says what it is where no browser would run it."""
    held = select(StoredFile).where(StoredFile.account_id == g.account.id, StoredFile.digest == digest)
    stored = db.session.scalar(held)
    if stored is None:
        raise Problem(404)
    tidy = _name(name)
    response = send_file(io.BytesIO(stored.content), mimetype=_kind(tidy), as_attachment=True, download_name=tidy)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _kind(name: str) -> str:
    guessed, packed = mimetypes.guess_type(name)
    return guessed if guessed is not None and packed is None and _HARMLESS.fullmatch(guessed) else _BYTES


def _name(given: str) -> str:
    tidy = "".join(
        sign for sign in given.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable() and sign not in '?#%"'
    )
    return tidy.strip(" .")[:255] or "file"
