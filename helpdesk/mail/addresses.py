"""Reads the names and addresses of a mail's headers, however loosely they were written."""

import re
import unicodedata
from typing import NamedTuple

from helpdesk.mail.charsets import clean_line, clean_text, decode_words

_TOKEN = re.compile(
    r"""(?P<word>=\?[^?\s]+\?[bqBQ]\?[^?]*\?=)
      | (?P<quoted>"(?:[^"\\]|\\.){0,998}")
      | (?P<comment>\((?:[^()\\]|\\.|\((?:[^()\\]|\\.){0,998}\)){0,998}\))
      | (?P<angle><[^<>]*>)
      | (?P<separator>[,;])
      | (?P<colon>:)
      | (?P<space>\s+)
      | (?P<atom>[^\s"(<,;:=]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_LOCAL = re.compile(r"""[^\s"(),:;<>@\[\\\]]+""")
_QUOTED_LOCAL = re.compile(r'"((?:[^"\\]|\\.)+)"')
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# Standing alone: what touches other characters, as in "a@b.example)c@d.example", could be either.
_LOOSE = re.compile(r"<?(?<![^\s<])([^\s<>()\[\],;:\"@]{1,128}@[^\s<>()\[\],;:\"@]{1,253})(?![^\s>])>?")
_LONGEST_NAME = 200
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3: a path has 256 characters, two of which are its brackets
_LONGEST_DOMAIN = 253


class Mailbox(NamedTuple):
    """Somebody's name (empty where none was given) and valid, lower-case address."""

    name: str
    address: str


def read_mailboxes(header: str) -> tuple[Mailbox, ...]:
    """Everybody a header such as `To` names with a valid address, in its order; the others are left out.

    Understands what RFC 5322 (3.4) allows, and forgives what is usual: unquoted commas in names, encoded words inside
    quotes, bare words beside a bare address. Never raises.
    """
    found: list[Mailbox] = []
    carried = ""
    entry = _Entry()
    for token in _TOKEN.finditer(clean_text(header)):
        if token.lastgroup == "colon" and "@" not in entry.text:
            entry, carried = _Entry(), ""  # the name of a group, such as "undisclosed-recipients:"
        elif token.lastgroup != "separator":
            entry.take(token)
        else:
            mailbox = entry.mailbox(carried)
            if mailbox:
                found.append(mailbox)
            carried = "" if mailbox or token[0] == ";" else f"{carried}{entry.text.strip()}, "
            entry = _Entry()
    mailbox = entry.mailbox(carried)
    return (*found, mailbox) if mailbox else tuple(found)


def valid_address(text: str) -> str | None:
    """The address in the one form the desk compares: lower case, domain in ASCII; None where it is no address.

    Local parts beyond ASCII (RFC 6531) and quoted ones are addresses, domain literals in brackets are not.
    """
    local, _, domain = text.strip().lower().removeprefix("mailto:").rpartition("@")
    local = unicodedata.normalize("NFC", local)
    if quoted := _QUOTED_LOCAL.fullmatch(local):
        local = re.sub(r"\\(.)", r"\1", quoted[1])
        if not _LOCAL.fullmatch(local):
            local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    elif not _LOCAL.fullmatch(local):
        return None
    ascii_form = ascii_domain(domain)
    if ascii_form is None or not local.isprintable():
        return None
    address = f"{local}@{ascii_form}"
    return address if len(address) <= _LONGEST_ADDRESS else None


def ascii_domain(domain: str) -> str | None:
    """The domain as DNS and SMTP know it, international labels as `xn--…` (RFC 5891); None where it is no domain.

    Characters that IDNA 2003 would have folded away, such as ß, are kept, as RFC 5894 (7.2) asks.
    """
    name = unicodedata.normalize("NFKC", domain.strip().lower()).lower().replace("。", ".").removesuffix(".")
    if not name or len(name) > _LONGEST_DOMAIN:
        return None
    labels = [label if label.isascii() else _ascii_label(label) for label in name.split(".")]
    ascii_form = ".".join(labels)
    if len(ascii_form) > _LONGEST_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return ascii_form


def _ascii_label(label: str) -> str:
    # Marks may join letters but symbols, spaces and controls make no host name; the empty label is refused later.
    if not all(unicodedata.category(letter)[0] in "LNM" or letter in "-_\u200c\u200d" for letter in label):
        return ""
    return "xn--" + label.encode("punycode").decode("ascii")


class _Entry:
    """One entry of a list of mailboxes while it is being read."""

    def __init__(self) -> None:
        self.text = ""
        self.bare = ""
        self.comment = ""
        self.angle: str | None = None

    def take(self, token: re.Match[str]) -> None:
        kind, text = token.lastgroup, token[0]
        if kind == "angle":
            self.angle = text[1:-1]
        elif kind == "comment":
            self.comment = self.comment or re.sub(r"\\(.)", r"\1", text[1:-1])
        else:
            self.bare += text
            self.text += re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "quoted" else text

    def mailbox(self, carried: str) -> Mailbox | None:
        if self.angle is not None:
            route = self.angle.strip()
            address = valid_address(route) or valid_address(route.rpartition(":")[2]) or valid_address(self.bare)
            return Mailbox(_name(carried + self.text, self.comment), address) if address else None
        if address := valid_address(" ".join(self.bare.split()).replace(" @", "@").replace("@ ", "@")):
            return Mailbox(_name("", self.comment), address)
        if (loose := _LOOSE.search(self.text)) and (address := valid_address(loose[1])):
            return Mailbox(_name(self.text.replace(loose[0], " "), self.comment), address)
        return None


def _name(text: str, comment: str) -> str:
    name = clean_line(decode_words(text), _LONGEST_NAME)
    # Outlook repeats quotes inside the quotes: "'Anna Berg'".
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1].strip()
    return name or clean_line(decode_words(comment), _LONGEST_NAME)
