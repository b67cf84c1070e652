"""From a request to an answer: what was sent is read strictly, the call runs, and what it gives is written out."""

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final

from flask import Response, current_app, request
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from audit import jsons
from audit.rest.calls import Call
from audit.rest.echoes import Echoes, model_of
from audit.rest.paging import Page
from audit.rest.problems import Problem, fields_of
from audit.rest.shapes import LARGEST_ID, Body

#: The longest body that is read; files go to /api/upload.
LARGEST_BODY: Final = 10 * 2**20


def answer(call: Call, numbers: Mapping[str, Any]) -> Response:
    """Run the call on what was sent; raises Problem."""
    given: dict[str, Any] = {**numbers, **_asked(call), **_sent(call, numbers)}
    return written(call, call.run(**given))


def written(call: Call, result: Any) -> Response:
    """What the call gave, as JSON."""
    if isinstance(result, Response):
        return result
    if call.gives is None:
        return Response(status=call.status, mimetype="application/json")
    if isinstance(result, Page):
        data = adapter(list[call.gives]).dump_json(result.data, by_alias=True)  # type: ignore[name-defined]
        meta = {"prev_cursor": result.prev_cursor, "next_cursor": result.next_cursor, **result.meta}
        head = json.dumps({"object": "list", "uri": _uri(), "meta": meta})
        body = head[:-1].encode() + b', "data": ' + data + b"}"
    else:
        body = adapter(call.gives).dump_json(result, by_alias=True)
    return Response(body, call.status, mimetype="application/json")


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Reads and writes values of a kind; made once."""
    return TypeAdapter(kind)


def lenient() -> bool:
    """Whether what is unknown is passed over instead of refused."""
    return bool(current_app.config.get("API_LENIENT"))


def _uri() -> str:
    return f"{request.path}?{request.query_string.decode('ascii', 'replace')}"


def _asked(call: Call) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, values in request.args.lists():
        if len(values) > 1 and not call.query.takes_many(name):
            raise Problem(400, call.fails, {name: ["It can be given only once."]})
        given[name] = values if call.query.takes_many(name) else values[0]
    try:
        asked = call.query.model_validate(given, context={"lenient": lenient()})
    except ValidationError as error:
        raise Problem(400, call.fails, fields_of(error)) from error
    return {"asked": asked} if call.query.model_fields else {}


def _sent(call: Call, numbers: Mapping[str, Any]) -> dict[str, Any]:
    if call.body is None and (call.form or call.method not in ("POST", "PUT")):
        return {}
    sent = _json(call)
    if call.look is not None and call.kinds and not lenient():
        sent = _without_echoes(call, call.look, sent, numbers)
    try:
        body = adapter(call.body or Body).validate_python(sent, context={"lenient": lenient()})
    except ValidationError as error:
        raise Problem(400, call.fails, fields_of(error)) from error
    return {"body": body} if call.body is not None else {}


def _without_echoes(call: Call, look: Callable[..., Any], sent: Any, numbers: Mapping[str, Any]) -> Any:
    body: Any = model_of(call.body)
    if isinstance(sent, dict) and not call.is_bulk:
        return Echoes(body, call.kinds, partial(look, **numbers)).taken_out(sent, call.fails)
    if isinstance(sent, list) and call.is_bulk:
        return [
            Echoes(body, call.kinds, partial(look, each["id"])).taken_out(each, call.fails, f"{place}.")
            if isinstance(each, dict) and type(each.get("id")) is int and 0 < each["id"] <= LARGEST_ID
            else each
            for place, each in enumerate(sent)
        ]
    return sent


def _json(call: Call) -> Any:
    request.max_content_length = LARGEST_BODY
    try:
        raw = request.get_data()
    except RequestEntityTooLarge as error:
        raise Problem(413) from error
    if len(raw) >= LARGEST_BODY:  # of one that comes in chunks no more is read
        raise Problem(413)
    if request.headers.get("Transfer-Encoding", "chunked").lower() != "chunked" or _is_packed():
        raise Problem(415, "The body must come as it is: without Content-Encoding, whole or chunked. Nothing was done.")
    if not raw.strip() and not (call.must_have_body and call.body is not None):
        return {}
    if raw and not (request.mimetype == "application/json" or request.mimetype.endswith("+json")):
        raise Problem(415)
    try:
        return jsons.read(raw)
    except ValueError as error:
        raise Problem(400, "The body is no JSON, so nothing was done.") from error


def _is_packed() -> bool:
    return request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
