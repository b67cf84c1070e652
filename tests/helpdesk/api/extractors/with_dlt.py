"""Takes an account along with dlt's REST source, and prints which rows it got; state is kept in the folder.

    python with_dlt.py ADDRESS EMAIL KEY FOLDER

Written from the API's contract alone: where the lists are, how they go on, and what grows in them.
"""

import json
import os
import sys
from collections import defaultdict
from typing import Any

address, email, key, folder = sys.argv[1:]
os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": folder}

import dlt  # noqa: E402  # it reads the environment
from dlt.sources.rest_api import rest_api_source  # noqa: E402

#: Lists by path, each with its query.
LISTS: dict[str, dict[str, Any]] = {
    "events": {"order_by": "created_datetime:asc", "created_datetime[gte]": "{incremental.start_value}"},
    "tickets": {"order_by": "updated_datetime:desc"},
    "messages": {},
    "customers": {"order_by": "updated_datetime:desc"},
    "tags": {},
    "teams": {},
    "users": {},
    "macros": {},
    "rules": {},
    "views": {},
    "widgets": {},
    "integrations": {},
    "satisfaction-surveys": {},
    "jobs": {},
    "custom-fields-of-tickets": {"object_type": "Ticket"},
    "custom-fields-of-customers": {"object_type": "Customer"},
}


def path_of(name: str) -> str:
    """Where a list is; some are of one kind of things at a time."""
    return name.partition("-of-")[0]


def resource(name: str, query: dict[str, Any]) -> Any:
    """A list of which each run takes what is new or changed."""
    changes = name in ("tickets", "customers")
    return {
        "name": name,
        "primary_key": "id",
        "endpoint": {
            "path": path_of(name),
            "params": {"limit": 5, **query},
            "data_selector": "data",
            "incremental": {
                "cursor_path": "updated_datetime" if changes else "created_datetime",
                "initial_value": "1970-01-01T00:00:00+00:00",
            },
        },
    }


got: dict[str, list[int]] = defaultdict(list)


@dlt.destination(batch_size=1000, skip_dlt_columns_and_tables=True)
def collected(rows: Any, table: Any) -> None:
    """Where the rows go."""
    got[path_of(table["name"])] += [row["id"] for row in rows]


source = rest_api_source(
    {
        "client": {
            "base_url": f"{address}/api/",
            "auth": {"type": "http_basic", "username": email, "password": key},
            "paginator": {"type": "cursor", "cursor_path": "meta.next_cursor", "cursor_param": "cursor"},
        },
        "resources": [resource(name, query) for name, query in LISTS.items()],
    }
)
dlt.pipeline("desk", pipelines_dir=folder, destination=collected, dataset_name="desk").run(source)
print(json.dumps({path_of(name): sorted(got[path_of(name)]) for name in LISTS}))
