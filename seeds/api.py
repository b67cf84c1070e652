"""Throw-away desks and fired events by API: what a test needs that wants a world of its own."""

import secrets
from typing import Any, Final

from pydantic import Field

from audit.actors import Actor
from audit.clock import set_clock, wall_now
from audit.db import db
from audit.rest.calls import Resource
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Moment, Shown
from audit.sessions import AuditedSession
from audit.types import registry
from helpdesk import accounts, desk, keys, passwords
from helpdesk.api import repeats
from helpdesk.api.acting import account, acting, me
from helpdesk.models import User
from seeds import firing, sandbox
from seeds.scenarios import key_of
from seeds.stage import Stage, open_stage

resource = Resource(
    "desk",
    "Desk: worlds for tests",
    noun="desk",
    scope="account",
    about="Accounts that are made for a test and thrown away, and events that are really caused, each in one of those.",
)

MAKER: Final = Actor.system("throw-away accounts")


class NewAccount(Body):
    """When the new desk's clock is to begin, and how fast it is to run: 1 is real, 0 frozen."""

    at: Moment | None = None
    rate: float = Field(1.0, strict=True, ge=0, le=100_000)


class PersonMade(Shown):
    """Somebody of the new desk, with a key of theirs."""

    id: int
    name: str
    email: str
    role: str
    api_key: str


class AccountMade(Shown):
    """A desk of one's own, with people in each of the usual roles, a team and a customer."""

    account_id: int
    domain: str
    mail_address: str
    password: str
    users: list[PersonMade]
    team_id: int
    customer_id: int


class Trigger(Body):
    """Which event to cause, and by which of its scenes; the plainest one unless another is named."""

    type: str = Field(max_length=64)
    scene: str | None = Field(None, max_length=200)


class Line(Shown):
    """One line of the log that was written."""

    type: str
    actor: str
    user: str | None
    object: str
    change: str


class Fired(Shown):
    """What came of it."""

    type: str
    scene: str
    title: str
    is_as_told: bool
    refusal: str | None
    events: list[Line]


@resource.call(
    "POST /desk/accounts", needs="manage settings", body=NewAccount, must_have_body=False, gives=AccountMade,
    is_ours=True, sample={"rate": 0},
)  # fmt: skip
def create_account(body: NewAccount) -> AccountMade:
    """Open a throw-away account, with a key for everybody in it; a day after its last event it is put away."""
    repeats.refuse("its answer holds keys, and those are kept nowhere")
    password, at = secrets.token_urlsafe(12), body.at or wall_now()
    with AuditedSession(bind=db.engine) as session, passwords.cheaply():
        sandbox.sweep(session)
        stage = open_stage(session, f"{accounts.FOR_A_TEST}{secrets.token_hex(6)}", at, password)
        with desk.acting(session, stage.account_id, source="api"):
            set_clock(session, stage.account_id, desk=at, rate=body.rate)
            made = [_with_key(stage, number) for number in (stage.owner_id, stage.admin_id, stage.ana_id, stage.ben_id)]
            own = stage.account
            return AccountMade(
                account_id=own.id,
                domain=own.domain,
                mail_address=own.mail_address,
                password=password,
                users=made,
                team_id=stage.team_id,
                customer_id=stage.carol_id,
            )


@resource.call("DELETE /desk/accounts", needs="deactivate account", is_ours=True)
def throw_away() -> None:
    """Throw the account of this key away, if it was made here; its log stays, but nobody gets in any more."""
    with acting() as session:
        own = account(session)
        if not own.domain.startswith(accounts.FOR_A_TEST):
            raise Problem(409, "This account was not made to be thrown away, so nothing was done.")
        accounts.archive(own, by=me())


@resource.call(
    "POST /desk/trigger", needs="read", body=Trigger, gives=Fired, status=200, is_ours=True,
    sample={"type": "ticket-snoozed"},
)  # fmt: skip
def trigger(body: Trigger) -> Fired:
    """Really cause an event, in a throw-away account, and show what its log then says."""
    if body.type not in registry:
        raise Problem(400, "Failed to fire", {"type": ["There is no such event."]})
    scenes = {key_of(scene): scene for scene in firing.scenes(body.type)}
    name = body.scene or next(iter(scenes), None)
    if name not in scenes:
        raise Problem(400, "Failed to fire", {"scene": [f"There are {', '.join(scenes) or 'no scenes yet'}."]})
    with AuditedSession(bind=db.engine) as session:
        fired = firing.fire(session, scenes[name])
    return Fired(
        type=body.type,
        scene=name,
        title=fired.scene.title,
        is_as_told=fired.is_as_told,
        refusal=fired.refusal,
        events=[
            Line(type=line.type, actor=line.acted, user=line.member, object=line.object, change=line.change)
            for line in fired.lines
        ],
    )


def _with_key(stage: Stage, number: int) -> PersonMade:
    user: Any = stage.session.get_one(User, number)
    _, key = keys.create(user, name="Made with the account", by=MAKER)
    return PersonMade(id=user.id, name=user.name, email=user.email, role=user.role, api_key=key)
