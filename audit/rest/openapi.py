"""The OpenAPI 3.1 document, written from the calls as they were declared: what validates is what is documented."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from audit.rest.calls import Call, Resource
from audit.rest.echoes import fields_of, model_of
from audit.rest.openapi_echoes import instead, named, with_echoes
from audit.rest.shapes import LARGEST_ID

_PARAMETER: Final = re.compile(r"<(\w+):(\w+)>")
_THING: Final = re.compile(r"\$[A-Z_]+")
_TEMPLATE: Final = "#/components/schemas/{model}"

_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["msg"],
            "properties": {
                "msg": {"type": "string"},
                "data": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            },
        }
    },
}
_STATUSES: Final = {
    400: "Something is missing, malformed or unknown; `data` has messages per field.",
    401: "The credentials are missing or wrong.",
    403: "The role does not allow it.",
    404: "There is no such thing in this account.",
    405: "What is there takes other methods.",
    409: "It clashes with something that is there.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many calls; Retry-After says how long to wait.",
}
_CURSOR: Final = {"type": ["string", "null"]}


def document(title: str, version: str, resources: Iterable[Resource]) -> dict[str, Any]:
    """The whole document."""
    calls = [call for resource in resources for call in resource]
    schemas, definitions = _schemas(calls)
    paths: dict[str, Any] = {}
    for call in calls:
        path = _PARAMETER.sub(r"{\2}", f"/api{call.path}")
        paths.setdefault(path, {})[call.method.lower()] = _operation(call, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"bearer": []}],
        "tags": [{"name": resource.title, "description": resource.about} for resource in resources],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "basic", "description": "E-mail address and API key."},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {**definitions, "Error": _ERROR},
        },
    }


def _schemas(calls: list[Call]) -> tuple[dict[Any, Any], dict[str, Any]]:
    inputs: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = []
    for call in calls:
        inputs += [((call.endpoint, "query"), "validation", TypeAdapter(call.query))]
        if call.body is not None:
            inputs += [((call.endpoint, "body"), "validation", TypeAdapter(call.body))]
        if call.kinds:
            inputs += [((call.endpoint, "row"), "serialization", TypeAdapter(call.kinds[0]))]
        if call.gives is not None:
            inputs += [((call.endpoint, "gives"), "serialization", TypeAdapter(call.gives))]
    found, rest = TypeAdapter.json_schemas(inputs, ref_template=_TEMPLATE)
    definitions = rest.get("$defs", {})
    for definition in definitions.values():
        for schema in definition.get("properties", {}).values():
            if schema.get("default") == "" and schema.get("minLength"):  # it only says that it may be left out
                del schema["default"]
    schemas = {key: schema for (key, _), schema in found.items()}
    for call in calls:
        if call.body is not None:
            schemas[call.endpoint, "taken"] = _taken(call, schemas, definitions)
    return schemas, definitions


def _operation(call: Call, schemas: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.endpoint,
        "tags": [call.resource.title],
        "summary": call.says,
        "parameters": [*_in_path(call), *_in_query(call, schemas)],
        "responses": {str(call.status): _success(call, schemas), **_failures(call)},
    }
    if call.writes:
        operation["description"] = f"Writes the events {', '.join(call.writes)}."
    if call.body is not None:
        content = {"schema": schemas[call.endpoint, "taken"]}
        if call.sample is not None:
            content["example"] = _example(call.sample)
        operation["requestBody"] = {"required": call.must_have_body, "content": {"application/json": content}}
    if call.form:
        files = {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": files}}}
    return operation


def _taken(call: Call, schemas: dict[Any, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The body as it may be sent: what is written by it, and what else is shown of the thing, which stays."""
    body: dict[str, Any] = schemas[call.endpoint, "body"]
    if not call.kinds:
        return body
    shown = {
        name: part
        for key in ("row", "gives")
        for name, part in definitions[named(schemas[call.endpoint, key])]["properties"].items()
    }
    part = with_echoes(body, model_of(call.body) or call.body, shown, fields_of(*call.kinds), definitions)
    return body if part is body else instead(body, part)


def _example(sample: Any) -> Any:
    """A sample in which numbers stand for the things of whoever reads it."""
    if isinstance(sample, str):
        return 1 if _THING.fullmatch(sample) else sample
    if isinstance(sample, list):
        return [_example(part) for part in sample]
    return {name: _example(part) for name, part in sample.items()} if isinstance(sample, dict) else sample


def _in_path(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _numbered(kind),
        }
        for kind, name in _PARAMETER.findall(call.path)
    ]


def _numbered(kind: str) -> dict[str, Any]:
    if kind == "string":
        return {"type": "string"}
    return {"type": "integer", "minimum": 0 if kind == "self" else 1, "maximum": LARGEST_ID}


def _in_query(call: Call, schemas: dict[Any, Any]) -> list[dict[str, Any]]:
    found = []
    for name, schema in _fields(call).items():
        entry = {"name": name, "in": "query", "required": name in _required(call), "schema": _asked(schema)}
        if "description" in schema:
            entry["description"] = schema["description"]
        found.append(entry)
    return found


def _fields(call: Call) -> dict[str, Any]:
    properties: dict[str, Any] = call.query.model_json_schema(by_alias=True).get("properties", {})
    return properties


def _required(call: Call) -> list[str]:
    required: list[str] = call.query.model_json_schema(by_alias=True).get("required", [])
    return required


def _asked(schema: dict[str, Any]) -> dict[str, Any]:
    # In an address there is no null: a parameter that may be left out is simply of its kind.
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default", "title", "description")}
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}), **rest, **default}


def _success(call: Call, schemas: dict[Any, Any]) -> dict[str, Any]:
    if call.gives is None:
        return {"description": "Done; the body is empty."}
    if call.gives is bytes:
        return {"description": "The bytes.", "content": {"application/octet-stream": {}}}
    schema = schemas[call.endpoint, "gives"]
    if call.is_list:
        schema = {
            "type": "object",
            "required": ["data", "meta", "object", "uri"],
            "properties": {
                "object": {"const": "list"},
                "uri": {"type": "string"},
                "data": {"type": "array", "items": schema},
                "meta": {
                    "type": "object",
                    "required": ["prev_cursor", "next_cursor"],
                    "properties": {"prev_cursor": _CURSOR, "next_cursor": _CURSOR},
                },
            },
        }
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _failures(call: Call) -> dict[str, Any]:
    statuses = [400, 401, 403, 429, *([404, 405] if "<" in call.path else [])]
    if call.method != "GET":
        statuses += [404, 409]
    if call.body is not None:
        statuses += [413, 415]
    error = {"application/json": {"schema": {"$ref": _TEMPLATE.format(model="Error")}}}
    return {str(status): {"description": _STATUSES[status], "content": error} for status in sorted(set(statuses))}
