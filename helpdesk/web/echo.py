"""The echo page: an address of the desk's own to which calls may be sent, and a page that shows what arrived."""

import time
from typing import Any, Final

from flask import Blueprint, Response, abort, current_app, g, make_response, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select

from audit.action import enter, write_aside
from audit.clock import wall_now
from audit.db import db
from helpdesk.config import ECHO
from helpdesk.models import Account, EchoCall
from helpdesk.web.auth import limiter
from helpdesk.web.changing import needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.logins import public
from helpdesk.web.security import csrf

#: So many calls of an account are kept, and so much of each.
KEPT: Final = 50
LONGEST_BODY: Final = 20_000
LARGEST: Final = 256 * 1024
METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
#: What it may be asked to answer, so that one can see what the desk then does.
STATUSES: Final = frozenset({200, 204, 400, 404, 410, 429, 500, 503})
SLOWEST: Final = 3.0

blueprint = Blueprint("echo", __name__)


@blueprint.get("/settings/echo")
@needs("manage integrations")
def show() -> Response:
    """What arrived, the newest first; the part of it asks for itself."""
    mine = select(EchoCall).where(EchoCall.account_id == g.account.id).order_by(EchoCall.id.desc())
    template = "echo/_calls.html" if wants_partial() else "echo/show.html"
    return make_response(
        render_template(template, calls=db.session.scalars(mine.limit(KEPT)).all(), address=address_of(g.account.id))
    )


@blueprint.post("/settings/echo/clear")
@needs("manage integrations")
def clear() -> Response:
    """Forget them."""
    session = db.session()
    write_aside(session, g.account.id)
    session.execute(delete(EchoCall).where(EchoCall.account_id == g.account.id))
    session.commit()
    return go_to(url_for("echo.show"))


@blueprint.route(f"{ECHO}<token>", methods=METHODS)
@public
@limiter.limit("600 per minute", key_func=lambda: f"echo {request.view_args}")
def take(token: str) -> Response:
    """Take in a call, and answer what its address asks for: `?status=500` or `?slow=2`."""
    account_id = _account(token)
    status, slow = request.args.get("status", 200, type=int), request.args.get("slow", 0.0, type=float)
    status = status if status in STATUSES else 200
    if (request.content_length or 0) > LARGEST:
        abort(413, f"The echo page takes at most {LARGEST:,} bytes.")
    body = request.get_data(as_text=True)[:LONGEST_BODY]
    session = db.session()
    write_aside(session, account_id)
    session.add(
        EchoCall(
            account_id=account_id, method=request.method, path=request.full_path.rstrip("?").split(ECHO, 1)[-1],
            headers=_headers(), body=body, status=status, received_datetime=wall_now(),
        )
    )  # fmt: skip
    session.flush()
    _forget_old(session, account_id)
    session.commit()
    if 0 < slow <= SLOWEST:
        time.sleep(slow)
    return Response("" if status == 204 else f"Echo: {status}\n", status, mimetype="text/plain")


def address_of(account_id: int) -> str:
    """Where calls of an account may be sent: as the desk itself reaches it."""
    config = current_app.config["DESK"]
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"http://{host}:{config.port}{url_for('echo.take', token=_signer().dumps(account_id))}"


def _account(token: str) -> int:
    try:
        number = _signer().loads(token)
    except BadSignature:
        number = None
    session = db.session()
    enter(session, None)
    if not isinstance(number, int) or session.get(Account, number) is None:
        abort(404, "There is no echo at this address.")
    return number


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", "echo")


def _headers() -> dict[str, str]:
    return {name: value[:1000] for name, value in request.headers.items() if name.lower() != "cookie"}


def _forget_old(session: Any, account_id: int) -> None:
    kept = (
        select(EchoCall.id).where(EchoCall.account_id == account_id).order_by(EchoCall.id.desc()).offset(KEPT).limit(1)
    )
    oldest = session.scalar(kept)
    if oldest is not None:
        session.execute(delete(EchoCall).where(EchoCall.account_id == account_id, EchoCall.id <= oldest))


# Whoever calls is no browser: it has no form of ours, and no cookie that would let anybody in.
csrf.exempt(f"{__name__}.take")
