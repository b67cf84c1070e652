"""Headers, hosts, tokens and error pages."""

import pytest
from flask import Flask

from tests.helpdesk.web.browsers import HTMX, Browser


@pytest.mark.parametrize("path", ["/login", "/tickets", "/tickets/new", "/nothing-here", "/static/css/base.css"])
def test_every_answer_is_strict(client: Browser, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_vary_by_who_asks(client: Browser) -> None:
    assert "HX-Request" in client.get("/tickets").headers["Vary"]


def test_a_restored_history_entry_is_the_whole_page(client: Browser) -> None:
    response = client.get("/tickets", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert b"<html" in response.data


def test_pages_answer_only_under_trusted_hosts(client: Browser) -> None:
    assert client.get("/tickets", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/tickets", headers={"Host": "localhost:8000"}).status_code == 200


def test_a_form_without_token_does_nothing(app: Flask, client: Browser) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    response = client.post("/tickets/1/close")
    assert response.status_code == 400
    assert b"Reload it and try again" in response.data
    fragment = client.press("/tickets/1/close")
    assert fragment.status_code == 400
    assert b'hx-target="#toasts"' in fragment.data


def test_a_log_in_without_token_keeps_the_form(app: Flask, stranger: Browser) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    response = stranger.log_in("ana@demo.example")
    assert response.status_code == 400
    assert b"ana@demo.example" in response.data


def test_errors_say_what_was_not_done(client: Browser) -> None:
    missing = client.get("/nothing-here")
    assert missing.status_code == 404
    assert b"There is nothing here" in missing.data
    wrong_way = client.get("/logout")
    assert wrong_way.status_code == 405
    assert "POST" in wrong_way.headers["Allow"]


def test_an_error_in_a_fragment_is_a_toast(client: Browser) -> None:
    response = client.fragment("/nothing-here")
    assert response.status_code == 404
    assert b"<html" not in response.data
    assert b'hx-target="#toasts"' in response.data


def test_too_large_a_request_gets_a_sentence(app: Flask, client: Browser) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    response = client.post("/tickets/1/reply", body_text="x" * 2000)
    assert response.status_code == 413
    assert b"20 MB" in response.data


def test_a_mistake_of_the_desk_shows_no_trace(app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("helpdesk.web.listing.page_of", lambda *_: 1 / 0)
    response = client.get("/tickets")
    assert response.status_code == 500
    assert b"The desk made a mistake" in response.data
    assert b"ZeroDivision" not in response.data


def test_a_server_does_not_borrow_the_demos_secret() -> None:
    from helpdesk import config as settings

    config = settings.from_environment({})
    with pytest.raises(settings.Misconfigured, match="SECRET_KEY is not set"):
        settings.require_secret(config)


def test_an_odd_database_address_is_refused_with_a_sentence() -> None:
    from helpdesk import config as settings

    with pytest.raises(settings.Misconfigured, match="DATABASE_URL must begin with"):
        settings.from_environment({"DATABASE_URL": "foo"})


def test_without_a_secret_nothing_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from helpdesk import config as settings
    from wsgi import create_app

    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    with pytest.raises(settings.Misconfigured, match="SECRET_KEY is not set"):
        create_app(settings.from_environment({"DATABASE_URL": "sqlite:////nowhere/helpdesk.db"}))
