"""How a verb says no, and what of that it was given it won't have."""

from collections.abc import Iterator
from contextlib import contextmanager


class Refused(Exception):
    """A verb can't be done from here; the message is the sentence that a person reads.

    `field` is what programs call the part that is at fault, such as "decoration.color"; "" where no part of it is.
    """

    def __init__(self, said: str, field: str = "") -> None:
        super().__init__(said)
        self.field = field


class Taken(Refused):
    """It clashes with something that is there: a name or an address is in use, or what is to go is needed."""


class Busy(Refused):
    """It can be done, but not at this moment; the same again a little later will do."""


class NotFound(Exception):
    """There is no such thing in this account."""


@contextmanager
def blaming(field: str) -> Iterator[None]:
    """What is refused in here is the fault of this field, or of that part of it which the refusal names."""
    try:
        yield
    except Refused as refusal:
        refusal.field = f"{field}.{refusal.field}" if refusal.field else field
        raise
