"""What the environment may set, and what holds where it sets nothing."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from helpdesk.mail.addresses import ascii_domain
from helpdesk.outgoing import Place

_ROOT = Path(__file__).resolve().parent.parent


#: Where the echo page takes in calls: the one part of itself that the demo may call.
ECHO: Final = "/echo/"


class Misconfigured(Exception):
    """The environment asks for something that can't work; the message says what to set."""


NO_SECRET: Final = (
    "SECRET_KEY is not set, so nothing was started. Set it to a long random text that stays the same"
    " (for example of `openssl rand -hex 32`), or run `helpdesk demo`, which makes one for itself."
)


def instance_folder() -> Path:
    """Where the embedded database and the demo's secret lie: in the checkout, else in the current folder."""
    home = _ROOT if (_ROOT / "pyproject.toml").exists() else Path.cwd()
    return Path(os.environ.get("HELPDESK_INSTANCE", home / "instance"))


@dataclass(frozen=True)
class Config:
    """The settings of one running desk."""

    database_url: str
    migrate_database_url: str  #: as the owner of the tables; the application itself owns nothing on PostgreSQL
    secret_key: str | None
    base_url: str  #: what links in mails begin with
    host: str
    port: int
    smtp_host: str
    smtp_port: int  #: where the desk's own mail server listens
    outgoing_host: str
    outgoing_port: int  #: whereto the desk sends; in the demo its own mail trap
    trap: bool  #: whether outgoing mail is caught and shown on a page
    trusted_hosts: tuple[str, ...]
    sign_up: bool  #: whether anybody may open a new account
    mail_domain: str  #: new accounts take mail at support@<subdomain>.<this>
    outgoing_allow: tuple[Place, ...] = ()  #: what may be called although not public
    api_rate: tuple[int, int] | None = (40, 20)  #: calls in so many seconds per API key; None: as many as come
    api_lenient: bool = False  #: whether the API passes over parameters and fields that it doesn't know

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of ours, so that one process does everything."""
        return self.database_url.startswith("sqlite")


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings; raises Misconfigured, naming the variable."""
    port = _number(environ, "PORT", 8000)
    host = environ.get("HOST", "127.0.0.1")
    database_url = _driver(environ.get("DATABASE_URL") or f"sqlite:///{instance_folder() / 'helpdesk.db'}")
    base_url = environ.get("BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
    outgoing_port = _number(environ, "OUTGOING_SMTP_PORT", 0)
    return Config(
        database_url=database_url,
        migrate_database_url=_driver(environ.get("MIGRATE_DATABASE_URL") or database_url),
        secret_key=environ.get("SECRET_KEY") or None,
        base_url=base_url,
        host=host,
        port=port,
        smtp_host=environ.get("SMTP_HOST", "127.0.0.1"),
        smtp_port=_number(environ, "SMTP_PORT", 2525),
        outgoing_host=environ.get("OUTGOING_SMTP_HOST", "127.0.0.1"),
        outgoing_port=outgoing_port,
        trap=outgoing_port == 0,
        trusted_hosts=_hosts(environ.get("TRUSTED_HOSTS", ""), host, base_url),
        sign_up=_switch(environ, "SIGN_UP", database_url.startswith("sqlite")),
        mail_domain=_domain(environ, "MAIL_DOMAIN", "example"),
        outgoing_allow=_places(environ.get("OUTGOING_ALLOW", "")),
        api_rate=_rate(environ.get("API_RATE_LIMIT", "")),
        api_lenient=environ.get("API_LENIENT", "").strip() in ("1", "on"),
    )


def _hosts(listed: str, host: str, base_url: str) -> tuple[str, ...]:
    own = base_url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
    return tuple(
        dict.fromkeys(
            [*filter(None, (name.strip() for name in listed.split(","))), "127.0.0.1", "localhost", host, own]
        )
    )


def _places(listed: str) -> tuple[Place, ...]:
    found = []
    for place in filter(None, (each.strip() for each in listed.split(","))):
        address, slash, path = place.partition("/")
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= 65535:
            raise Misconfigured(
                "OUTGOING_ALLOW lists host:port, such as 127.0.0.1:9000, or what begins with a path, such as"
                f" 127.0.0.1:9000/hooks/, and not {place!r}."
            )
        found.append(Place(host.strip("[]").lower(), int(port), slash + path or "/"))
    return tuple(found)


def _rate(word: str) -> tuple[int, int] | None:
    if word.strip().lower() == "off":
        return None
    calls, _, seconds = (word.strip() or "40/20").partition("/")
    if not all(part.isascii() and part.isdigit() and 0 < int(part) <= 10**6 for part in (calls, seconds)):
        raise Misconfigured(f"API_RATE_LIMIT is calls/seconds, such as 40/20, or off, and not {word!r}.")
    return int(calls), int(seconds)


def _driver(url: str) -> str:
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        raise Misconfigured("DATABASE_URL must begin with sqlite:// or postgresql://, so nothing was started.")
    return url


def _switch(environ: Mapping[str, str], name: str, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in ("", "on", "off"):
        raise Misconfigured(f"{name} must be on or off, not {value!r}.")
    return value == "on" if value else default


def _domain(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(name, "").strip() or default
    domain = ascii_domain(value)
    if domain is None:
        raise Misconfigured(f"{name} must be a domain such as desks.example.org, not {value!r}.")
    return domain


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit()) or int(value) > 65535:
        raise Misconfigured(f"{name} must be a port number from 0 to 65535, not {value!r}.")
    return int(value)


def secret_file() -> Path:
    """Where the demo keeps the secret that it made for itself."""
    return instance_folder() / "secret"


def demo_secret() -> str:
    """The secret beside the embedded database, made when it is missing; nobody else on the machine can read it."""
    file = secret_file()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as made:
            made.write(secrets.token_hex(32))
        with suppress(FileExistsError):  # of two that start at once, one is too late
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()


def keep_secret(config: Config) -> None:
    """Whoever makes a desk in the embedded database leaves a secret beside it: other commands open that desk then."""
    if config.is_embedded and not config.secret_key:
        demo_secret()


def secret_key(config: Config) -> str:
    """The key that signs cookies: SECRET_KEY, or with the embedded database the demo's own; raises Misconfigured."""
    if config.secret_key:
        return config.secret_key
    if config.is_embedded and secret_file().is_file():
        return secret_file().read_text().strip()
    raise Misconfigured(NO_SECRET)


def require_secret(config: Config) -> None:
    """Raise Misconfigured unless SECRET_KEY itself is set: a server never borrows the demo's."""
    if not config.secret_key:
        raise Misconfigured(NO_SECRET)
