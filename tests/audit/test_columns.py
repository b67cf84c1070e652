"""Every column says what the log must know of it, and no model uses what the witness can't see through."""

import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Computed, Engine, ForeignKey, Identity, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column

from audit.base import AccountScoped, Base
from audit.columns import (
    DerivedReadsUnfolded,
    UndeclaredColumn,
    audited_models,
    derived_columns,
    fixed,
    is_audited,
    key,
    logged_columns,
    state,
    unlogged,
    watches,
)
from audit.log import LOG_TABLES
from helpdesk import customers, keys, people
from helpdesk.models import ApiKey, Customer, Role, Ticket, User
from tests.desks import Desk
from tests.outside import sqlite_only

#: The house's closed list. Whoever adds to it explains why nobody will ever ask the log about it.
UNLOGGED: dict[str, str] = {
    "LoginSession": "sessions",
    "OauthCode": "sessions",
    "ReadMark": "read marks",
    "ApiKey.last_used_datetime": "last use",
    "RuleCursor": "cursors",
    "RuleRun": "cursors",
    "Rule.failures_in_a_row": "cursors",
    "Rule.next_run_datetime": "cursors",
    "Delivery": "delivery rows",
    "EchoCall": "delivery rows",
    "Notice": "read marks",
    "ShopReport": "delivery rows",
    "Integration.failures_in_a_row": "delivery rows",
    "Job": "jobs",
    "DeskClock": "the clock's anchor",
    "StoredFile": "file bytes, held by digest",
    "ShopOrder": "another system's data",
    "ApiBucket": "rate limits",
    "ApiAnswer": "answers to repeat",
    "LessonRun": "exercises",
    "DrillResult": "exercises",
}

REASONS = {
    "sessions",
    "read marks",
    "last use",
    "cursors",
    "delivery rows",
    "jobs",
    "the clock's anchor",
    "file bytes, held by digest",
    "another system's data",
    "rate limits",
    "answers to repeat",
    "exercises",
}

MAPPERS: list[Mapper[Any]] = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
every_mapper = pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.class_.__name__)


def unlogged_of(models: list[type[Any]]) -> dict[str, str]:
    """What these models keep from the log, and why."""
    found: dict[str, str] = {}
    for model in models:
        if model.__unlogged__ is not None:
            found[model.__name__] = model.__unlogged__
            continue
        for name, watch in watches(model).items():
            if watch.kind == "unlogged":
                found[f"{model.__name__}.{name}"] = watch.reason
    return found


def test_exactly_what_is_on_the_closed_list_is_kept_from_the_log() -> None:
    assert unlogged_of([mapper.class_ for mapper in MAPPERS]) == UNLOGGED
    assert set(UNLOGGED.values()) == REASONS


class ElsewhereBase(DeclarativeBase):
    """Models of no desk, for sabotage: the house never hears of them."""

    __unlogged__ = None


class Hidden(ElsewhereBase):
    """A model that keeps something to itself."""

    __tablename__ = "hidden"
    id: Mapped[int] = key()
    subject: Mapped[str] = state(Text)
    verdict: Mapped[str] = unlogged("it is nobody's business", Text)


class Undeclared(ElsewhereBase):
    """A model that says nothing of a column."""

    __tablename__ = "undeclared"
    id: Mapped[int] = key()
    subject: Mapped[str] = state(Text)
    mood: Mapped[str] = mapped_column(Text)


def test_a_column_made_unlogged_shows_up_by_name_beside_the_closed_list() -> None:
    found = unlogged_of([Hidden])
    assert found == {"Hidden.verdict": "it is nobody's business"}
    assert not found.items() <= UNLOGGED.items()
    assert found["Hidden.verdict"] not in REASONS


def test_an_undeclared_column_is_named() -> None:
    stranger: Any = Undeclared
    with pytest.raises(UndeclaredColumn, match=r"^Undeclared\.mood is neither key, fixed"):
        watches(stranger)


def test_a_desk_with_an_undeclared_column_writes_nothing_at_all() -> None:
    script = (
        "from sqlalchemy import create_engine, text\n"
        "from sqlalchemy.orm import Mapped, mapped_column\n"
        "import helpdesk.models\n"
        "from audit import sessions\n"
        "from audit.base import Base, AccountScoped\n"
        "from audit.columns import key\n"
        "class Mood(AccountScoped, Base):\n"
        "    __tablename__ = 'mood'\n"
        "    id: Mapped[int] = key()\n"
        "    account_id: Mapped[int] = mapped_column()\n"
        "engine = create_engine('sqlite://')\n"
        "sessions.prepare(engine)\n"
        "with engine.connect() as connection:\n"
        "    connection.execute(text('CREATE TABLE anything (id)'))\n"
        "    connection.execute(text('INSERT INTO anything VALUES (1)'))\n"
    )
    house = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", script], cwd=house, capture_output=True, text=True, check=False)
    assert "UndeclaredColumn: Mood.account_id is neither key" in ended.stderr


@every_mapper
def test_every_column_is_declared(mapper: Mapper[Any]) -> None:
    declared = watches(mapper.class_)
    assert set(declared) == {attribute.key for attribute in mapper.column_attrs}
    assert [name for name, watch in declared.items() if watch.kind == "unlogged" and not watch.reason] == []


@every_mapper
def test_a_model_is_logged_or_says_why_not(mapper: Mapper[Any]) -> None:
    assert is_audited(mapper.class_) == (mapper.class_.__unlogged__ is None)
    if is_audited(mapper.class_):
        assert [column.name for column in mapper.primary_key] == ["id"]
        assert watches(mapper.class_)["id"].kind == "key"


def test_every_table_has_a_model_or_is_the_log() -> None:
    assert {mapper.class_.__tablename__ for mapper in MAPPERS} | LOG_TABLES == set(Base.metadata.tables)


@sqlite_only
def test_a_number_is_never_given_twice(engine: Engine) -> None:
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    made = {name: statement for name, statement in tables if name in Base.metadata.tables}
    again = [model.__tablename__ for model in audited_models() if "AUTOINCREMENT" not in made[model.__tablename__]]
    assert again == []


@every_mapper
def test_every_row_belongs_to_an_account(mapper: Mapper[Any]) -> None:
    model = mapper.class_
    column = mapper.columns[model.__account_key__]
    assert not column.nullable
    if is_audited(model) and model.__account_key__ != "id":
        assert logged_columns(model)[model.__account_key__] == "fixed"
    assert issubclass(model, AccountScoped) == (model.__name__ != "Account")


@every_mapper
def test_owners_exist_and_are_logged(mapper: Mapper[Any]) -> None:
    owner = mapper.class_.__owner__
    if owner is not None:
        column, name = owner
        assert column in logged_columns(mapper.class_)
        assert name in {model.__name__ for model in audited_models()}
        assert {name} == {
            other.class_.__name__
            for foreign in mapper.columns[column].foreign_keys
            for other in MAPPERS
            if other.local_table is foreign.column.table
        }


@every_mapper
def test_nothing_writes_behind_the_witness(mapper: Mapper[Any]) -> None:
    assert mapper.inherits is None
    assert not mapper.eager_defaults or mapper.eager_defaults == "auto"
    for relationship in mapper.relationships:
        where = f"{mapper.class_.__name__}.{relationship.key}"
        assert relationship.secondary is None, where
        assert not relationship.passive_deletes, where
        assert not relationship.post_update, where
    for column in mapper.local_table.columns:
        where = str(column)
        assert column.onupdate is None, where
        assert column.server_onupdate is None, where
        assert column.server_default is None, where
        assert not isinstance(column.server_default, Computed | Identity), where
        foreign: ForeignKey
        for foreign in column.foreign_keys:
            assert (foreign.ondelete, foreign.onupdate) == (None, None), where


@every_mapper
def test_json_is_replaced_and_never_edited_in_place(mapper: Mapper[Any]) -> None:
    for attribute in mapper.column_attrs:
        if isinstance(attribute.columns[0].type, JSON):
            row = mapper.class_()
            for kind in (dict, list):
                setattr(row, attribute.key, kind())
                assert type(getattr(row, attribute.key)) is kind, attribute


@every_mapper
def test_logged_columns_remember_what_they_were(mapper: Mapper[Any]) -> None:
    for name in logged_columns(mapper.class_):
        assert mapper.class_.__dict__[name].impl.active_history, f"{mapper.class_.__name__}.{name}"


def test_secrets_are_declared_secret() -> None:
    telling = ("password", "secret", "token", "digest", "hash", "headers", "hmac")
    #: Names that sound like secrets and are none: mail headers as they came, and the name of a file's bytes.
    harmless = {("TicketMessage", "headers"), ("Attachment", "digest")}
    found = {
        (model.__name__, name)
        for model in audited_models()
        for name, kind in logged_columns(model).items()
        if kind != "secret" and any(word in name for word in telling)
    }
    assert found == harmless


@pytest.mark.parametrize(
    ("model", "reads"),
    [
        (Customer, "nothing_like_that"),
        (Customer, "email_key"),
        (Customer, "id"),
        (User, "password_hash"),
        (ApiKey, "last_used_datetime"),
    ],
)
def test_a_derived_column_reads_folded_state_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, model: type[Base], reads: str
) -> None:
    monkeypatch.setitem(derived_columns(model), "email_key", lambda row: row[reads])
    with (
        pytest.raises(DerivedReadsUnfolded, match=f"{model.__name__}: a derived column reads '{reads}'"),
        desk.acting(),
    ):
        write_one(desk, model)


def write_one(desk: Desk, model: type[Base]) -> None:
    """Change the database by a row of this model."""
    if model is Customer:
        customers.create(desk.account, name="Dora", email="dora@mail.example", by=desk.by_ana)
    elif model is User:
        people.create(desk.account, email="eve@demo.example", name="Eve", role=Role.LITE, by=desk.by_admin)
    else:
        keys.create(desk.ana, name="robot", by=desk.by_admin)


def test_a_derived_column_that_looks_elsewhere_is_found_by_replay(
    victim: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()

    def derive(_row: Mapping[str, Any]) -> str:
        return f"dora{next(numbers)}@mail.example"

    monkeypatch.setitem(derived_columns(Customer), "email_key", derive)
    with victim.acting():
        number = customers.create(victim.account, name="Dora", email="dora@mail.example", by=victim.by_ana).id
    assert any(line.startswith(f"Customer:{number} email_key:") for line in victim.replay().differences)


def test_a_derived_column_follows_what_it_is_derived_from(desk: Desk) -> None:
    with desk.acting():
        dora = customers.create(desk.account, name="Dora", email="DORA@Mail.example", by=desk.by_ana)
        customers.update(dora, {"email": "Dora.New@mail.example"}, by=desk.by_ana)
        number = dora.id
    with desk.watched() as trail, desk.acting():
        customers.update(desk.session.get_one(Customer, number), {"email": None}, by=desk.by_ana)
    assert desk.session.get_one(Customer, number).email_key is None
    assert "email_key" not in trail["customer-updated"].changes[f"Customer:{number}"]


def test_the_kinds_are_what_they_seem() -> None:
    kinds = {name: watch.kind for name, watch in watches(Ticket).items()}
    assert kinds["id"] == "key"
    assert kinds["created_datetime"] == kinds["account_id"] == "fixed"
    assert kinds["status"] == "state"
    assert watches(User)["password_hash"].kind == "secret"
    assert fixed(Text).column.info["audit"].kind == "fixed"
