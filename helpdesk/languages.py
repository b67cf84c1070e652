"""The languages that people write in, by their code (ISO 639-1)."""

import re
from collections.abc import Mapping
from typing import Final

from helpdesk.refusals import Refused

#: Those that can be chosen, in the order of their names.
LANGUAGES: Final[Mapping[str, str]] = {
    "ar": "Arabic", "bn": "Bengali", "bg": "Bulgarian", "ca": "Catalan", "zh": "Chinese", "hr": "Croatian",
    "cs": "Czech", "da": "Danish", "nl": "Dutch", "en": "English", "et": "Estonian", "fi": "Finnish", "fr": "French",
    "de": "German", "el": "Greek", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "is": "Icelandic",
    "id": "Indonesian", "ga": "Irish", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lv": "Latvian",
    "lt": "Lithuanian", "ms": "Malay", "mt": "Maltese", "no": "Norwegian", "fa": "Persian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sr": "Serbian", "sk": "Slovak", "sl": "Slovenian",
    "es": "Spanish", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "cy": "Welsh",
}  # fmt: skip

#: All that there are, with a country or script behind it where clients send one ("pt-BR").
_CODE: Final = re.compile(
    "(?:a[abefkmnrsvyz]|b[aegimnors]|c[aehorsuvy]|d[aevz]|e[elnostu]|f[afijory]|g[adlnuv]|h[aeiortuyz]|i[adegikostu]"
    "|j[av]|k[agijklmnorsuvwy]|l[abginotuv]|m[ghiklnrsty]|n[abdeglnorvy]|o[cjmrs]|p[ailst]|qu|r[mnouw]"
    "|s[acdegiklmnoqrstuvw]|t[aeghiklnorstwy]|u[gkrz]|v[eio]|w[ao]|xh|y[io]|z[ahu])(?:-(?:[A-Za-z]{2}|[A-Za-z]{4}))?"
)


def known(code: str | None) -> str | None:
    """The code as it is kept, None for no language; raises Refused."""
    tidy = (code or "").strip()
    if not tidy:
        return None
    if not _CODE.fullmatch(tidy):
        raise Refused(f"{tidy[:20]!r} is no language. Use the two letters of ISO 639-1, such as en.")
    return tidy


def name_of(code: str) -> str:
    """What a language is called; the code itself where it is none of those offered."""
    return LANGUAGES.get(code) or LANGUAGES.get(code[:2]) or code
