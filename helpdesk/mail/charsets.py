"""Turns the bytes and encoded words of a mail into text that any database and any page can take."""

import binascii
import codecs
import re

_NAME = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,39}")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DIRECTIONS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# The text is bounded because a word that never ends would be looked for from each of its beginnings.
_WORD = re.compile(r"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bq])\?(.{0,2000}?)\?=", re.IGNORECASE | re.ASCII)
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))

# Senders name the smaller set and write the larger one; the WHATWG encoding standard decodes them so, too.
_LARGER = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_SPELLINGS = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "x-sjis": "shift_jis",
    "x-gbk": "gb18030",
}
# No charsets of mail: some are quadratic in time, some read escapes that no sender wrote, some differ by machine.
_REFUSED = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}


def decode(content: bytes, charset: str | None = None) -> str:
    """Read bytes as text in the charset they claim, or in the likeliest one where the claim is missing or wrong.

    Unlabelled text is UTF-8 if it can be, else windows-1252. Never raises; what can't be read becomes U+FFFD.
    The result may hold control characters: clean it with `clean_text` or `clean_line`.
    """
    codec = _codec(charset)
    if codec is None:
        return _guess(content)
    try:
        return content.decode(codec)
    except (LookupError, ValueError):
        return _salvage(content, codec)


def clean_text(text: str) -> str:
    """Text of several lines: only `\\n` ends a line, and no NUL, control, byte order mark or lone surrogate is left."""
    return _CONTROLS.sub(_instead, _LINE_ENDS.sub("\n", text))


def clean_line(text: str, limit: int = 998) -> str:
    """Text of one line: white space runs become one space, controls and direction overrides go, `limit` is kept."""
    return " ".join(_DIRECTIONS.sub("", clean_text(text)).split())[:limit].rstrip()


def decode_words(text: str) -> str:
    """Read the encoded words of RFC 2047 in a header's text, also broken ones and those inside quotes.

    Neighbours of one charset are joined as bytes first, since many senders cut characters in two. Never raises.
    """
    runs: list[tuple[str | None, bytes]] = []
    end = 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        if between.strip() or not runs:
            runs.append((None, between.encode("utf-8", "replace")))
        charset, content = word[1].lower(), _word_content(word[2], word[3])
        if runs[-1][0] == charset:
            content = runs.pop()[1] + content
        runs.append((charset, content))
        end = word.end()
    runs.append((None, text[end:].encode("utf-8", "replace")))
    return "".join(decode(content, charset or "utf-8") for charset, content in runs)


def decode_base64(content: bytes) -> bytes:
    """Base64 as it is really written: other characters are skipped, padding may be missing or in the midst."""
    pieces = re.split(rb"=+", content, maxsplit=1000)
    return b"".join(_decode_base64_piece(piece) for piece in pieces)


def _decode_base64_piece(piece: bytes) -> bytes:
    letters = piece.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _word_content(encoding: str, text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(content)
    return binascii.a2b_qp(content, header=True)


def _codec(charset: str | None) -> str | None:
    """The name by which Python knows a charset of this spelling; None where it says nothing useful."""
    name = (charset or "").strip("\"' \t").lower()
    if not _NAME.fullmatch(name):
        return None
    name = _SPELLINGS.get(name, name)
    together = re.sub(r"[^a-z0-9]", "", name)
    bare = re.sub(r"^(?:windows|ms|ansi|cp)(?=\d)", "cp", re.sub(r"^iso8859(?=\d)", "iso8859-", together))
    for spelling in (name, together, bare, name.removeprefix("x-")):
        try:
            found = codecs.lookup(spelling).name
        except (LookupError, ValueError):
            continue
        if found == "ascii" or found.replace("_", "-") in _REFUSED:
            return None
        return _LARGER.get(found, "utf-8-sig" if found == "utf-8" else found)
    return None


def _guess(content: bytes) -> str:
    if b"\x1b$" in content:  # Japanese mail of old needs no eighth bit, and often no label
        return content.decode("iso2022_jp", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _salvage(content: bytes, codec: str) -> str:
    """What to make of bytes that are not what they claim to be."""
    if codec != "utf-8-sig":
        try:
            return _guess(content) if _is_utf8(content) else content.decode(codec, "replace")
        except (LookupError, ValueError):
            return _guess(content)
    text = content.decode(codec, "replace")
    # Some letters beyond ASCII were read well: it is UTF-8 with a wound. None were: it is another charset.
    if any(letter > "\x7f" and letter != "\ufffd" for letter in text):
        return text
    return _guess(content)


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _instead(control: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= control[0] <= "\udfff" else ""
