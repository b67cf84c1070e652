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

CUSTOMER_LITE: Shape = {
    "id": int, "email": (str, None), "name": (str, None), "firstname": str, "lastname": str, "meta": (dict, None),
}  # fmt: skip
CHANNEL: Shape = {
    "id": int, "type": str, "address": str, "preferred": bool, "created_datetime": str,
    "updated_datetime": (str, None), "deleted_datetime": (str, None), "user": dict, "customer": dict,
}  # fmt: skip
CUSTOMER_ON_TICKET: Shape = {
    **CUSTOMER_LITE, "channels": list, "data": (dict, None), "customer": None, "integrations": dict,
    "external_id": (str, None), "note": (str, None), "external_data": dict, "ecommerce_data": dict,
}  # fmt: skip
_TICKET: Shape = {
    "id": int, "uri": str, "external_id": (str, None), "language": (str, None), "status": str, "priority": str,
    "channel": str, "via": str, "from_agent": (bool, None), "spam": bool, "subject": (str, None),
    "summary": (str, None), "customer": dict, "assignee_user": (dict, None), "assignee_team": (dict, None),
    "meta": (dict, None), "tags": list, "custom_fields": (dict, None), "is_unread": bool,
    "created_datetime": str, "updated_datetime": str, "opened_datetime": (str, None),
    "last_message_datetime": (str, None), "last_received_message_datetime": (str, None),
    "closed_datetime": (str, None), "snooze_datetime": (str, None), "trashed_datetime": (str, None),
}  # fmt: skip
TICKET_ROW: Shape = {
    **_TICKET, "excerpt": (str, None), "integrations": list, "messages_count": int,
    "last_sent_message_not_delivered": bool,
}  # fmt: skip
ITEM: Shape = {key: kinds for key, kinds in TICKET_ROW.items() if key not in ("summary", "custom_fields")}
TICKET: Shape = {
    **_TICKET, "requester": dict, "assignee_user_id": (int, None), "assignee_team_id": (int, None),
    "messages": list, "events": list, "imported": bool, "processed_datetime": (str, None),
    "satisfaction_survey": (dict, None), "reply_options": dict,
}  # fmt: skip
MESSAGE: Shape = {
    "id": int, "uri": str, "message_id": (str, None), "ticket_id": int, "external_id": (str, None), "public": bool,
    "channel": str, "via": str, "source": (dict, None), "sender": dict, "auth_customer_identity": (dict, None),
    "integration_id": (int, None), "intents": list, "rule_id": (int, None), "from_agent": bool,
    "receiver": (dict, None), "subject": (str, None), "body_text": (str, None), "body_html": (str, None),
    "stripped_text": (str, None), "stripped_html": (str, None), "stripped_signature": (str, None),
    "attachments": list, "macros": list, "actions": (list, None), "headers": (dict, None), "imported": bool,
    "meta": (dict, None), "created_datetime": str, "processed_datetime": (str, None),
    "deleted_datetime": (str, None), "sent_datetime": (str, None), "failed_datetime": (str, None),
    "opened_datetime": (str, None), "last_sending_error": (dict, None), "is_retriable": bool,
}  # fmt: skip
FIELD: Shape = {
    "id": int, "external_id": (str, None), "object_type": str, "label": str, "description": (str, None),
    "priority": int, "required": bool, "requirement_type": str, "managed_type": (str, None), "definition": dict,
    "created_datetime": str, "updated_datetime": (str, None), "deactivated_datetime": (str, None),
}  # fmt: skip

CUSTOMER_ROW: Shape = {
    "id": int, "external_id": (str, None), "active": bool, "email": (str, None), "name": (str, None),
    "firstname": str, "lastname": str, "language": (str, None), "timezone": (str, None), "created_datetime": str,
    "updated_datetime": str, "meta": (dict, None), "data": (dict, None), "note": (str, None),
    "custom_fields": (dict, None),
}  # fmt: skip
CUSTOMER: Shape = {
    **CUSTOMER_ROW, "channels": list, "customer": None, "integrations": dict, "external_data": dict,
    "ecommerce_data": dict,
}  # fmt: skip
USER: Shape = {
    "id": int, "uri": str, "active": bool, "bio": (str, None), "client_id": (str, None), "country": (str, None),
    "created_datetime": str, "deactivated_datetime": (str, None), "email": str, "external_id": (str, None),
    "firstname": str, "lastname": str, "has_2fa_enabled": bool, "has_password": bool, "language": (str, None),
    "meta": (dict, None), "name": str, "role": dict, "timezone": (str, None), "updated_datetime": str,
}  # fmt: skip
ACCOUNT: Shape = {
    "created_datetime": str, "current_subscription": dict, "deactivated_datetime": (str, None), "domain": str,
    "meta": dict, "settings": list, "status": dict,
}  # fmt: skip
SETTING: Shape = {"id": int, "type": str, "data": dict}

MACRO: Shape = {
    "id": int, "uri": str, "external_id": (str, None), "name": str, "intent": (str, None), "language": (str, None),
    "usage": int, "actions": list, "created_datetime": str, "updated_datetime": (str, None),
    "archived_datetime": (str, None),
}  # fmt: skip
RULE: Shape = {
    "id": int, "uri": str, "name": str, "description": (str, None), "code": str, "code_ast": (dict, None),
    "event_types": (str, None), "priority": int, "type": str, "created_datetime": str,
    "updated_datetime": (str, None), "deactivated_datetime": (str, None),
}  # fmt: skip

VIEW: Shape = {
    "id": int, "uri": str, "name": str, "slug": str, "type": str, "category": str, "visibility": str,
    "decoration": (dict, None), "fields": list, "filters": str, "filters_ast": (dict, None), "order_by": str,
    "order_dir": str, "search": (str, None), "section_id": (int, None), "shared_with_teams": list,
    "shared_with_users": list, "created_datetime": str, "deactivated_datetime": (str, None),
}  # fmt: skip
WIDGET: Shape = {
    "id": int, "uri": str, "type": str, "template": dict, "context": str, "order": int,
    "integration_id": (int, None), "app_id": (str, None), "created_datetime": str, "updated_datetime": (str, None),
    "deactivated_datetime": (str, None),
}  # fmt: skip
INTEGRATION: Shape = {
    "id": int, "uri": str, "name": str, "type": str, "description": (str, None), "http": (dict, None),
    "meta": (dict, None), "decoration": (dict, None), "application_id": (str, None), "business_hours_id": (int, None),
    "managed": bool, "user": (dict, None), "created_datetime": str, "updated_datetime": (str, None),
    "deactivated_datetime": (str, None), "locked_datetime": (str, None),
}  # fmt: skip
HTTP: Shape = {
    "url": str, "method": str, "request_content_type": str, "response_content_type": str, "form": (dict, str, None),
    "headers": (dict, None), "triggers": dict,
}  # fmt: skip
SURVEY: Shape = {
    "id": int, "uri": str, "ticket_id": int, "customer_id": int, "score": (int, None), "body_text": (str, None),
    "meta": (dict, None), "created_datetime": str, "sent_datetime": (str, None), "scored_datetime": (str, None),
    "should_send_datetime": (str, None),
}  # fmt: skip
JOB: Shape = {
    "id": int, "uri": str, "type": str, "status": str, "params": dict, "info": (dict, None), "meta": (dict, None),
    "user_id": (int, None), "created_datetime": str, "scheduled_datetime": (str, None),
    "started_datetime": (str, None), "ended_datetime": (str, None), "cancel_requested_datetime": (str, None),
    "cancelled_datetime": (str, None), "failed_datetime": (str, None), "locked_datetime": (str, None),
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
