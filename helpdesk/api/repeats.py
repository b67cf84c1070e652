"""A POST that says by its `Idempotency-Key` that it may be a repetition is done once, and answered the same again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Response, g, request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit.action import enter, write_aside
from audit.clock import wall_now
from audit.db import db
from audit.rest.problems import Problem
from helpdesk.models import ApiAnswer

KEPT: Final = timedelta(days=1)
LONGEST_WORD: Final = 255


@dataclass
class Repeat:
    """The word of a call that may come again, and what is asked with it."""

    word: str
    digest: str
    number: int | None = None  #: of the row that will hold the answer


def once(run: Callable[[], Response], *, reads: bool) -> Response:
    """Run the call, or answer what it was answered before; what only `reads` is simply read again."""
    given = request.headers.get("Idempotency-Key")
    if given is None or request.method != "POST" or reads:
        return run()
    word = given.strip()
    if not 0 < len(word) <= LONGEST_WORD or not word.isprintable():
        raise Problem(400, f"An Idempotency-Key has 1 to {LONGEST_WORD} printable characters. Nothing was done.")
    asked = "\0".join((request.path, request.query_string.decode("latin-1"))).encode() + request.get_data()
    repeat = Repeat(word, hashlib.sha256(asked).hexdigest())
    before = _before(db.session(), repeat)
    if before is not None:
        return before
    g.api_repeat = repeat
    response = run()
    _keep(repeat, response)
    return response


def refuse(why: str) -> None:
    """Say that this call can't be repeated, if that is what is asked for."""
    if g.get("api_repeat") is not None:
        raise Problem(400, f"This call takes no Idempotency-Key: {why}. Nothing was done.")


def hold(session: Session) -> None:
    """Within the action: it can't be done a second time with this word, even if both come at once."""
    repeat: Repeat | None = g.get("api_repeat")
    if repeat is None or repeat.number is not None:
        return
    mine, at = ApiAnswer.api_key_id == g.api_key_id, wall_now()
    session.execute(delete(ApiAnswer).where(mine, ApiAnswer.created_datetime < at - KEPT))
    if session.scalar(select(ApiAnswer.id).where(mine, ApiAnswer.word == repeat.word)) is not None:
        raise Problem(409, "The same call with this Idempotency-Key is being done just now. Ask again in a moment.")
    row = ApiAnswer(
        account_id=g.account.id, api_key_id=g.api_key_id, word=repeat.word, digest=repeat.digest, created_datetime=at
    )
    session.add(row)
    session.flush()
    repeat.number = row.id


def _before(session: Session, repeat: Repeat) -> Response | None:
    mine = ApiAnswer.api_key_id == g.api_key_id, ApiAnswer.word == repeat.word
    row = session.scalar(select(ApiAnswer).where(*mine, ApiAnswer.created_datetime >= wall_now() - KEPT))
    if row is None:
        return None
    if row.digest != repeat.digest:
        raise Problem(409, "This Idempotency-Key was used for another call. Nothing was done; take a new one.")
    if row.status is None:
        raise Problem(409, "The call with this Idempotency-Key was done, but its answer is not known (yet).")
    return Response(row.body, row.status, mimetype="application/json", headers={"Idempotent-Replayed": "true"})


def _keep(repeat: Repeat, response: Response) -> None:
    session = db.session()
    write_aside(session, g.account.id)
    if repeat.number is None:  # not one action: a clock was moved, a file uploaded
        hold(session)
    row = session.get(ApiAnswer, repeat.number)
    if row is not None:
        row.status, row.body = response.status_code, response.get_data(as_text=True)
    session.commit()
    enter(session, g.account.id)
