"""The bytes of files, once per account by SHA-256: the log holds the digest, and replay asks whether they fit."""

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Integer, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from audit.base import AccountScoped, Base, BigId


class StoredFile(AccountScoped, Base):
    """A file's bytes; written once, never changed, never deleted."""

    __tablename__ = "stored_file"
    __unlogged__ = "file bytes, held by digest"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)


def faults(connection: Connection, account_id: int, mentioned: Iterable[str]) -> Iterator[str]:
    """What is wrong with an account's files, as sentences: bytes that don't fit their digest, or are not there."""
    statement = select(StoredFile.digest, StoredFile.content).where(StoredFile.account_id == account_id)
    held = set()
    for digest, content in connection.execution_options(yield_per=20).execute(statement):
        held.add(digest)
        if hashlib.sha256(content).hexdigest() != digest:
            yield f"the file {digest[:12]}…: its bytes are not those that were attached"
    for digest in sorted(set(mentioned) - held):
        yield f"the file {digest[:12]}…: the log mentions it, the database does not have it"
