"""What every call answers: the documented shape, by the call's name; a test says which call has none."""

from typing import Any, Final

from tests.helpdesk.api.shapes import (
    ACCOUNT,
    CUSTOMER,
    CUSTOMER_ROW,
    EVENT,
    FIELD,
    INTEGRATION,
    ITEM,
    JOB,
    MACRO,
    MESSAGE,
    RULE,
    SETTING,
    SURVEY,
    TAG,
    TEAM,
    TICKET,
    TICKET_ROW,
    USER,
    VIEW,
    WIDGET,
    Shape,
    fits,
)

TAG_LITE: Shape = {"id": int, "name": str, "decoration": (dict, None)}
VALUE: Shape = {"field": dict, "prediction": (dict, None), "value": (str, int, float, bool, None)}
VALUES: Any = {"data": [VALUE]}
OUTCOME: Shape = {"id": int, "status": str, "msg": (str, None)}
OUTCOMES: Any = {"data": [OUTCOME]}
SUMMARY: Shape = {"ticket_id": int, "message_id": int, "summary": str}
ITEMS: Any = {
    "data": [ITEM],
    "meta": {"next_items": (str, None), "prev_items": (str, None), "current_cursor": (str, None)},
}
SILENCE: Any = {"list": {}}
UPLOADED: Shape = {"url": str, "name": str, "content_type": str, "size": int}
FOUND: Shape = {"id": int, "name": (str, None), "email": (str, None)}
STATISTIC: Shape = {"channel": str, "createdDatetime": str, "ticketCount": int}
CLOCK: Shape = {"datetime": str, "rate": float, "next_due_datetime": (str, None)}
SETTLED: Shape = {
    "is_settled": bool, "played": int, "rules_ran": int, "calls_made": int, "last_event_id": int,
}  # fmt: skip
SIMULATION: Shape = {
    "job_id": int, "status": str, "percent": int, "profile": str, "seed": int, "agents": int, "start_datetime": str,
    "until_datetime": str, "reached_datetime": str, "events": int, "error": (str, None),
}  # fmt: skip
EVENT_TYPE: Shape = {
    "name": str, "label": str, "object_type": str, "meaning": str, "actors": list, "by_hand": str, "by_api": str,
    "by_machine": str, "companions": list, "in_drop_down": bool,
}  # fmt: skip
COVERED: Shape = {"type": str, "object_type": str, "actors": dict}
REPLAY: Shape = {"agrees": bool, "events": int, "rows": int, "differences": list}
WORLD: Shape = {
    "account_id": int, "domain": str, "mail_address": str, "password": str, "users": list, "team_id": int,
    "customer_id": int,
}  # fmt: skip
FIRED: Shape = {
    "type": str, "scene": str, "title": str, "is_as_told": bool, "refusal": (str, None), "events": list,
}  # fmt: skip

#: None has no body, `bytes` is a file; `[X]` is a bare list, `{"data": [X]}` one within an object, and `{"list": X}`
#: one in the envelope of lists.
ANSWERS: Final[dict[str, Any]] = {
    "account_show": ACCOUNT,
    "account_list_settings": {"data": [SETTING]},
    **dict.fromkeys(("account_create", "account_update"), SETTING),
    "events_index": {"list": EVENT},
    "events_show": EVENT,
    "tickets_index": {"list": TICKET_ROW},
    **dict.fromkeys(("tickets_create", "tickets_show", "tickets_update"), TICKET),
    "tickets_list_tags": {"data": [TAG_LITE]},
    **dict.fromkeys(("tickets_list_fields", "tickets_set_fields"), VALUES),
    "tickets_set_field": VALUE,
    "messages_index": {"list": MESSAGE},
    "messages_of_ticket": {"list": MESSAGE},
    **dict.fromkeys(("messages_show_alone", "messages_create", "messages_show", "messages_update"), MESSAGE),
    "messages_summarise": SUMMARY,
    "customers_index": {"list": CUSTOMER_ROW},
    **dict.fromkeys(("customers_create", "customers_show", "customers_update", "customers_merge"), CUSTOMER),
    **dict.fromkeys(("customers_list_fields", "customers_set_fields"), VALUES),
    "customers_set_field": VALUE,
    "tags_index": {"list": TAG},
    **dict.fromkeys(("tags_create", "tags_show", "tags_update", "tags_merge"), TAG),
    "teams_index": {"list": TEAM},
    **dict.fromkeys(("teams_create", "teams_show", "teams_update"), TEAM),
    "users_index": {"list": USER},
    **dict.fromkeys(("users_create", "users_show", "users_update"), USER),
    "macros_index": {"list": MACRO},
    **dict.fromkeys(("macros_create", "macros_show", "macros_update"), MACRO),
    **dict.fromkeys(("macros_archive", "macros_unarchive"), OUTCOMES),
    "rules_index": {"list": RULE},
    **dict.fromkeys(("rules_create", "rules_show", "rules_update"), RULE),
    "rules_set_priorities": [RULE],
    "custom_fields_index": {"list": FIELD},
    **dict.fromkeys(("custom_fields_create", "custom_fields_show", "custom_fields_update"), FIELD),
    "custom_fields_update_many": [FIELD],
    "views_index": {"list": VIEW},
    **dict.fromkeys(("views_create", "views_show", "views_update"), VIEW),
    **dict.fromkeys(("views_items", "views_ad_hoc_items"), ITEMS),
    "widgets_index": {"list": WIDGET},
    **dict.fromkeys(("widgets_create", "widgets_show", "widgets_replace"), WIDGET),
    "integrations_index": {"list": INTEGRATION},
    **dict.fromkeys(("integrations_create", "integrations_show", "integrations_update"), INTEGRATION),
    "surveys_index": {"list": SURVEY},
    **dict.fromkeys(("surveys_create", "surveys_show", "surveys_update"), SURVEY),
    "jobs_index": {"list": JOB},
    **dict.fromkeys(("jobs_create", "jobs_show", "jobs_update"), JOB),
    "files_upload": [UPLOADED],
    "files_download": bytes,
    "search_search": {"data": [FOUND], "object": str, "uri": str, "meta": {}},
    **dict.fromkeys(("phone_calls", "phone_events", "phone_recordings"), SILENCE),
    "reporting_stats": {"list": STATISTIC},
    **dict.fromkeys(("desk_time_show", "desk_time_set_rate", "desk_time_advance"), CLOCK),
    "desk_time_settle": SETTLED,
    **dict.fromkeys(("desk_simulation_simulate", "desk_simulation_show"), SIMULATION),
    "desk_log_event_types": {"data": [EVENT_TYPE]},
    "desk_log_coverage": {"seen": int, "total": int, "data": [COVERED]},
    "desk_log_prove": REPLAY,
    "desk_create_account": WORLD,
    "desk_trigger": FIRED,
    **dict.fromkeys(
        (
            "tickets_delete", "tickets_add_tags", "tickets_set_tags", "tickets_remove_tags", "tickets_clear_field",
            "messages_delete", "customers_delete", "customers_delete_many", "customers_set_data",
            "customers_clear_field", "tags_delete", "tags_delete_many", "teams_delete", "users_delete",
            "macros_delete", "rules_delete", "views_delete", "widgets_delete", "integrations_delete", "jobs_cancel",
            "desk_simulation_stop",
        ),
        None,
    ),
}  # fmt: skip
CURSORS: Final = {"prev_cursor", "next_cursor"}
MORE_META: Final = {"tickets_index", "users_index", "custom_fields_index"}


def is_as_documented(name: str, answer: Any) -> bool:
    """Whether a call's answer has its shape, in all of its parts; says what doesn't fit."""
    shape = ANSWERS[name]
    if not isinstance(shape, dict) or shape.keys() != {"list"}:
        return _is_of(shape, answer)
    assert answer.keys() == {"object", "uri", "data", "meta"}
    assert answer["object"] == "list"
    assert answer["meta"].keys() == CURSORS | ({"total_resources"} if name in MORE_META else set())
    return all(fits(row, shape["list"]) for row in answer["data"])


def _is_of(shape: Any, answer: Any) -> bool:
    if isinstance(shape, list):
        assert isinstance(answer, list)
        return all(_is_of(shape[0], each) for each in answer)
    assert isinstance(answer, dict), answer
    plain = {name: kinds for name, kinds in shape.items() if not isinstance(kinds, list | dict)}
    parts = shape.keys() - plain.keys()
    return fits({name: value for name, value in answer.items() if name not in parts}, plain) and all(
        _is_of(shape[name], answer[name]) for name in parts
    )
