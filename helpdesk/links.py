"""Addresses of pages as mails name them: whole, beginning with BASE_URL."""

from typing import Final

_base: Final = ["http://127.0.0.1:8000"]


def use(base_url: str) -> None:
    """Begin links with this address; `wsgi` says it, from the configuration."""
    _base[0] = base_url


def to(path: str) -> str:
    """The whole address of a path of this desk."""
    return f"{_base[0]}{path}"
