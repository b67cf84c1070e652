"""Finds tickets by what was written: words of subjects and messages, names and addresses of customers, numbers."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, column, false, func, literal, or_, select, table
from sqlalchemy.orm import Session

from helpdesk.models import Customer, CustomerChannel, Ticket, TicketAlias, TicketMessage

#: More is no search but a text; what is beyond is not looked at.
LONGEST: Final = 200
MOST_TERMS: Final = 8

_LARGEST_ID: Final = 2**63 - 1
_WILD: Final = re.compile("[!%_]")
_LITERAL: Final = r"!\g<0>"
_MARKS: Final = re.compile("[\u0300-\u036f]")
_SIGNS: Final = str.maketrans(dict.fromkeys("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", " "))


@dataclass(frozen=True)
class Term:
    """Words that follow one another, as they stand between spaces or in quotation marks."""

    written: str
    words: tuple[str, ...]  #: as the indexes have them: small letters without marks
    goes_on: bool  #: whether the last word may be longer


@dataclass(frozen=True)
class Asked:
    """What somebody looks for; a ticket must have all terms, or the number."""

    terms: tuple[Term, ...]
    number: int | None

    def __bool__(self) -> bool:
        return bool(self.terms) or self.number is not None


def ask(written: str) -> Asked:
    """What was written into the search box; whatever it is, it is no error."""
    tidy = " ".join(written.split())[:LONGEST]
    parts = [(quoted or plain, not quoted) for quoted, plain in re.findall(r'"([^"]+)"|([^\s"]+)', tidy)][:MOST_TERMS]
    last = len(parts) - 1
    found = [Term(part, plain_words(part), is_plain and place == last) for place, (part, is_plain) in enumerate(parts)]
    return Asked(tuple(term for term in found if term.words), _number(tidy))


def plain_words(text: str) -> tuple[str, ...]:
    """A text's words as the indexes have them."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_SIGNS).lower()
    return tuple(word for word in plain.split() if any(map(str.isalnum, word)))


def condition(session: Session, asked: Asked) -> ColumnElement[bool]:
    """Which tickets of the account are meant."""
    has_all = and_(*(_has(session, term) for term in asked.terms)) if asked.terms else false()
    return or_(has_all, has_number(session, asked)) if asked.number is not None else has_all


def has_number(session: Session, asked: Asked) -> ColumnElement[bool]:
    """Whether a ticket has the number that was asked for, or had it before it was merged."""
    if asked.number is None:
        return false()
    merged = select(TicketAlias.ticket_id).where(
        TicketAlias.account_id == session.info["account_id"], TicketAlias.former_id == asked.number
    )
    return or_(Ticket.id == asked.number, Ticket.id.in_(merged))


def exact_first(session: Session, asked: Asked) -> ColumnElement[int]:
    """1 for the ticket whose number it is, else 0."""
    return case((has_number(session, asked), 1), else_=0)


def passages(session: Session, asked: Asked, ticket_ids: list[int]) -> dict[int, str]:
    """The newest message of each of these tickets in which one of the words stands."""
    if not ticket_ids or not asked.terms:
        return {}
    place = func.row_number().over(partition_by=TicketMessage.ticket_id, order_by=TicketMessage.id.desc())
    hits = or_(*(TicketMessage.id.in_(_index(session, "message_words", term)) for term in asked.terms))
    ranked = (
        select(TicketMessage.ticket_id, func.substr(TicketMessage.body_text, 1, 20_000).label("said"), place.label("n"))
        .where(
            TicketMessage.account_id == session.info["account_id"],
            TicketMessage.ticket_id.in_(ticket_ids),
            hits,
        )
        .subquery()
    )
    rows = session.execute(select(ranked.c.ticket_id, ranked.c.said).where(ranked.c.n == 1))
    return {row.ticket_id: row.said or "" for row in rows}


def _number(tidy: str) -> int | None:
    digits = tidy.removeprefix("#").strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or not 0 < int(digits) <= _LARGEST_ID:
        return None
    return int(digits)


def _has(session: Session, term: Term) -> ColumnElement[bool]:
    account_id = session.info["account_id"]
    messages = select(TicketMessage.ticket_id).where(
        TicketMessage.account_id == account_id, TicketMessage.id.in_(_index(session, "message_words", term))
    )
    return or_(
        Ticket.id.in_(messages),
        Ticket.id.in_(_index(session, "ticket_words", term)),
        Ticket.customer_id.in_(_customers(account_id, term)),
    )


def _customers(account_id: int, term: Term) -> Select[int]:
    holds = f"%{_WILD.sub(_LITERAL, term.written.lower())}%"
    elsewhere = select(CustomerChannel.customer_id).where(
        CustomerChannel.account_id == account_id, CustomerChannel.address.ilike(holds, escape="!")
    )
    return select(Customer.id).where(
        Customer.account_id == account_id,
        or_(
            Customer.name.ilike(holds, escape="!"),
            Customer.email_key.like(holds, escape="!"),
            Customer.id.in_(elsewhere),
        ),
    )


def _index(session: Session, index: str, term: Term) -> Select[Any]:
    """The rows that an index finds; it answers for the account that was entered, or its rows are looked at after."""
    if session.get_bind().dialect.name == "sqlite":
        words = table(index, column("rowid"), column(index))
        return select(words.c.rowid).where(words.c[index].op("MATCH")(literal(_for_sqlite(term))))
    return select(func.__getattr__(f"found_in_{index}")(_for_postgres(term)).column_valued())


def _for_sqlite(term: Term) -> str:
    # In quotation marks everything is a word; none is left within.
    return f'"{" ".join(term.words)}"' + (" *" if term.goes_on else "")


def _for_postgres(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    return " <-> ".join(words) + (":*" if term.goes_on else "")
