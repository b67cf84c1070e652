"""How a verb says no."""


class Refused(Exception):
    """A verb can't be done from here; the message is the sentence that a person reads."""


class Taken(Refused):
    """It clashes with something that is there: a name or an address is in use, or what is to go is needed."""


class NotFound(Exception):
    """There is no such thing in this account."""
