"""What a page says when something did not work: what happened, what was not done, what to do next."""

from typing import Final

from flask import Flask, Response, g, make_response, render_template, request
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from audit.db import db
from audit.rest.problems import body_of
from helpdesk.refusals import NotFound, Refused
from helpdesk.web import again
from helpdesk.web.htmx import wants_partial
from helpdesk.web.security import is_api

#: Status to heading and sentence.
SAYINGS: Final[dict[int, tuple[str, str]]] = {
    400: ("This could not be read", "The request was not understood, so nothing was done. Go back, reload, try again."),
    403: (
        "This is not yours to do",
        "Your role does not allow this, so nothing was done. Ask an admin of the account.",
    ),
    404: ("There is nothing here", "It was deleted, never existed, or is not in your account. Go back to the inbox."),
    405: ("This address works otherwise", "It can't be opened like this, so nothing was done. Go back to the inbox."),
    409: ("Something else came first", "What you asked for no longer fits, so nothing was done. Look again."),
    413: (
        "This is too large",
        "Files of a message may have 20 MB together. Nothing was sent; take a smaller file, or send a link.",
    ),
    422: (
        "Something is missing",
        "A field was not filled in as it must be, so nothing was done. Go back and correct it.",
    ),
    429: (
        "Too many tries",
        "There were too many requests at once, so this one was not done. Wait a minute, try again.",
    ),
    500: (
        "The desk made a mistake",
        "What you asked for was not done, and nothing was changed. Try again; if it stays, tell whoever runs the desk.",
    ),
}
EXPIRED: Final = (
    "This page was open for too long, or your session has ended, so nothing was done. Reload it and try again."
)
#: PostgreSQL's words for it: a foreign key leads nowhere, a deadlock was ended.
RACES: Final = frozenset({"23503", "40P01"})
OVERTAKEN: Final = "Somebody changed this at the same moment, so nothing was done. Look again."


def install(app: Flask) -> None:
    """Answer every error with a sentence."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RateLimitExceeded, _too_often)
    app.register_error_handler(Refused, lambda error: sorry(409, str(error)))
    app.register_error_handler(NotFound, lambda error: sorry(404, str(error) or None))
    app.register_error_handler(StaleDataError, lambda _: sorry(409, OVERTAKEN))
    app.register_error_handler(DBAPIError, _overtaken)


def sorry(status: int, sentence: str | None = None) -> Response:
    """An error as a page, or as a toast for a page that stays where it is."""
    if is_api():
        return make_response(body_of(status), status)
    db.session.rollback()
    heading, usual = SAYINGS.get(status, SAYINGS[500 if status >= 500 else 400])
    said = sentence or usual
    if wants_partial():
        return make_response(render_template("errors/_toast.html", said=said), status)
    template = "errors/page.html" if g.get("user") and status != 500 else "errors/plain.html"
    return make_response(
        render_template(template, status=status, heading=heading, said=said, kept_text=_kept_text(status)), status
    )


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    own = error.description if error.description != type(error).description else None
    response = sorry(status, own)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _overtaken(error: DBAPIError) -> Response:
    # What was chosen has just been deleted, or two who hold something wait for one another: both on PostgreSQL only.
    if getattr(error.orig, "sqlstate", None) in RACES:
        return sorry(409, OVERTAKEN)
    raise error


def _csrf(_error: CSRFError) -> Response:
    return again.stale() or sorry(400, EXPIRED)


def _too_often(_error: RateLimitExceeded) -> Response:
    return again.too_often() or sorry(429)


def _kept_text(status: int) -> str | None:
    # Too large a request was not read: asking for its form would raise the same error again.
    return request.form.get("body_text") if request.method == "POST" and status != 413 else None
