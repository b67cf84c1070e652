"""The chat's own page: outside the desk, without a log-in; a visitor is known by a signed cookie alone."""

import io
import secrets
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, send_file, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import and_, select

from audit.action import enter
from audit.clock import desk_now
from audit.db import db
from helpdesk import chat, desk, integrations, settings
from helpdesk.chat import Visit, Words
from helpdesk.config import Config
from helpdesk.models import Account, Attachment, Integration, StoredFile, Ticket, TicketMessage
from helpdesk.refusals import Refused
from helpdesk.web.auth import limiter
from helpdesk.web.composing import uploads
from helpdesk.web.htmx import go_to, nothing_new, wants_partial
from helpdesk.web.logins import public

CLOSED: Final = "There is no chat at this address, or it is closed at the moment."
COOKIE: Final = "desk_chat"
LASTS: Final = timedelta(days=30)

blueprint = Blueprint("chatroom", __name__)


def _visitor() -> str:
    return f"chat {request.remote_addr}"


@blueprint.get("/chat/<key>")
@public
def room(key: str) -> Response:
    """The conversation, or who are you."""
    return _room(key, _chat(key), _visit(key) or chat.new_visit())


@blueprint.post("/chat/<key>")
@public
@limiter.limit("40 per minute; 600 per hour", key_func=_visitor)
def write(key: str) -> Response:
    """The visitor writes."""
    integration = _chat(key)
    known = _visit(key)
    visit = known or _pending(key) or chat.new_visit()
    form = request.form
    words = Words(
        text=form.get("text", ""),
        name=form.get("name", ""),
        address=form.get("address", ""),
        once=form.get("once", "")[:64] or None,
        files=tuple(uploads()),
    )
    session, account_id, number = db.session(), integration.account_id, integration.id
    try:
        with desk.acting(session, account_id, source="chat", remote_addr=request.remote_addr):
            held = session.get_one(Integration, number)
            ticket_id = chat.write(held, visit, words).id
    except Refused as refusal:
        return _refused(key, visit, str(refusal))
    here = Visit(visit.visitor, ticket_id)
    if known is None or known.ticket_id is None or not wants_partial():
        return _keep(go_to(url_for("chatroom.room", key=key)), key, here)
    sent = make_response(render_template("chatroom/_sent.html", **_context(key, _chat(key), here)))
    return _keep(sent, key, here)


@blueprint.get("/chat/<key>/messages")
@public
def messages(key: str) -> Response:
    """What was said, if there is more than the page shows."""
    integration, visit = _chat(key), _visit(key)
    if not wants_partial():
        return go_to(url_for("chatroom.room", key=key))
    if visit is None:
        return nothing_new()
    context = _context(key, integration, visit)
    if f"{context['newest']}" == request.args.get("after", ""):
        return nothing_new()
    if not context["has_begun"]:  # an agent deleted it meanwhile
        return go_to(url_for("chatroom.room", key=key))
    return make_response(render_template("chatroom/_said.html", **context))


@blueprint.post("/chat/<key>/leave")
@public
def leave(key: str) -> Response:
    """Forget who this browser is; the next one to write is somebody else."""
    _chat(key)
    response = go_to(url_for("chatroom.room", key=key))
    response.delete_cookie(COOKIE, path=_path(key), httponly=True, samesite="Lax")
    return response


@blueprint.get("/chat/<key>/files/<number:attachment_id>/<path:name>")
@public
def file(key: str, attachment_id: int, name: str) -> Response:
    """A file that was sent in a conversation, for the visitor whose it is."""
    integration, visit = _chat(key), _visit(key)
    ticket = _conversation(integration, visit) if visit is not None else None
    found = (
        db.session.execute(
            select(Attachment.name, StoredFile.content)
            .join(TicketMessage, TicketMessage.id == Attachment.ticket_message_id)
            .join(
                StoredFile,
                and_(StoredFile.account_id == Attachment.account_id, StoredFile.digest == Attachment.digest),
            )
            .where(
                Attachment.id == attachment_id,
                Attachment.account_id == integration.account_id,
                TicketMessage.ticket_id == ticket.id,
                TicketMessage.public,
                TicketMessage.channel == chat.CHANNEL,
            )
        ).first()
        if ticket is not None
        else None
    )
    if found is None:
        abort(404, "There is no such file in this conversation.")
    response = send_file(
        io.BytesIO(found.content), mimetype="application/octet-stream", as_attachment=True, download_name=found.name
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _chat(key: str) -> Integration:
    session = db.session()
    enter(session, None)
    found = integrations.by_public_key(session, key, integrations.CHAT)
    if found is None:
        abort(404, CLOSED)
    enter(session, found.account_id)
    return found


def _conversation(integration: Integration, visit: Visit) -> Ticket | None:
    session = db.session()
    return chat.conversation(session, session.get_one(Account, integration.account_id), visit)


def _room(key: str, integration: Integration, visit: Visit, status: int = 200, **said: Any) -> Response:
    return make_response(render_template("chatroom/room.html", **_context(key, integration, visit), **said), status)


def _context(key: str, integration: Integration, visit: Visit) -> dict[str, Any]:
    session = db.session()
    account = session.get_one(Account, integration.account_id)
    ticket = chat.conversation(session, account, visit)
    said = chat.said(session, ticket) if ticket is not None else []
    return {
        "key": key,
        "chat": integration,
        "account": account,
        "has_begun": ticket is not None,
        "said": said,
        "newest": max((message.id for message in said), default=0),
        "once": secrets.token_hex(8),
        "pending": _signer(key).dumps([visit.visitor, visit.ticket_id]),
        "time_zone": settings.read(account, "business-hours").get("timezone") or "UTC",
        "now": desk_now(session, account.id),
        "longest": chat.LONGEST_TEXT,
    }


def _refused(key: str, visit: Visit, problem: str) -> Response:
    if wants_partial():
        return make_response(render_template("chatroom/_problem.html", problem=problem), 409)
    typed = {name: request.form.get(name, "") for name in ("text", "name", "address")}
    return _room(key, _chat(key), visit, 409, problem=problem, **typed)


def _signer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", f"chat {key}")


def _visit(key: str) -> Visit | None:
    """Who this browser is, by its cookie."""
    return _read(key, request.cookies.get(COOKIE, ""))


def _pending(key: str) -> Visit | None:
    """Who it is to become, by the form: pressed twice, it is one visitor."""
    return _read(key, request.form.get("pending", ""))


def _read(key: str, signed: str) -> Visit | None:
    try:
        visitor, ticket_id = _signer(key).loads(signed, max_age=int(LASTS.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    return Visit(visitor, ticket_id)


def _keep(response: Response, key: str, visit: Visit) -> Response:
    config: Config = current_app.config["DESK"]
    response.set_cookie(
        COOKIE,
        _signer(key).dumps([visit.visitor, visit.ticket_id]),
        max_age=LASTS,
        path=_path(key),
        httponly=True,
        samesite="Lax",
        secure=config.base_url.startswith("https://"),
    )
    return response


def _path(key: str) -> str:
    return url_for("chatroom.room", key=key)
