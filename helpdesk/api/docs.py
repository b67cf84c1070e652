"""What there is to read about the API: the OpenAPI document, and a page with a curl line for each call."""

import json
import re
import shlex
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template

from audit.rest.calls import Call, Resource
from audit.rest.openapi import document
from audit.types import registry
from helpdesk.config import Config

TITLE: Final = "Desk REST API"
VERSION: Final = "1"

_NUMBER: Final = re.compile(r"<\w+:(\w+)>")


def install(blueprint: Blueprint, resources: Sequence[Resource]) -> None:
    """Serve both; they are the same for everybody, so that no key is needed."""

    @cache
    def whole() -> dict[str, Any]:
        return document(TITLE, VERSION, resources)

    @blueprint.get("/openapi.json", endpoint="openapi")
    def openapi() -> Response:
        return jsonify(whole())

    @blueprint.get("/docs", endpoint="docs")
    def read() -> Response:
        config: Config = current_app.config["DESK"]
        words = {"resources": resources, "curl": curl, "plain": plain_path, "types": registry, "base": config.base_url}
        return make_response(render_template("api/docs.html", **words))

    for view in (openapi, read):
        view.is_public = True  # type: ignore[attr-defined]


def curl(call: Call) -> str:
    """A line for a shell in which DESK, EMAIL, KEY and the numbers of things are set."""
    path = _NUMBER.sub(lambda found: f"${found[1].upper()}", call.path)
    asking = f"?{call.asking}" if call.asking else ""
    words = ["curl", '-u "$EMAIL:$KEY"']
    if call.method != "GET":
        words.append(f"-X {call.method}")
    words.append(f'"$DESK/api{path}{asking}"')
    if call.form:
        words.append(call.form)
    if call.sample is not None:
        words += ["-H 'Content-Type: application/json'", f"-d {_quoted(call.sample)}"]
    return " ".join(words)


def plain_path(call: Call) -> str:
    """The path as documentation writes it."""
    return "/api" + _NUMBER.sub(r"{\1}", call.path)


def _quoted(sample: Any) -> str:
    # What stands as "$TAG_ID" in a sample is a number that the reader has set: the quotation opens for it.
    word = shlex.quote(json.dumps(sample, ensure_ascii=False))
    return re.sub(r'"\$([A-Z_]+)"', r"""'"$\1"'""", word)
