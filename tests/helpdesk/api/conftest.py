"""The application on a small desk in SQLite, and programs with keys, which may call as often as they like."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from tests.desks import Desk
from tests.helpdesk.api.programs import Program, key_for
from tests.helpdesk.web.conftest import app, database_url, own_instance  # noqa: F401


@pytest.fixture
def program(app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Program]:  # noqa: F811
    """A program with a key of the team member of this name, such as "ana"."""

    monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], api_rate=None))
    monkeypatch.setitem(app.extensions, "api_levels", {})

    def program(name: str) -> Program:
        return key_for(app, desk, f"{name}@demo.example")

    return program


@pytest.fixture
def api(program: Callable[[str], Program]) -> Program:
    """A program of Olive's, the owner, who may do everything."""
    return program("owner")
