"""Where a shop hands in its signed reports: outside the desk, without a log-in, for whoever knows the shop's secret."""

from flask import Blueprint, Response, abort, jsonify, request

from audit.action import enter
from audit.db import db
from helpdesk import desk, integrations, shop_reports
from helpdesk.models import Integration
from helpdesk.refusals import Refused
from helpdesk.web.auth import limiter
from helpdesk.web.logins import public
from helpdesk.web.security import csrf

blueprint = Blueprint("shop_hooks", __name__)


@blueprint.post("/hooks/shop/<key>")
@public
@limiter.limit("600 per minute", key_func=lambda: f"hook {request.remote_addr}")
def take(key: str) -> Response:
    """Take in a report; the same one twice is told so, and changes nothing."""
    session = db.session()
    enter(session, None)
    found = integrations.by_public_key(session, key, integrations.SHOP)
    if found is None:
        abort(404, "There is no shop at this address, or it is closed at the moment.")
    number, account_id = found.id, found.account_id
    if (request.content_length or 0) > shop_reports.LARGEST:
        return _said(413, f"A report has at most {shop_reports.LARGEST:,} bytes. Nothing was taken in.")
    body = request.get_data()
    enter(session, account_id)
    try:
        with desk.acting(session, account_id, source="webhook", remote_addr=request.remote_addr):
            held = session.get_one(Integration, number, with_for_update=True, populate_existing=True)
            is_new = shop_reports.take(held, body, dict(request.headers))
    except shop_reports.Unbelieved as problem:
        return _said(401, str(problem))
    except Refused as problem:
        return _said(422, str(problem))
    return _said(200, "Taken in." if is_new else "This report was taken in before; nothing was done.")


def _said(status: int, sentence: str) -> Response:
    response = jsonify({"said": sentence})
    response.status_code = status
    return response


# Whoever calls is no browser: it has no form of ours, and no cookie that would let anybody in.
csrf.exempt(f"{__name__}.take")
