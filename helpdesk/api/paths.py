"""Addresses as clients write them: with or without a slash at the end, with doubled ones, and never redirected."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SLASHES: Final = re.compile("//+")


class PlainPaths:
    """Lets the application see `/api/tickets` where `/api//tickets/` was asked for."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = _SLASHES.sub("/", environ.get("PATH_INFO", ""))
        if path.startswith("/api/") and path != "/api/":
            environ["PATH_INFO"] = path.rstrip("/")
        return self._application(environ, start_response)
