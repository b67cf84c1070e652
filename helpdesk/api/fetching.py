"""Files of messages that lie elsewhere: fetched before anything is written, by the one way out, or the call is refused.

A message is told to the log with its files, so that they must be here first: what came later would be a change of its
own. Nothing is held while somebody else's server is waited for.
"""

import re
import time
from collections.abc import Iterable
from typing import Final

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.problems import Problem
from helpdesk import outgoing
from helpdesk.api.files import MOST_BYTES, MOST_FILES
from helpdesk.api.message_shapes import FileRef, NewMessage
from helpdesk.models import StoredFile
from helpdesk.outgoing import Call, Unanswered, Unsendable

#: For all files of a call together.
SECONDS: Final = 20.0

#: Where our own files are had, by digest.
_OURS: Final = re.compile(r"(?:https?://[^/]+)?/api/\w+/download/([0-9a-f]{64})/[^/]*")
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_NOTHING: Final = "Nothing was done."


def uploaded(session: Session, url: str) -> bytes | None:
    """What was uploaded under this address, if it is one of ours."""
    ours = _OURS.fullmatch(url)
    if ours is None:
        return None
    held = select(StoredFile.content).where(StoredFile.account_id == g.account.id, StoredFile.digest == ours[1])
    return session.scalar(held)


def fetch(bodies: Iterable[tuple[str, NewMessage]], failed: str) -> None:
    """Fetch what these messages name elsewhere, each known by what stands before its fields; raises Problem."""
    session = db.session()
    wanted = [
        (f"{before}attachments.{place}.url", ref)
        for before, body in bodies
        for place, ref in enumerate(body.attachments or ())
        if not ref.url.startswith("/") and uploaded(session, ref.url) is None
    ]
    if len(wanted) > MOST_FILES:
        raise Problem(400, failed, {wanted[-1][0]: [f"Up to {MOST_FILES} files are fetched in a call. {_NOTHING}"]})
    if wanted:
        session.rollback()  # no transaction is open while we talk
        _fetch_all(wanted, failed)


def _fetch_all(wanted: list[tuple[str, FileRef]], failed: str) -> None:
    until, left = time.monotonic() + SECONDS, MOST_BYTES
    for field, ref in wanted:
        try:
            content = _fetched(ref, left, max(until - time.monotonic(), 0.01))
        except (Unsendable, Unanswered) as problem:
            raise Problem(400, failed, {field: [f"The file was not fetched. {problem} {_NOTHING}"]}) from problem
        ref.content, left = content, left - len(content)


def _fetched(ref: FileRef, largest: int, seconds: float) -> bytes:
    seconds = min(outgoing.SECONDS_IN_ALL, seconds)
    answer = outgoing.send(Call("GET", ref.url, {"Accept": "*/*"}), largest=largest, seconds=seconds)
    if 300 <= answer.status < 400:
        raise Unsendable(f"Its address answered {answer.line}, and redirects are not followed.")
    if not answer.is_fine:
        raise Unanswered(f"Its address answered {answer.line}.")
    if answer.is_cut:
        raise Unsendable(f"The files of a call may have {MOST_BYTES // 2**20} MB together.")
    if answer.content_type in _PAGES and ref.content_type.partition(";")[0].strip().lower() not in _PAGES:
        raise Unsendable("A page came instead of it: perhaps one has to log in there.")
    return answer.body
