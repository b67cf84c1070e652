"""An event in the words of the Open Cybersecurity Schema Framework, version 1.5.0, as security tools read it.

Log-ins and log-outs are class Authentication (3002); everything else is somebody or something managing an object of the
desk, class Entity Management (3004). What the schema has no place for stands in `unmapped`, under the log's own names.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from audit.base import to_microseconds

VERSION: Final = "1.5.0"
PRODUCT: Final = {"name": "Desk", "vendor_name": "Desk"}

_CATEGORY: Final = 3  # Identity & Access Management
_ENTITY_MANAGEMENT: Final = 3004
_AUTHENTICATION: Final = 3002
_INFORMATIONAL: Final = 1
_SUCCESS, _FAILURE = 1, 2
_OTHER: Final = 99

#: How the names of events end that are about getting in, and the activity this is.
_SIGNING_IN: Final = {"-logged-in": (1, "Logon"), "-login-failed": (1, "Logon"), "-logged-out": (2, "Logoff")}
#: The same for what is done to an object; whatever ends otherwise is an update.
_MANAGING: Final = {
    "-created": (1, "Create"),
    "-suggested": (1, "Create"),
    "-exported": (2, "Read"),
    "-deleted": (4, "Delete"),
    "-revoked": (4, "Delete"),
    "-renamed": (5, "Move"),
    "-reactivated": (10, "Activate"),
    "-deactivated": (11, "Deactivate"),
    "-snoozed": (12, "Suspend"),
    "-unsnoozed": (13, "Resume"),
}
_UPDATE: Final = (3, "Update")


def document(row: Row[Any], label: str, changes: dict[str, Any] | None) -> dict[str, Any]:
    """The event as an OCSF record."""
    signing_in = _ending(row.type, _SIGNING_IN)
    class_uid = _AUTHENTICATION if signing_in else _ENTITY_MANAGEMENT
    activity_id, activity_name = signing_in or _ending(row.type, _MANAGING) or _UPDATE
    has_failed = row.type.endswith("-failed")
    return {
        "class_uid": class_uid,
        "class_name": "Authentication" if signing_in else "Entity Management",
        "category_uid": _CATEGORY,
        "category_name": "Identity & Access Management",
        "activity_id": activity_id,
        "activity_name": activity_name,
        "type_uid": class_uid * 100 + activity_id,
        "severity_id": _INFORMATIONAL,
        "status_id": _FAILURE if has_failed else _SUCCESS,
        "time": _milliseconds(row.created_datetime),
        "message": f"{label}: {row.object_type} {row.object_id} {row.object_label}".rstrip(),
        "metadata": _metadata(row),
        "actor": _actor(row),
        **(_signing_in(row) if signing_in else {"entity": _entity(row)}),
        "unmapped": {
            "source": row.source,
            "cause_id": row.cause_id,
            "initiator_id": row.initiator_id,
            "actor_kind": row.actor_kind,
            "actor_version": row.actor_version,
            "data": row.data,
            "changes": changes,
        },
    }


def _metadata(row: Row[Any]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "product": PRODUCT,
        "uid": str(row.id),
        "event_code": row.type,
        "correlation_uid": str(row.context),
        "tenant_uid": str(row.account_id),
        "log_name": "audit",
        "original_time": row.created_datetime.isoformat(),
        "logged_time": _milliseconds(row.recorded_datetime),
    }


def _actor(row: Row[Any]) -> dict[str, Any]:
    if row.actor_kind in ("user", "customer"):
        kind = ("User", 1) if row.actor_kind == "user" else ("Customer", _OTHER)
        return {"user": {**_named(row.actor_id, row.actor_name), "type": kind[0], "type_id": kind[1]}}
    uid = f"{row.actor_kind}:{row.actor_id}" if row.actor_id is not None else row.actor_kind
    return {"app_name": row.actor_name, "app_uid": uid}


def _entity(row: Row[Any]) -> dict[str, Any]:
    named = _named(row.object_id, row.object_label)
    if row.object_type == "User":
        return {**named, "type": "User", "type_id": 2, "user": named}
    if row.object_type == "Account":
        return {**named, "type": "Organization", "type_id": 4, "org": named}
    return {**named, "type": row.object_type, "type_id": _OTHER}


def _signing_in(row: Row[Any]) -> dict[str, Any]:
    address = (row.data or {}).get("remote_addr")
    return {
        "user": _named(row.object_id, row.object_label),
        "service": {"name": PRODUCT["name"]},
        **({"src_endpoint": {"ip": address}} if address else {}),
    }


def _named(number: int | None, name: str) -> dict[str, Any]:
    return {**({"uid": str(number)} if number is not None else {}), "name": name}


def _ending(name: str, endings: dict[str, tuple[int, str]]) -> tuple[int, str] | None:
    return next((found for ending, found in endings.items() if name.endswith(ending)), None)


def _milliseconds(moment: datetime) -> int:
    return to_microseconds(moment) // 1000
