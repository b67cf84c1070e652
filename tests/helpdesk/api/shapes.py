"""What documented objects look like: their keys, what stands there, and what may be null."""

from typing import Any

#: Key to the kinds of its value, None among them where it may be null.
Shape = dict[str, Any]

EVENT: Shape = {
    "id": int, "uri": str, "type": str, "object_type": str, "object_id": int, "user_id": (int, None),
    "context": (str, None), "data": (dict, None), "created_datetime": str,
}  # fmt: skip
TAG: Shape = {
    "id": int, "uri": str, "name": str, "description": (str, None), "decoration": (dict, None), "usage": int,
    "created_datetime": str, "deleted_datetime": (str, None),
}  # fmt: skip
TEAM: Shape = {
    "id": int, "uri": str, "name": str, "description": (str, None), "decoration": dict, "members": list,
    "created_datetime": str,
}  # fmt: skip


def fits(value: Any, shape: Shape) -> bool:
    """Whether an object has exactly these keys, and values of these kinds; says what doesn't fit."""
    assert value.keys() == shape.keys(), value.keys() ^ shape.keys()
    for key, kinds in shape.items():
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        allowed = tuple(type(None) if kind is None else kind for kind in kinds)
        assert type(value[key]) in allowed, (key, value[key])
        if key.endswith("_datetime") and value[key] is not None:
            assert len(value[key]) == 32, value[key]
            assert value[key].endswith("+00:00"), value[key]
    return True
