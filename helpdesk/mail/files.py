"""Gives attached files names that are safe to show, store and download."""

import mimetypes
import re
import unicodedata

from helpdesk.mail.charsets import clean_line

_LONGEST = 120
_LONGEST_ENDING = 16
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)
# The type's table of a machine may name another ending for these, or none.
_ENDINGS = {
    "application/octet-stream": ".bin",
    "image/jpeg": ".jpg",
    "message/delivery-status": ".txt",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
}


def safe_file_name(given: str, content_type: str) -> str:
    """A file name without folders, controls or reserved characters, at most 120 long; made up where none is left."""
    name = clean_line(unicodedata.normalize("NFC", given.replace("\x00", "")), limit=1000)
    name = re.split(r"[/\\]", name)[-1]
    name = _UNSAFE.sub("_", name).strip(". ")
    if not name:
        return "attachment" + _ending(content_type)
    if _DEVICES.match(name):
        name = "_" + name
    if len(name) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > _LONGEST_ENDING:
        return name[:_LONGEST].rstrip(". ")
    return stem[: _LONGEST - len(ending) - 1].rstrip(". ") + dot + ending


def _ending(content_type: str) -> str:
    return _ENDINGS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
