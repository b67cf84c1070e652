"""Compares a built wheel with the checkout: every file of the application must be in it, and htmx."""

import sys
import zipfile
from pathlib import Path

PARTS = ["audit", "automation", "helpdesk", "seeds", "templates", "wsgi.py"]
VENDORED = ["htmx.min.js", "hx-sse.min.js", "htmx.LICENSE.txt"]


def main(folder: str) -> None:
    wheel = next(Path(folder).glob("helpdesk-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {path.as_posix() for part in PARTS for path in files_in(Path(part))}
    wanted |= {f"helpdesk/static/vendor/{name}" for name in VENDORED}
    if missing := sorted(wanted - packed):
        sys.exit(f"{wheel.name} lacks {', '.join(missing)}")
    print(f"{wheel.name} holds all {len(wanted)} files of the application")


def files_in(part: Path) -> list[Path]:
    if part.is_file():
        return [part]
    return [path for path in part.rglob("*") if path.is_file() and not any(map(is_litter, path.parts))]


def is_litter(name: str) -> bool:
    """Whether a folder of this name is what tools leave behind."""
    return name == "__pycache__" or name.startswith(".")


if __name__ == "__main__":
    main(sys.argv[1])
