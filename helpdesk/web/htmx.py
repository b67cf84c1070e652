"""What pages need to know of htmx 4, in one place: who asks, and how to answer."""

from flask import Response, make_response, redirect, request


def wants_partial() -> bool:
    """Whether a fragment is asked for; a restored history entry wants the whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def go_to(address: str) -> Response:
    """Lead the browser to another page, whoever asked."""
    if not wants_partial():
        return make_response(redirect(address, 303))
    response = make_response("", 200)
    response.headers["HX-Redirect"] = address
    return response


def nothing_new() -> Response:
    """An answer that changes nothing on the page."""
    return make_response("", 204)
