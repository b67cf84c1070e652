"""Certificates for clients that insist on https: an authority of one's own, and what it vouches for."""

import os
from dataclasses import dataclass
from pathlib import Path

import trustme

from helpdesk.refusals import Refused


@dataclass(frozen=True)
class Certificates:
    """Where they lie."""

    authority: Path  #: for clients to trust
    certificate: Path
    key: Path


def make(folder: Path, hosts: tuple[str, ...]) -> Certificates:
    """Make an authority and a certificate for these hosts, such as `*.gorgias.com`; raises Refused."""
    made = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    if any(path.exists() for path in (made.authority, made.certificate, made.key)):
        raise Refused(f"There are certificates in {folder} already, so none were made. Take another folder.")
    authority = trustme.CA(organization_name="Desk", organization_unit_name="for tests only")
    try:
        certificate = authority.issue_cert(*hosts)
    except ValueError as problem:
        raise Refused(f"{problem}. Nothing was made.") from problem
    folder.mkdir(parents=True, exist_ok=True)
    _write(made.authority, authority.cert_pem.bytes(), 0o644)
    _write(made.certificate, b"".join(blob.bytes() for blob in certificate.cert_chain_pems), 0o644)
    _write(made.key, certificate.private_key_pem.bytes(), 0o600)
    return made


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode), "wb") as file:
        file.write(content)
