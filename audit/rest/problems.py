"""How a REST call says no: one shape for every error."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from pydantic import ValidationError

#: What is said where nobody says it better.
WORDS: Final[Mapping[int, str]] = {
    400: "The request was not understood, so nothing was done.",
    401: "The credentials are missing or wrong. Send an e-mail address and an API key of its owner by HTTP Basic.",
    403: "You do not have enough permissions to perform this action.",
    404: "Resource not found.",
    405: "The specified HTTP method is not allowed.",
    409: "The resource already exists.",
    413: "The request is too large, so it was not read.",
    415: "The body must be JSON: send Content-Type: application/json.",
    422: "The request was understood, but can't be done.",
    429: "Too many requests. Wait as many seconds as Retry-after says.",
    500: "The desk made a mistake. What you asked for was not done, and nothing was changed.",
}


class Problem(Exception):
    """Ends a call with this status; `data` holds messages per field."""

    def __init__(self, status: int, msg: str = "", data: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(msg or WORDS[status])
        self.status = status
        self.data = data


def body_of(status: int, msg: str | None = None, data: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """An error as clients read it."""
    error: dict[str, Any] = {"msg": msg or WORDS.get(status) or WORDS[500 if status >= 500 else 400]}
    if data:
        error["data"] = dict(data)
    return {"error": error}


def response_of(problem: Problem) -> Response:
    """The answer to a call that ended so."""
    body = json.dumps(body_of(problem.status, str(problem), problem.data), ensure_ascii=False)  # in this order
    response = Response(body, problem.status, mimetype="application/json")
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Desk API", charset="UTF-8"'
    return response


def fields_of(error: ValidationError) -> dict[str, list[str]]:
    """What is wrong, field by field; parts of a field are named with dots."""
    found: dict[str, list[str]] = {}
    for each in error.errors(include_url=False, include_input=False):
        # Which of several kinds was tried is no name of anything.
        field = ".".join(part for part in map(str, each["loc"]) if "[" not in part) or "body"
        found.setdefault(field, []).append(_said(each))
    return found


def _said(error: Any) -> str:
    if error["type"] == "missing":
        return "Missing data for required field."
    if error["type"] == "extra_forbidden":
        return "Unknown field."
    if error["type"] in ("model_type", "dict_type"):
        return "It should be a JSON object."
    said = str(error.get("ctx", {}).get("error") or error["msg"]).replace("Input should", "It should")
    return said if said.endswith(".") else f"{said}."
