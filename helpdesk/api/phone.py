"""The phone by API: nobody calls here, and yet programs that ask for calls get their empty lists."""

from typing import Any

from pydantic import Field

from audit.rest.calls import Resource
from audit.rest.paging import Page
from audit.rest.problems import Problem
from audit.rest.shapes import IdText, Paged, Shown

resource = Resource(
    "phone", "Phone", noun="call", scope="tickets", about="There is no telephone here: these lists are always empty."
)


class CallQuery(Paged):
    """Which calls."""

    ticket_id: IdText | None = None


class PartQuery(Paged):
    """What of which call."""

    call_id: IdText | None = Field(None, description="The call's number.")


class Nothing(Shown):
    """What nobody ever sees."""

    id: int


@resource.call("GET /phone/voice-calls", needs="read", query=CallQuery, gives=Nothing)
def calls(asked: CallQuery) -> Page:
    """List calls: none."""
    return Page([])


@resource.call("GET /phone/voice-calls/<number:call_id>", needs="read", gives=Nothing)
def call(call_id: int) -> Any:
    """Show a call, of which there is none."""
    raise Problem(404)


@resource.call("GET /phone/voice-call-events", needs="read", query=PartQuery, gives=Nothing)
def events(asked: PartQuery) -> Page:
    """List what happened in calls: nothing."""
    return Page([])


@resource.call("GET /phone/voice-call-events/<number:call_event_id>", needs="read", gives=Nothing)
def event(call_event_id: int) -> Any:
    """Show what happened in a call, of which there is none."""
    raise Problem(404)


@resource.call("GET /phone/voice-call-recordings", needs="read", query=PartQuery, gives=Nothing)
def recordings(asked: PartQuery) -> Page:
    """List recordings of calls: none."""
    return Page([])


@resource.call("GET /phone/voice-call-recordings/<number:recording_id>", needs="read", gives=Nothing)
def recording(recording_id: int) -> Any:
    """Show a recording, of which there is none."""
    raise Problem(404)


@resource.call("DELETE /phone/voice-call-recordings/<number:recording_id>", needs="delete")
def delete_recording(recording_id: int) -> None:
    """Delete a recording, of which there is none."""
    raise Problem(404)
