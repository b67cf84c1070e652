"""TLS for clients that insist on it: an authority of one's own, and the server behind it."""

import ssl
import stat
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.engine import URL

from automation.commands import tls_ca
from tests.automation.processes import free_port, running, wait_for
from tests.desks import Desk


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_server_speaks_tls_with_certificates_of_its_own(desk: Desk, database_url: URL, tmp_path: Path) -> None:
    desk.session.rollback()
    folder = tmp_path / "tls"
    made = CliRunner().invoke(tls_ca, ["127.0.0.1", "*.gorgias.com", "--folder", str(folder)])
    assert made.exit_code == 0, made.output
    assert "--tls-cert" in made.output
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    again = CliRunner().invoke(tls_ca, ["127.0.0.1", "--folder", str(folder)])
    assert (again.exit_code, "already" in again.output) == (1, True)
    port, smtp_port = free_port(), free_port()
    files = (str(folder / "cert.pem"), str(folder / "key.pem"))
    with running("serve", database_url, port, smtp_port, tmp_path, *files) as process:
        wait_for(smtp_port)
        trusting = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        address = f"https://127.0.0.1:{port}/"
        assert urllib.request.urlopen(address, timeout=10, context=trusting).read() == b"desk"
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("hosts", [["no host at all"], ["*"], ["https://x"]])
def test_what_is_no_host_gets_no_certificate(hosts: list[str], tmp_path: Path) -> None:
    made = CliRunner().invoke(tls_ca, [*hosts, "--folder", str(tmp_path / "tls")])
    assert made.exit_code != 0
    assert not (tmp_path / "tls" / "key.pem").exists()
