"""Makes ./.venv with uv in it, also with a Python that lacks ensurepip (Debian without python3-venv)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VENV = Path(".venv")
OLDEST = (3, 11)


def main():
    if sys.version_info < OLDEST:
        sys.exit(f"This needs Python 3.11 or newer, and {sys.executable} is older: say which with `make PYTHON=…`.")
    if not is_healthy():
        make()
    install_uv()


def is_healthy():
    python = VENV / "bin" / "python"
    question = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    return python.exists() and runs([python, "-c", question])


def make():
    ways = [make_with_ensurepip, make_after_apt, make_with_own_pip, make_with_virtualenv]
    if not any(way() for way in ways):
        sys.exit(
            "This Python cannot make a virtual environment: it has neither ensurepip nor pip.\n"
            "Install one of them (on Debian as root: apt-get install python3-venv) and try again."
        )


def make_with_ensurepip():
    return runs([sys.executable, "-m", "venv", "--clear", VENV])


def make_after_apt():
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("Installing Debian's python3-venv", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends"]
    # Debian names the package after the version too, for a Python that is not its default one.
    names = ["python3-venv", f"python3.{sys.version_info.minor}-venv"]
    runs(["apt-get", "update"], env=environment)
    return any(runs([*install, name], env=environment) and make_with_ensurepip() for name in names)


def make_with_own_pip():
    if not runs([sys.executable, "-m", "pip", "--version"]):
        return False
    return runs([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV]) and runs(
        [sys.executable, "-m", "pip", "--quiet", "--python", VENV / "bin" / "python", "install", "pip"]
    )


def make_with_virtualenv():
    return runs([sys.executable, "-m", "virtualenv", "--clear", VENV])


def install_uv():
    command = [VENV / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    done = subprocess.run([*command, "--require-hashes", "-r", "requirements-uv.txt"], check=False)
    if done.returncode:
        sys.exit("pip could not install uv: see above.")


def runs(command, **options):
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run([str(part) for part in command], check=False, **quiet, **options).returncode == 0


if __name__ == "__main__":
    main()
