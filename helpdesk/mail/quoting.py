"""Finds the words of a reply that are new, in English, German and French."""

import re

_SEPARATOR = re.compile(
    r"[>\s]*-{2,}\s*(?:original (?:message|email)|original-?nachricht|ursprüngliche (?:nachricht|e-?mail)"
    r"|message (?:d['’]origine|original|initial)|courriel original)\s*-{2,}\s*",
    re.IGNORECASE,
)
_RULE = re.compile(r"[-_=*\s]{3,}")
_FROM = re.compile(r"[*_\s]*(?:from|von|de|expéditeur)\s*[*_]*\s?:", re.IGNORECASE)
_WHEN_OR_WHOM = re.compile(
    r"[*_\s]*(?:sent|date|to|gesendet|datum|an|envoyé(?: le)?|à|a|destinataire)\s*[*_]*\s?:", re.IGNORECASE
)
_SUBJECT = re.compile(r"[*_\s]*(?:subject|betreff|objet|sujet)\s*[*_]*\s?:", re.IGNORECASE)
_LONGEST_BLOCK = 12

_DATED_ATTRIBUTION = re.compile(
    r"""\s*(?:
        (?:[-*]{2,}\s*)?on\s.{4,}(?<!\si)\swrote\s?(?::|-{2,})  # On Mon, 1 Jan 2024 at 10:00, Anna <a@b.example> wrote:
      | am\s.{4,}\sschrieb\b(?!\s(?:ich|er|sie|wir|man)\b).*:    # Am 01.01.24 um 10:00 schrieb Anna Berg:
      | am\s.{4,}\shat\s.+\sgeschrieben\s?:
      | le\s.{4,}\sa\sécrit\s?:                                # Le lun. 1 janv. 2024 à 10:00, Anna Berg a écrit :
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_OTHER_ATTRIBUTION = re.compile(
    r"""\s*(?:
        .{2,}(?<!\si)\s(?:wrote|schrieb|a\sécrit)(?:\s(?:on|am|le)\s.+|\s?):
      | \d{4}[-/.]\d\d?[-/.]\d\d?\s.*<[^<>@\s]+@[^<>@\s]+>\s?:
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_ENDING = (":", "--")
_LONGEST_ATTRIBUTION = 400
_MOST_ATTRIBUTION_LINES = 4
# Only somebody's mail program gives an address or the minute; people say "on Monday your colleague wrote:".
_EXACT = re.compile(r"\S@\S|\b\d{1,2}[:h]\d\d\b")

_QUOTE = re.compile(r"\s{0,3}>")
_SIGNATURE = "-- "
_LONGEST_LOOSE_SIGNATURE = 12
_DEVICE = (
    r"(?:iphone|ipad|ios|android|galaxy|samsung|mobil|phone|tablet|blackberry|huawei|xiaomi|outlook|mail\b|yahoo|gmx"
    r"|web\.de|proton|windows|handy|nokia|pixel|thunderbird|k-9|spark|device|gerät|appareil|téléphone|portable|unterwegs)"
)
_MOBILE = re.compile(
    rf"\W{{0,3}}(?:(?:sent|posted)\s(?:from|via|with|using)\s.{{0,60}}{_DEVICE}"
    rf"|von\s.{{0,40}}{_DEVICE}.{{0,30}}\s(?:gesendet|gesandt|verschickt)|gesendet\s(?:von|mit|über|aus|via)\s.{{0,60}}{_DEVICE}"
    rf"|diese\s(?:e-?mail|nachricht)\swurde\s.{{0,40}}{_DEVICE}"
    rf"|envoyé\s(?:de|depuis|à\spartir|avec|via|par)\b.{{0,60}}{_DEVICE}"
    r"|(?:get|holen\ssie\ssich|laden\ssie|obtenez|obtenir|télécharge[rz])\soutlook\s|outlook\sfür\s(?:ios|android)\s)"
    r".{0,120}",
    re.IGNORECASE,
)


def new_words(text: str, *, answers: bool) -> str:
    """The text without quoted history and signature; the whole text where nothing else would remain.

    Understands attributions ("On … wrote:"), lines quoted with `>`, "-----Original Message-----", Outlook's
    From/Sent/To/Subject block, the `-- ` line of RFC 3676 (4.3) and "Sent from my …". `answers` says whether the mail
    is known to be an answer: quotes in the midst of a mail that answers nothing belong to what its author says.
    """
    lines = text.split("\n")
    written = _without_quotes(lines[: _history_start(lines)], answers)
    kept = "\n".join(_without_signature(written)).strip()
    return re.sub(r"\n{3,}", "\n\n", kept) or text.strip()


def _history_start(lines: list[str]) -> int:
    """Where a history without quote marks starts: everything from there on is old."""
    for number, line in enumerate(lines):
        if _SEPARATOR.fullmatch(line) or _is_header_block(lines, number):
            return number
        length = _attribution_length(lines, number)
        exact = length and _EXACT.search(" ".join(lines[number : number + length]))
        if exact and not _is_quoted_after(lines, number + length):
            return number
    return len(lines)


def _is_header_block(lines: list[str], start: int) -> bool:
    """Whether From, Sent or To, and Subject follow each other here; without a subject it may be somebody's journey."""
    if not _FROM.match(lines[start]):
        return False
    block: list[str] = []
    for line in lines[start + 1 : start + _LONGEST_BLOCK]:
        if not line.strip():
            break
        block.append(line)
    return any(map(_SUBJECT.match, block)) and any(map(_WHEN_OR_WHOM.match, block))


def _attribution_length(lines: list[str], start: int) -> int:
    """How many lines an attribution takes that starts here; 0 where none does."""
    joined = ""
    for count, line in enumerate(lines[start : start + _MOST_ATTRIBUTION_LINES], 1):
        joined = f"{joined} {line.strip()}"
        if not line.strip() or _QUOTE.match(line) or len(joined) > _LONGEST_ATTRIBUTION:
            return 0
        if joined.endswith(_ENDING):
            # Over several lines it needs a date or an address, else it might be the author's own words.
            if _DATED_ATTRIBUTION.fullmatch(joined) and (count == 1 or _EXACT.search(joined)):
                return count
            if count == 1 and _OTHER_ATTRIBUTION.fullmatch(joined):
                return count
    return 0


def _is_quoted_after(lines: list[str], number: int) -> bool:
    return next((bool(_QUOTE.match(line)) for line in lines[number : number + 4] if line.strip()), False)


def _without_quotes(lines: list[str], answers: bool) -> list[str]:
    written: list[str] = []
    quoted: set[int] = set()
    number = 0
    while number < len(lines):
        length = _attribution_length(lines, number)
        if length and _is_quoted_after(lines, number + length):
            answers = True
            number += length
            continue
        if _QUOTE.match(lines[number]):
            quoted.add(len(written))
        written.append(lines[number])
        number += 1
    first = next((place for place, line in enumerate(written) if line.strip()), 0)
    if answers or first in quoted:
        return [line for place, line in enumerate(written) if place not in quoted]
    end = len(written)
    while end and (end - 1 in quoted or not written[end - 1].strip()):
        end -= 1
    return written[:end]


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        loose = line.rstrip() == "--" and len(lines) - number <= _LONGEST_LOOSE_SIGNATURE
        if (line == _SIGNATURE or loose) and any(above.strip() for above in lines[:number]):
            lines = lines[:number]
            break
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.fullmatch(lines[end - 1]) or _MOBILE.fullmatch(lines[end - 1])):
        end -= 1
    return lines[:end]
