"""Puts the API into an application: its routes, who is let in, how errors read, the headers of every answer."""

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, Flask, Response, request
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.routing import BaseConverter

from audit.db import db
from audit.rest import events
from audit.rest.answering import answer
from audit.rest.calls import Call, Resource
from audit.rest.problems import Problem, response_of
from helpdesk.api import (
    account,
    custom_fields,
    customers,
    docs,
    files,
    gate,
    integrations,
    jobs,
    limits,
    macros,
    messages,
    phone,
    repeats,
    reporting,
    rules,
    searching,
    surveys,
    tags,
    teams,
    tickets,
    users,
    views,
    widgets,
)
from helpdesk.api.paths import PlainPaths
from helpdesk.config import Config
from helpdesk.refusals import Busy, NotFound, Refused, Taken
from helpdesk.web.errors import OVERTAKEN, RACES
from helpdesk.web.security import LARGEST_ID, csrf, is_api

#: In the order of the documentation.
RESOURCES: Final[tuple[Resource, ...]] = (
    account.resource,
    events.resource,
    tickets.resource,
    messages.resource,
    customers.resource,
    tags.resource,
    teams.resource,
    users.resource,
    macros.resource,
    rules.resource,
    custom_fields.resource,
    views.resource,
    widgets.resource,
    integrations.resource,
    surveys.resource,
    jobs.resource,
    files.resource,
    searching.resource,
    phone.resource,
    reporting.resource,
)


RELEASE: Final = version("helpdesk")
_WORD: Final = re.compile(r"[\w.:-]{1,128}", re.ASCII)


class SelfConverter(BaseConverter):
    """The number of a user in an address; 0 is whoever calls."""

    regex = r"0|[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        return min(int(value), LARGEST_ID)


def install(app: Flask, config: Config, more: tuple[Resource, ...] = ()) -> None:
    """Register every call that was declared here, and those of packages that this one knows nothing of."""
    resources = (*RESOURCES, *more)
    app.extensions["api_calls"] = [call for resource in resources for call in resource]
    app.url_map.converters["self"] = SelfConverter
    app.config["API_LENIENT"] = config.api_lenient
    app.wsgi_app = PlainPaths(app.wsgi_app)  # type: ignore[method-assign]
    blueprint = Blueprint("api", __name__, url_prefix="/api")
    csrf.exempt(blueprint)
    for resource in resources:
        for call in resource:
            blueprint.add_url_rule(call.path, call.endpoint, _view(call), methods=[call.method])
    for kind, sorry in _SORRY.items():
        blueprint.register_error_handler(kind, sorry)
    docs.install(blueprint, resources)
    app.register_blueprint(blueprint)

    @app.after_request
    def _headers(response: Response) -> Response:
        if is_api():
            limits.tell(response)
            _say_which(response)
            response.headers.setdefault("Cache-Control", "no-store")
            if request.method == "OPTIONS":  # there is nothing in it
                response.headers.pop("Content-Type", None)
        return response


def _say_which(response: Response) -> None:
    """Which call it was, of which release, as the live API says it."""
    given = request.headers.get("X-Request-Id", "")
    response.headers["X-Request-Id"] = given if _WORD.fullmatch(given) else str(uuid4())
    response.headers["X-Gorgias-Release"] = RELEASE
    response.headers["Vary"] = "Cookie"


def _view(call: Call) -> Callable[..., Response]:
    def view(**numbers: Any) -> Response:
        gate.let_in(call)
        return repeats.once(lambda: answer(call, numbers), reads=call.reads)

    view.call = call  # type: ignore[attr-defined]  # read by the tests of roles and shapes
    return view


def _problem(problem: Problem) -> Response:
    db.session.rollback()
    return response_of(problem)


def _refused(status: int, refusal: Refused) -> Response:
    said = str(refusal)
    return _problem(Problem(status, said, {refusal.field: [said]} if refusal.field else None))


def _overtaken(error: DBAPIError) -> Response:
    if getattr(error.orig, "sqlstate", None) in RACES:
        return _problem(Problem(409, OVERTAKEN))
    if isinstance(error, IntegrityError):  # somebody was faster to take the name
        return _problem(Problem(409))
    raise error


_SORRY: Final[dict[type[Exception], Callable[[Any], Response]]] = {
    Problem: _problem,
    Taken: lambda refusal: _refused(409, refusal),
    Busy: lambda refusal: _refused(409, refusal),
    Refused: lambda refusal: _refused(400, refusal),
    NotFound: lambda _: _problem(Problem(404)),
    StaleDataError: lambda _: _problem(Problem(409, OVERTAKEN)),
    DBAPIError: _overtaken,
}
