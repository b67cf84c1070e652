"""Finds in a mail's parts what its author wrote, and what was attached."""

import re
from dataclasses import dataclass, replace
from html import escape, unescape
from urllib.parse import unquote, unquote_to_bytes

from helpdesk.mail.charsets import clean_line, clean_text, decode, decode_base64, decode_words
from helpdesk.mail.files import safe_file_name
from helpdesk.mail.flowed import unflow
from helpdesk.mail.html import safe_html, within_limits
from helpdesk.mail.htmltext import html_text
from helpdesk.mail.mime import Part

LONGEST_TEXT = 500_000
_LONGEST_CONTENT_ID = 255
# The same words once more, for mail programs that can do more than we can.
_REPEATED = {"text/x-amp-html", "text/watch-html"}
_DATA_IMAGE = re.compile(r"""(=\s*["'])data:(image/(?:png|jpeg|gif|webp));base64,([^"'<>]*)""", re.IGNORECASE)
_MOST_DATA_IMAGES = 50
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)


@dataclass(frozen=True)
class IncomingAttachment:
    """A file that came with a mail.

    `name` is safe to show and to store, `content_id` has no brackets, and `inline` says that the HTML body shows it.
    """

    name: str
    content_type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True)
class Body:
    """What a mail says: as text, as safe HTML if it had any, and the files beside it."""

    text: str
    html: str | None
    attachments: tuple[IncomingAttachment, ...]


@dataclass(frozen=True)
class _Passage:
    """A piece of the body, in one writing or in both."""

    text: str | None = None
    html: str | None = None

    @property
    def says_something(self) -> bool:
        return bool((self.text or "").strip() or (self.html or "").strip())


def read_body(root: Part) -> Body:
    """The readable parts of a mail in their order, one of each set of alternatives, and all others as attachments."""
    attachments: list[IncomingAttachment] = []
    passages = [passage for passage in _passages(root, root, attachments) if passage.says_something]
    text = "\n\n".join(part.strip("\n") for part in map(_as_text, passages) if part.strip())
    html = None
    if any(passage.html is not None for passage in passages):
        html = "\n".join(_as_html(passage) for passage in passages)
    shown = {unquote(unescape(found)) for found in re.findall(r'src="cid:([^"]{1,999})"', html or "", re.IGNORECASE)}
    placed = (replace(file, inline=file.content_id is not None and file.content_id in shown) for file in attachments)
    return Body(clean_text(text).strip("\n").rstrip(), html, tuple(placed))


def _passages(part: Part, root: Part, attachments: list[IncomingAttachment]) -> list[_Passage]:
    if part.children:
        inner = [passage for child in part.children for passage in _passages(child, root, attachments)]
        return [_one_of(inner)] if part.content_type == "multipart/alternative" and inner else inner
    if part.content_type in _REPEATED and part is not root:
        return []
    if not _is_body(part, root):
        attachments.append(_attachment(part))
        return []
    if part.content_type == "text/html":
        return [_html_passage(part, attachments)]
    return [_text_passage(part, attachments)]


def _is_body(part: Part, root: Part) -> bool:
    if part.disposition == "attachment":
        return False
    if part is root:
        return part.content_type.startswith("text/") and part.content_type not in {"text/calendar", "text/vcard"}
    return part.content_type in {"text/plain", "text/html"} and not part.file_name.strip()


def _one_of(alternatives: list[_Passage]) -> _Passage:
    texts = [passage.text for passage in alternatives if passage.text and passage.text.strip()]
    htmls = [passage.html for passage in alternatives if passage.html]
    return _Passage("\n\n".join(texts) if texts else None, "\n".join(htmls) if htmls else None)


def _text_passage(part: Part, attachments: list[IncomingAttachment]) -> _Passage:
    text = clean_text(decode(part.content(), part.parameters.get("charset")))
    if len(text) > LONGEST_TEXT:
        attachments.append(replace(_attachment(part), name="message.txt"))
        text = text[:LONGEST_TEXT]
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
    return _Passage(text=text)


def _html_passage(part: Part, attachments: list[IncomingAttachment]) -> _Passage:
    content = part.content()
    charset = part.parameters.get("charset")
    if charset is None and (meta := _META_CHARSET.search(content, 0, 4096)):
        charset = meta[1].decode("ascii")
    html = _lift_images(clean_text(decode(content, charset)), attachments)
    shown = within_limits(html, LONGEST_TEXT)
    if shown != html:
        attachments.append(replace(_attachment(part), name="message.html"))
    return _Passage(html=clean_text(safe_html(shown)))


def _lift_images(html: str, attachments: list[IncomingAttachment]) -> str:
    """Images written into the HTML itself (RFC 2397) become attachments that it shows, like all others."""

    def lifted(found: re.Match[str]) -> str:
        number = sum(file.content_id is not None for file in attachments) + 1
        if number > _MOST_DATA_IMAGES:
            return found[1]
        content_type = found[2].lower()
        name = safe_file_name(f"image-{number}.{content_type.rpartition('/')[2]}", content_type)
        content_id = f"image-{number}@data"
        content = decode_base64(unquote_to_bytes(found[3]))
        attachments.append(IncomingAttachment(name, content_type, content, content_id))
        return f"{found[1]}cid:{content_id}"

    return _DATA_IMAGE.sub(lifted, html)


def _attachment(part: Part) -> IncomingAttachment:
    content_type = part.content_type
    name = part.file_name
    content = part.content()
    if content_type == "message/rfc822" or content_type == "message/global":
        name = _message_name(name, content)
    content_id = clean_line(part.header("content-id").strip(" <>"), _LONGEST_CONTENT_ID).replace('"', "")
    return IncomingAttachment(safe_file_name(name, content_type), content_type, content, content_id or None)


def _message_name(name: str, content: bytes) -> str:
    """A mail inside the mail is a file named after its subject."""
    if not name.strip():
        subject = re.search(rb"^subject:[ \t]*([^\r\n]{1,200})", content[:20_000], re.IGNORECASE | re.MULTILINE)
        name = clean_line(decode_words(decode(subject[1])), 80) if subject else ""
        name = re.sub(r"[/\\]", "_", name) or "message"
    return name if name.lower().endswith(".eml") else name + ".eml"


def _as_text(passage: _Passage) -> str:
    if passage.text is not None and (passage.text.strip() or passage.html is None):
        return passage.text
    return html_text(passage.html or "")


def _as_html(passage: _Passage) -> str:
    if passage.html is not None:
        return passage.html
    return "<p>" + escape(passage.text or "", quote=False).replace("\n", "<br>") + "</p>"
