"""Bodies of PUT in the OpenAPI document: beside what they write, what else is shown of the thing, read-only."""

from typing import Any, Final

from pydantic import BaseModel

from audit.rest.echoes import Fields, fields_of, model_of, moves

PASSED_OVER: Final = "Passed over: it moves by itself."
STAYS: Final = "Only as it is shown: it can't be changed here."


def with_echoes(
    schema: dict[str, Any], body: type[BaseModel], shown: dict[str, Any], kinds: Fields, definitions: dict[str, Any]
) -> dict[str, Any]:
    """The schema of a body, or of a part of one, with the fields that may only come back in it."""
    whole = definitions[named(schema)]
    writable, properties = fields_of(body), dict(whole["properties"])
    for name, kind in kinds.items():
        if name not in writable:
            stays = {**shown[name], "readOnly": True, "description": STAYS}
            properties[name] = {"readOnly": True, "description": PASSED_OVER} if moves(kind) else stays
            continue
        inner, model = model_of(writable[name].annotation), model_of(kind.annotation)
        if inner is not None and model is not None:
            parts = definitions[named(shown[name])]["properties"]
            part = with_echoes(properties[name], inner, parts, fields_of(model), definitions)
            properties[name] = instead(properties[name], part) if part is not properties[name] else part
    return schema if properties == whole["properties"] else {**whole, "properties": properties}


def named(schema: Any) -> str:
    """The name of the definition that a schema leads to, by whichever way."""
    if isinstance(schema, dict) and "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    return next(filter(None, map(named, parts)), "")


def instead(schema: Any, part: dict[str, Any]) -> Any:
    """The same with this part where it leads to a definition."""
    if isinstance(schema, dict):
        return part if "$ref" in schema else {name: instead(each, part) for name, each in schema.items()}
    return [instead(each, part) for each in schema] if isinstance(schema, list) else schema
