"""How a verb says no."""


class Refused(Exception):
    """A verb can't be done from here; the message is the sentence that a person reads."""


class NotFound(Exception):
    """There is no such thing in this account."""
