"""Links that open something once: a long random token travels by mail, and only its digest is stored."""

import hashlib
import secrets


def fresh() -> str:
    """A token that nobody guesses; it fits into an address as it is."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored in place of a token; it is long and random, so that a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
