"""The words of content files: where they lie, which placeholders they have, and what stands for them."""

import re
from collections.abc import Mapping
from pathlib import Path

CONTENT = Path(__file__).parent / "content"

PLACEHOLDERS: Mapping[str, str] = {
    "firstname": "the customer's first name",
    "lastname": "the customer's last name",
    "name": "the customer's whole name",
    "email": "the customer's address",
    "other_firstname": "first name of the second person in the story: a mother, a colleague",
    "other_name": "that person's whole name",
    "other_email": "that person's address",
    "agent": "first name of the agent who writes",
    "colleague": "first name of another agent",
    "owner": "first name of the owner",
    "admin": "first name of an admin",
    "lead": "first name of the lead of the ticket's team",
    "observer": "first name of an observer",
    "shop": "the shop's name",
    "support": "the desk's address",
    "company": "a company that buys from the shop",
    "order": "the order's number",
    "other_order": "another order's number of the same customer",
    "invoice": "the invoice's number",
    "product": "the product the story is about",
    "other_product": "another product",
    "colour": "the product's glaze or colour",
    "other_colour": "another of the product's colours",
    "quantity": "a small number, from 2 on",
    "price": "the product's price",
    "amount": "what the whole order came to",
    "carrier": "who carries the parcel",
    "tracking": "the carrier's number for it",
    "city": "where the customer lives",
    "street": "street and house number of the customer",
    "other_city": "another city in the same country",
    "other_street": "another street and number",
    "date": "the day of the order, before the story begins",
    "due": "the day on which something was or is to arrive, about when the story begins",
    "soon": "a working day within the week after the story begins",
    "code": "a discount code",
    "hello": "how the customer says hello, with names filled in",
    "bye": "how the customer says goodbye, with names filled in",
    "dear": "how the agent says hello, with names filled in",
    "regards": "how the agent says goodbye, with names filled in",
}
# Every story has at least this version of itself; a text that says nothing of versions suits them all.
ANY = "any"
PHRASES = ("hello", "bye", "dear", "regards")

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class ContentError(ValueError):
    """A content file says something that cannot be played; the message names the file and the place."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values where their names stand in braces; a filled-in value is never looked into again."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ContentError(f"no value for {{{match[1]}}} in “{text[:60]}”")
        return values[match[1]]

    return PLACEHOLDER.sub(value, text)


def placeholders(text: str) -> set[str]:
    """The names that stand in braces in a text."""
    return set(PLACEHOLDER.findall(text))
