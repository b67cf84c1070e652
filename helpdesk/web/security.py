"""What every answer carries to keep browsers strict, and which hosts, forms and ids are let in."""

from typing import Final

from flask import Flask, Response, abort, make_response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import BaseConverter
from werkzeug.sansio.utils import host_is_trusted

from helpdesk.config import Config

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LARGEST_ID: Final = 2**63 - 1
A_YEAR: Final = 365 * 86400

csrf = CSRFProtect()


class NumberConverter(BaseConverter):
    """An id in an address: 1 to 2**63 - 1; what is larger stands for the largest, which nothing has.

    Refused here, it would be 405 wherever another method of the address is found after this one.
    """

    regex = r"[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        return min(int(value), LARGEST_ID)


def install(app: Flask, config: Config) -> None:
    """Make the application strict."""
    app.url_map.converters["number"] = NumberConverter
    csrf.init_app(app)

    @app.before_request
    def _trust_the_host() -> Response | None:
        if is_api() or host_is_trusted(request.environ.get("HTTP_HOST", ""), config.trusted_hosts):
            return None
        said = "This desk does not answer under that host name. Add it to TRUSTED_HOSTS if it should."
        if request.path == "/oauth/token":  # which programs read
            return make_response({"error": "invalid_request", "error_description": said}, 400)
        abort(400, said)

    @app.after_request
    def _be_strict(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        if request.endpoint == "static":
            if response.status_code == 200 and "v" in request.args:
                headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        elif not is_api():
            headers.setdefault("Cache-Control", "no-store")
            response.vary.update(("HX-Request", "HX-History-Restore-Request"))
        return response


def is_api() -> bool:
    """Whether a program asks, which has a key, no cookies and any host name."""
    return request.path == "/api" or request.path.startswith("/api/")


def local_path(address: str | None) -> str | None:
    """The address if it is a path of this desk; what could lead anywhere else is None."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    if any(ord(character) < 33 or character == "\\" for character in address):
        return None
    return address
