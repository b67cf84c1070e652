"""Macros from a table that somebody else wrote: what no database keeps becomes something readable, or is told."""

from sqlalchemy import select

from automation import jobs as machine
from helpdesk import files, jobs, tables
from helpdesk.models import Job, Macro
from tests.desks import Desk

REPLY = '[{""name"": ""setResponseText"", ""arguments"": {""body_text"": ""Hi\\u0000 there\\ud800""}}]'


def test_strange_characters_in_a_table_of_macros(desk: Desk) -> None:
    lines = ["name,actions", f'Strange\x00 name,"{REPLY}"', 'No number,"[NaN]"', "Deep," + "[" * 100_000, "Plain,[]"]
    with desk.watched() as trail:
        with desk.acting("api"):
            digest = files.store(desk.session, desk.account_id, "\r\n".join(lines).encode())
            params = {"title": "Import macros", "digest": digest, "tickets": []}
            number = jobs.queue(desk.session, desk.account_id, tables.MACROS_IN, params, by=desk.by_admin).id
        machine.run_all(desk.session)
    job = desk.session.get_one(Job, number)
    assert job.info is not None
    assert [refused for refused in job.info["refused"] if refused[0] != 4] == [
        [2, "The actions are no JSON."], [3, "The actions are no JSON."],
    ]  # fmt: skip
    macros = {macro.name: macro.actions for macro in desk.session.scalars(select(Macro))}
    (strange,) = (actions for name, actions in macros.items() if name.startswith("Strange"))
    assert strange[0]["arguments"]["body_text"] == "Hi\ufffd there\ufffd"
    assert trail.types == ["macro-created"] * job.info["changed"]
