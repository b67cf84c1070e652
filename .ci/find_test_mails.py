"""Sees that CPython's own awkward test mails are at hand, which the tests of the mail reader go through."""

import importlib.util
import os
import shutil
import subprocess
import sys


def found() -> bool:
    """Whether this Python came with the data of its own e-mail tests."""
    try:
        return importlib.util.find_spec("test.test_email") is not None
    except ImportError:
        return False


def main() -> int:
    """Install them where Debian ships them apart from Python; a sentence where that can't be done."""
    if found():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "libpython3-testsuite"], check=True)
        importlib.invalidate_caches()
    if found():
        return 0
    print(
        "The tests need the mails of CPython's own test suite, and this Python came without them."
        " On Debian and Ubuntu: apt-get install libpython3-testsuite",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
