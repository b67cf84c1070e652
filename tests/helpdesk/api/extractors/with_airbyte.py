"""Takes an account along with a low-code connector of Airbyte, and prints which rows it got; state is kept in a file.

python with_airbyte.py ADDRESS EMAIL KEY FOLDER
"""

import copy
import json
import logging
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml
from airbyte_cdk.models import AirbyteStateMessageSerializer, ConfiguredAirbyteCatalogSerializer, Type
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

address, email, key, folder = sys.argv[1:]
kept = Path(folder) / "airbyte-state.json"

#: Lists by name: path, and the time by which they grow.
LISTS = {
    **{
        name: (name, "created_datetime")
        for name in (
            *("events", "messages", "tags", "teams", "users", "macros", "rules", "views", "widgets", "integrations"),
            *("satisfaction-surveys", "jobs"),
        )
    },
    "tickets": ("tickets", "updated_datetime"),
    "customers": ("customers", "updated_datetime"),
    "custom-fields-of-tickets": ("custom-fields?object_type=Ticket", "created_datetime"),
    "custom-fields-of-customers": ("custom-fields?object_type=Customer", "created_datetime"),
}


def manifest() -> dict[str, Any]:
    """The connector: one stream for each list."""
    whole: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("manifest.yaml").read_text())
    whole["streams"] = []
    for name, (path, grows) in LISTS.items():
        stream = copy.deepcopy(whole["definitions"]["stream"]) | {"name": name}
        stream["$parameters"] = {"name": name, "path": path, "grows": grows}
        if name == "events":
            stream["incremental_sync"] = {"$ref": "#/definitions/asked"}
        whole["streams"].append(stream)
    return whole


def catalog() -> Any:
    """All streams, each to go on where it was."""
    return ConfiguredAirbyteCatalogSerializer.load(
        {
            "streams": [
                {
                    "stream": {
                        "name": name,
                        "json_schema": {},
                        "supported_sync_modes": ["full_refresh", "incremental"],
                    },
                    "sync_mode": "incremental",
                    "destination_sync_mode": "append",
                }
                for name in LISTS
            ]
        }
    )


config = {"address": address, "email": email, "key": key}
state = [AirbyteStateMessageSerializer.load(each) for each in json.loads(kept.read_text())] if kept.exists() else []
source = ConcurrentDeclarativeSource(catalog=catalog(), config=config, state=state, source_config=manifest())
got: dict[str, list[int]] = defaultdict(list)
states: dict[str, Any] = {}
for message in source.read(logging.getLogger("desk"), config, catalog(), state):
    if message.type is Type.RECORD:
        got[message.record.stream.partition("-of-")[0]].append(message.record.data["id"])
    elif message.type is Type.STATE:
        states[message.state.stream.stream_descriptor.name] = AirbyteStateMessageSerializer.dump(message.state)
kept.write_text(json.dumps(list(states.values())))
print(json.dumps({name.partition("-of-")[0]: sorted(got[name.partition("-of-")[0]]) for name in LISTS}))
