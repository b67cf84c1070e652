"""How a verb says no."""


class Refused(Exception):
    """A verb can't be done from here; the message is the sentence that a person reads."""


class Taken(Refused):
    """It clashes with something that is there: a name or an address is in use, or what is to go is needed."""


class Busy(Refused):
    """It can be done, but not at this moment; the same again a little later will do."""


class NotFound(Exception):
    """There is no such thing in this account."""
